"""DuckDB as an engine."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

import duckdb

from transforms.engine import Kind, shadow_of
from transforms.errors import EngineError
from transforms.relational import RelationalEngine, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transforms.engine import Replacement

MOST_ROWS_WITH_KEY: Final = 100_000
"""Rows of the largest table that gets a primary key."""


_LOG_SIZE: Final = "1GB"


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


class DuckDBEngine(RelationalEngine):
    """Builds models through an open DuckDB connection.

    The connection stays the caller's and keeps what is set here. Its session is set to UTC, so
    that casts between instants and local times mean the same on every machine. It must have no
    open transaction. What a build writes goes into the database's file at its end, not each time
    that 16 MB came together: most of it is gone by then. Only 'order by' gives rows an
    order: models are tables, and to keep the order of insertion takes time.

    Args:
        connection: A writable connection.
    """

    dialect = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._execute("setting the session's time zone", "set TimeZone = 'UTC'")
        self._execute("putting off checkpoints", f"set wal_autocheckpoint = '{_LOG_SIZE}'")
        self._execute("freeing the order of rows", "set preserve_insertion_order = false")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query."""
        with _translated("a query"):
            return self._connection.execute(sql).fetchall()

    def load_rows(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        """Add rows of texts to a table; DuckDB casts each to its column's type."""
        if not rows:
            return
        names = ", ".join(quoted(column) for column in columns)
        row_marks = f"({', '.join('?' for _ in columns)})"
        marks = ", ".join(row_marks for _ in rows)
        statement = f"insert into {quoted(name)} ({names}) values {marks}"
        with _translated(f"loading rows into {name}"):
            self._connection.execute(statement, [value for row in rows for value in row])

    def fork(self) -> Self:
        """Return an engine with a cursor of its own."""
        return type(self)(self._connection.cursor())

    def close_fork(self) -> None:
        """Interrupt what runs and close the cursor."""
        with suppress(duckdb.Error):  # nothing runs, or it is closed
            self._connection.interrupt()
            self._connection.close()

    # DuckDB may take a row that one transaction deletes and adds again for a repeated key, and an
    # index takes it 4 to 10 seconds per million rows. It adds no foreign key to a table that is
    # there.
    def _declare_primary_key(self, new: Replacement) -> None:
        if new.kind is Kind.TABLE and new.keys.primary:
            counted = self.rows(f"select count(*) from {quoted(shadow_of(new.name))}")
            if int(str(counted[0][0])) <= MOST_ROWS_WITH_KEY:
                super()._declare_primary_key(new)

    def _execute(self, doing: str, statement: str) -> None:
        with _translated(doing):
            self._connection.execute(statement)
