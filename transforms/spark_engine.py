"""Spark as an engine: tables are Parquet folders, one small file says which are current.

Needs the extra `spark` and a Java runtime. Sources are Parquet folders or files, such as a lake
export. Spark has no transactions, so a swap writes a new `current.json` and renames it over the
old one: whoever reads the file sees the old build or the new one. Parquet has no deletes either:
incremental models are rebuilt whole, with the same rows.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Self

from pyspark.errors import PySparkException

from transforms.engine import SHADOW, Kind, Replacement, shadow_of
from transforms.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructField

_CURRENT = "current.json"
_DATA = "data"
# What makes values equal to other engines': instants in UTC, errors instead of silent NULLs and
# rounded products of decimals, and Parquet timestamps with a zone read as instants.
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    # partitions of a folder are found by listing it, not by asking a catalog that has none of them
    "spark.sql.hive.manageFilesourcePartitions": "false",
}


@dataclass(slots=True)
class _Current:
    """What readers see: folder of each table, query of each view, in build order."""

    tables: dict[str, str] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def _quoted(name: str) -> str:
    return ".".join("`" + part.replace("`", "``") + "`" for part in name.split("."))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except PySparkException as error:
        raise EngineError(doing, str(error)) from error


class SparkEngine:
    """Builds models with a Spark session into a folder.

    The session stays the caller's; its catalog holds the tables of one engine at a time. Readers
    elsewhere make an engine of their own over the same folder, or read `current.json`.

    Args:
        session: A session whose catalog is in memory.
        folder: Where tables are kept; made when missing. One build at a time may write there.
        sources: `schema.name` → Parquet file or folder that is read under this name: a path, or
            an address that Spark reads, such as `s3a://…`.
    """

    dialect = "spark"
    replaces_partitions = False

    def __init__(
        self, session: SparkSession, folder: Path, sources: Mapping[str, Path | str] | None = None
    ) -> None:
        self._session = session
        self._folder = folder
        self._numbers = count()
        self._shadows: dict[str, str] = {}
        for key, value in _SETTINGS.items():
            session.conf.set(key, value)
        (folder / _DATA).mkdir(parents=True, exist_ok=True)
        for name, path in (sources or {}).items():
            self._register_table(name, path if isinstance(path, str) else str(path.resolve()))
        self._register(self._current())

    def catalog(self) -> dict[str, dict[str, str]]:
        """Return every table and view of the session's catalog with its columns' types."""
        return {
            name: {each.name: each.dataType.simpleString() for each in self._schema(name)}
            for name in self._names()
        }

    def prepare(self, schemas: Collection[str]) -> None:
        """Create missing schemas and drop what an interrupted build left."""
        for schema in sorted(schemas):
            self._execute(
                f"creating schema {schema}", f"create database if not exists {_quoted(schema)}"
            )
        self.drop_shadows(schemas)
        self._drop_unused({*self._current().tables.values()})

    def create_shadow(self, name: str, kind: Kind, sql: str) -> None:
        """Build the shadow of `name`: a table as a new Parquet folder."""
        shadow = _quoted(shadow_of(name))
        if kind is Kind.VIEW:
            statement = f"create view {shadow} as {sql}"
        else:
            self._shadows[name] = self._new_folder(name)
            place = _text(str(self._folder / _DATA / self._shadows[name]))
            statement = f"create table {shadow} using parquet location {place} as {sql}"
        self._execute(f"building {name}", statement)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query."""
        with _translated("a query"):
            table = self._session.sql(sql).toArrow()
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def swap(self, replacements: Sequence[Replacement], versions: Mapping[str, str]) -> None:
        """Point readers at the new folders by renaming one file into place."""
        current = self._current()
        old_folders = set(current.tables.values())
        for new in replacements:
            for kept in (current.tables, current.views):
                kept.pop(new.name, None)
            if new.kind is Kind.VIEW:
                current.views[new.name] = new.sql
            else:
                current.tables[new.name] = self._shadows[new.name]
        current.versions |= versions
        draft = self._folder / f"{_CURRENT}.new"
        draft.write_text(json.dumps(asdict(current), indent=1), encoding="utf-8")
        draft.replace(self._folder / _CURRENT)
        self._register(current)
        for new in replacements:
            self._comment(new)
        # who opened the old file may still be reading the folders that it names
        self._drop_unused(old_folders | set(current.tables.values()))

    def versions(self) -> dict[str, str]:
        """Return what was remembered with each model."""
        return self._current().versions

    def drop_shadows(self, schemas: Collection[str]) -> None:
        """Forget every shadow of these schemas; files go with the next swap or build."""
        for name in self._names():
            if name.endswith(SHADOW) and name.partition(".")[0] in schemas:
                self._drop(name)
        self._shadows.clear()

    def load_rows(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        """Add rows of texts to a table; each is cast to its column's type."""
        if not rows:
            return
        kinds = {each.name: each.dataType.simpleString() for each in self._schema(name)}
        values = ", ".join(
            "("
            + ", ".join(
                f"cast({'null' if value is None else _text(value)} as {kinds[column]})"
                for column, value in zip(columns, row, strict=True)
            )
            + ")"
            for row in rows
        )
        names = ", ".join(_quoted(column) for column in columns)
        self._execute(
            f"loading rows into {name}", f"insert into {_quoted(name)} ({names}) values {values}"
        )

    def fork(self) -> Self:
        """Return this engine: a Spark session serves many threads."""
        return self

    def close_fork(self) -> None:
        """Do nothing: the session stays the caller's."""

    def _current(self) -> _Current:
        file = self._folder / _CURRENT
        if not file.is_file():
            return _Current()
        return _Current(**json.loads(file.read_text(encoding="utf-8")))

    # The session's catalog is in memory: it learns what is current from the file.
    def _register(self, current: _Current) -> None:
        for name, folder in current.tables.items():
            self._register_table(name, str((self._folder / _DATA / folder).resolve()))
        for name, sql in current.views.items():
            self._define(f"replacing {name}", name, f"create view {_quoted(name)} as {sql}")

    def _register_table(self, name: str, path: str) -> None:
        statement = f"create table {_quoted(name)} using parquet location {_text(path)}"
        self._define(f"reading {name}", name, statement)

    def _define(self, doing: str, name: str, statement: str) -> None:
        schema = name.partition(".")[0]
        self._execute(doing, f"create database if not exists {_quoted(schema)}")
        self._drop(name)
        self._execute(doing, statement)

    def _drop(self, name: str) -> None:
        with _translated(f"dropping {name}"):
            if not self._session.catalog.tableExists(name):
                return
            kind = self._session.catalog.getTable(name).tableType
        word = "view" if kind == "VIEW" else "table"
        self._execute(f"dropping {name}", f"drop {word} {_quoted(name)}")

    def _names(self) -> list[str]:
        with _translated("listing tables"):
            rows = [
                row
                for (schema,) in self._session.sql("show databases").collect()
                for row in self._session.sql(f"show tables in {_quoted(schema)}").collect()
            ]
        return [f"{row.namespace}.{row.tableName}" for row in rows if not row.isTemporary]

    def _schema(self, name: str) -> list[StructField]:
        with _translated(f"reading {name}"):
            return list(self._session.table(_quoted(name)).schema)

    def _new_folder(self, name: str) -> str:
        taken = {path.name for path in (self._folder / _DATA).iterdir()}
        return next(n for n in (f"{name}.{number}" for number in self._numbers) if n not in taken)

    def _drop_unused(self, used: Collection[str]) -> None:
        for path in (self._folder / _DATA).iterdir():
            if path.name not in used:
                shutil.rmtree(path)

    def _comment(self, new: Replacement) -> None:
        doing = f"describing {new.name}"
        name, word = _quoted(new.name), "view" if new.kind is Kind.VIEW else "table"
        self._execute(
            doing, f"alter {word} {name} set tblproperties ('comment' = {_text(new.description)})"
        )

    def _execute(self, doing: str, statement: str) -> None:
        with _translated(doing):
            self._session.sql(statement)
