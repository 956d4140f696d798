"""What DuckDB and Postgres do alike: shadows are renamed, comments pushed, in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from transforms.engine import (
    SHADOW,
    STATE_SCHEMA,
    Kind,
    Replacement,
    rows_of,
    shadow_of,
    touched_of,
)
from transforms.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

_VERSIONS = f"{STATE_SCHEMA}.versions"
_OWN_SCHEMAS = "('information_schema', 'pg_catalog')"
_RELATIONS = f"""
    select table_schema, table_name, table_type
    from information_schema.tables
    where table_catalog = current_database() and table_schema not in {_OWN_SCHEMAS}
"""
_COLUMNS = f"""
    select table_schema, table_name, column_name, data_type
    from information_schema.columns
    where table_catalog = current_database() and table_schema not in {_OWN_SCHEMAS}
    order by table_schema, table_name, ordinal_position
"""


def quoted(name: str) -> str:
    """Quote `schema.name`, or one bare name, as identifiers."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def text(value: str) -> str:
    """Quote a text; DDL takes no bound parameters."""
    return "'" + value.replace("'", "''") + "'"


class RelationalEngine(ABC):
    """A database with transactions over DDL and an information schema.

    Attributes:
        replaces_partitions: True, as tables can be changed in part.
        on_begin: Called first in every transaction that replaces something; what it raises undoes
            the transaction, so that a writer who lost the right to write replaces nothing.
    """

    replaces_partitions = True
    on_begin: Callable[[], None] | None = None

    @abstractmethod
    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query."""

    @abstractmethod
    def _execute(self, doing: str, statement: str) -> None:
        """Run a statement; a refusal becomes an EngineError that says what was being done."""

    def catalog(self) -> dict[str, dict[str, str]]:
        """Return every table and view of the current database with its columns' types."""
        columns: dict[str, dict[str, str]] = {}
        for schema, table, column, kind in self.rows(_COLUMNS):
            columns.setdefault(f"{schema}.{table}", {})[str(column)] = str(kind)
        return columns

    def prepare(self, schemas: Collection[str]) -> None:
        """Create missing schemas and the table of versions; drop leftover shadows."""
        with self._transaction():
            for schema in sorted({*schemas, STATE_SCHEMA}):
                doing = f"creating schema {schema}"
                self._execute(doing, f"create schema if not exists {quoted(schema)}")
            columns = "model text primary key, built_from text not null"
            self._execute(
                "creating the table of versions",
                f"create table if not exists {_VERSIONS} ({columns})",
            )
            self.drop_shadows(schemas)

    def create_shadow(self, name: str, kind: Kind, sql: str) -> None:
        """Build the shadow of `name`."""
        statement = f"create {kind.relation} {quoted(shadow_of(name))} as {sql}"
        self._execute(f"building {name}", statement)

    def swap(self, replacements: Sequence[Replacement], versions: Mapping[str, str]) -> None:
        """Replace every old table and view in one transaction; readers see all or none."""
        kinds = self._kinds()
        whole = [new for new in replacements if not new.partition]
        for new in whole:
            self._declare_primary_key(new)
        with self._transaction(), self._without_foreign_keys(replacements):
            self._drop_old([new.name for new in whole], kinds)
            for new in replacements:
                if new.partition:
                    self._replace_partitions(new)
                elif new.kind is not Kind.VIEW:
                    bare = quoted(new.name.partition(".")[2])
                    rename = f"alter table {quoted(shadow_of(new.name))} rename to {bare}"
                    self._execute(f"renaming {new.name}", rename)
            for new in whole:
                if new.kind is Kind.VIEW:
                    self._execute(
                        f"replacing {new.name}", f"create view {quoted(new.name)} as {new.sql}"
                    )
            for new in whole:
                self._comment(new)
            self._remember(versions)

    def versions(self) -> dict[str, str]:
        """Return what was remembered with each model."""
        if _VERSIONS not in self._kinds():
            return {}
        return {
            str(model): str(built_from)
            for model, built_from in self.rows(f"select model, built_from from {_VERSIONS}")
        }

    def drop_shadows(self, schemas: Collection[str]) -> None:
        """Drop every relation of these schemas whose name ends as shadows do."""
        for name, kind in sorted(self._kinds().items(), key=lambda item: item[1], reverse=True):
            if name.endswith(SHADOW) and name.partition(".")[0] in schemas:
                statement = f"drop {kind.relation} if exists {quoted(name)} cascade"
                self._execute(f"dropping {name}", statement)

    # On the shadow, so that nobody waits while the index is made.
    def _declare_primary_key(self, new: Replacement) -> None:
        if new.keys.primary and new.kind is not Kind.VIEW:
            columns = ", ".join(quoted(column) for column in new.keys.primary)
            shadow = quoted(shadow_of(new.name))
            statement = f"alter table {shadow} add primary key ({columns})"
            self._execute(f"declaring the primary key of {new.name}", statement)

    @contextmanager
    def _without_foreign_keys(self, _replacements: Sequence[Replacement], /) -> Iterator[None]:
        """Take off foreign keys that stand in the way of a swap, and declare them after it."""
        yield

    # Views go before the tables they read, and readers before what they read.
    def _drop_old(self, names: Sequence[str], kinds: Mapping[str, Kind]) -> None:
        old = [name for name in reversed(names) if name in kinds]
        for kind in (Kind.VIEW, Kind.TABLE):
            for name in old:
                if kinds[name] is kind:
                    self._execute(f"replacing {name}", f"drop {kind.relation} {quoted(name)}")

    def _replace_partitions(self, new: Replacement) -> None:
        table, touched = quoted(new.name), quoted(touched_of(new.name))
        same = " and ".join(f"t.{quoted(c)} = {table}.{quoted(c)}" for c in new.partition)
        self._execute(
            f"replacing partitions of {new.name}",
            f"delete from {table} where exists (select 1 from {touched} as t where {same})",
        )
        names = ", ".join(quoted(column) for column in new.columns)
        self._execute(
            f"replacing partitions of {new.name}",
            f"insert into {table} ({names}) select {names} from {quoted(rows_of(new.name))}",
        )

    def _remember(self, versions: Mapping[str, str]) -> None:
        if not versions:
            return
        models = ", ".join(text(model) for model in versions)
        rows = ", ".join(f"({text(model)}, {text(value)})" for model, value in versions.items())
        doing = "remembering what was built"
        self._execute(doing, f"delete from {_VERSIONS} where model in ({models})")
        self._execute(doing, f"insert into {_VERSIONS} (model, built_from) values {rows}")

    def _kinds(self) -> dict[str, Kind]:
        return {
            f"{schema}.{name}": Kind.VIEW if kind == "VIEW" else Kind.TABLE
            for schema, name, kind in self.rows(_RELATIONS)
        }

    def _comment(self, new: Replacement) -> None:
        name = quoted(new.name)
        statements = [f"comment on {new.kind.relation} {name} is {text(new.description)}"]
        statements += [
            f"comment on column {name}.{quoted(column)} is {text(comment)}"
            for column, comment in new.columns.items()
            if comment
        ]
        self._execute(f"describing {new.name}", "; ".join(statements))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("opening a transaction", "begin")
        try:
            if self.on_begin is not None:
                self.on_begin()
            yield
            self._execute("committing", "commit")
        except BaseException:
            with suppress(EngineError):  # the database may have undone it already
                self._execute("undoing", "rollback")
            raise
