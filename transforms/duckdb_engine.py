"""DuckDB as an engine: shadows are renamed, comments pushed, all in one transaction."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import duckdb

from transforms.engine import SHADOW, Kind, Replacement, shadow_of
from transforms.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_RELATIONS = """
    select table_schema, table_name, table_type
    from information_schema.tables
    where table_catalog = current_database()
"""


def _quoted(name: str) -> str:
    """Quote `schema.name`, or one bare name, as DuckDB identifiers."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def _text(value: str) -> str:
    """Quote a text; DDL takes no bound parameters."""
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    # DuckDB's errors become ours, and its own word for Ctrl-C becomes Python's again.
    try:
        yield
    except duckdb.Error as error:
        raise EngineError(doing, str(error)) from error
    except RuntimeError as error:
        if "interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


class DuckDBEngine:
    """Builds models through an open DuckDB connection.

    The connection stays the caller's. Its session is set to UTC, so that casts between instants
    and local times mean the same on every machine. It must have no open transaction.

    Args:
        connection: A writable connection.
    """

    dialect = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._execute("setting the session's time zone", "set TimeZone = 'UTC'")

    def catalog(self) -> dict[str, tuple[str, ...]]:
        """Return every table and view of the current database with its columns."""
        columns: dict[str, list[str]] = {}
        for schema, table, column in self.rows(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_catalog = current_database() "
            "order by table_schema, table_name, ordinal_position"
        ):
            columns.setdefault(f"{schema}.{table}", []).append(str(column))
        return {name: tuple(found) for name, found in columns.items()}

    def prepare(self, schemas: Collection[str]) -> None:
        """Create missing schemas and drop leftover shadows."""
        with self._transaction():
            for schema in sorted(schemas):
                doing = f"creating schema {schema}"
                self._execute(doing, f"create schema if not exists {_quoted(schema)}")
            self.drop_shadows(schemas)

    def create_shadow(self, name: str, kind: Kind, sql: str) -> None:
        """Build the shadow of `name`."""
        statement = f"create {kind} {_quoted(shadow_of(name))} as {sql}"
        self._execute(f"building {name}", statement)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query."""
        with _translated("a query"):
            return self._connection.execute(sql).fetchall()

    def swap(self, replacements: Sequence[Replacement]) -> None:
        """Replace every old table and view in one transaction; readers see all or none."""
        kinds = self._kinds()
        with self._transaction():
            for new in replacements:
                old = kinds.get(new.name)
                if old is not None:
                    self._execute(f"replacing {new.name}", f"drop {old} {_quoted(new.name)}")
                if new.kind is Kind.TABLE:
                    bare = _quoted(new.name.partition(".")[2])
                    rename = f"alter table {_quoted(shadow_of(new.name))} rename to {bare}"
                    self._execute(f"renaming {new.name}", rename)
            for new in replacements:
                if new.kind is Kind.VIEW:
                    self._execute(
                        f"replacing {new.name}", f"create view {_quoted(new.name)} as {new.sql}"
                    )
            for new in replacements:
                self._comment(new)

    def drop_shadows(self, schemas: Collection[str]) -> None:
        """Drop every relation of these schemas whose name ends as shadows do."""
        for name, kind in self._kinds().items():
            if name.endswith(SHADOW) and name.partition(".")[0] in schemas:
                self._execute(f"dropping {name}", f"drop {kind} {_quoted(name)}")

    def load_rows(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        """Add rows of texts to a table; DuckDB casts each to its column's type."""
        if not rows:
            return
        names = ", ".join(_quoted(column) for column in columns)
        row_marks = f"({', '.join('?' for _ in columns)})"
        marks = ", ".join(row_marks for _ in rows)
        statement = f"insert into {_quoted(name)} ({names}) values {marks}"
        with _translated(f"loading rows into {name}"):
            self._connection.execute(statement, [value for row in rows for value in row])

    def _kinds(self) -> dict[str, Kind]:
        return {
            f"{schema}.{name}": Kind.VIEW if kind == "VIEW" else Kind.TABLE
            for schema, name, kind in self.rows(_RELATIONS)
        }

    def _comment(self, new: Replacement) -> None:
        name = _quoted(new.name)
        doing = f"describing {new.name}"
        self._execute(doing, f"comment on {new.kind} {name} is {_text(new.description)}")
        for column, comment in new.columns.items():
            statement = f"comment on column {name}.{_quoted(column)} is {_text(comment)}"
            self._execute(doing, statement)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("opening a transaction", "begin")
        try:
            yield
            self._execute("committing", "commit")
        except BaseException:
            with suppress(EngineError):  # DuckDB may have undone it already
                self._execute("undoing", "rollback")
            raise

    def _execute(self, doing: str, statement: str) -> None:
        with _translated(doing):
            self._connection.execute(statement)
