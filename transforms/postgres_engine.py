"""Postgres as an engine, through psycopg 3; needs the extra `postgres`."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg.types.string import TextLoader

from transforms.engine import Kind, shadow_of
from transforms.errors import EngineError
from transforms.postgres_keys import (
    FOREIGN_KEYS,
    PRIMARY_KEYS,
    declarations,
    read_declared,
    read_primary,
    touching,
)
from transforms.relational import RelationalEngine, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transforms.engine import Replacement


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise EngineError(doing, str(error)) from error


class PostgresEngine(RelationalEngine):
    """Builds models through an open psycopg connection.

    The connection stays the caller's. It must be in autocommit mode without an open transaction,
    and its role must own what it replaces and may create schemas. The session is set to UTC.
    Views of others on a table that a build replaces make Postgres refuse the swap; every table
    then stays as it was.

    Args:
        connection: A connection with `autocommit=True` to a UTF-8 database.
    """

    dialect = "postgres"

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection
        self._execute("setting the session's time zone", "set time zone 'UTC'")
        # a query whose client was killed ends soon; its locks would stop the next build
        with suppress(EngineError):  # not on every platform
            self._execute("watching the client", "set client_connection_check_interval = '1s'")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query; JSON as text."""
        with _translated("a query"), self._connection.cursor() as cursor:
            for kind in ("json", "jsonb"):
                cursor.adapters.register_loader(kind, TextLoader)
            return cursor.execute(sql.encode()).fetchall()

    def create_shadow(self, name: str, kind: Kind, sql: str) -> None:
        """Build the shadow of `name`; a table is analysed, as later models are planned by it."""
        super().create_shadow(name, kind, sql)
        if kind is not Kind.VIEW:
            self._execute(f"analysing {name}", f"analyze {quoted(shadow_of(name))}")

    def load_rows(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        """Add rows of texts to a table; Postgres reads each as its column's type."""
        names = ", ".join(quoted(column) for column in columns)
        marks = ", ".join("%s" for _ in columns)
        statement = f"insert into {quoted(name)} ({names}) values ({marks})"
        with _translated(f"loading rows into {name}"), self._connection.cursor() as cursor:
            cursor.executemany(statement.encode(), rows)

    @contextmanager
    def _without_foreign_keys(self, replacements: Sequence[Replacement], /) -> Iterator[None]:
        wanted = {new.name: new.keys for new in replacements if new.kind is not Kind.VIEW}
        names = {new.name for new in replacements}
        taken_off = touching(read_declared(self.rows(FOREIGN_KEYS)), names)
        for old in taken_off:
            self._execute(f"taking off a foreign key of {old.child}", old.drop)
        yield
        primary = read_primary(self.rows(PRIMARY_KEYS))
        for statement in declarations(wanted, taken_off, primary):
            self._execute("declaring a foreign key", statement)

    def fork(self) -> Self:
        """Return an engine with a connection of its own."""
        info = self._connection.info
        with _translated("opening a second connection"):
            return type(self)(
                psycopg.connect(info.dsn, password=info.password or None, autocommit=True)
            )

    def close_fork(self) -> None:
        """Cancel what runs and close the connection."""
        with suppress(psycopg.Error):
            self._connection.cancel()
            self._connection.close()

    def _execute(self, doing: str, statement: str) -> None:
        with _translated(doing):
            self._connection.execute(statement.encode())
