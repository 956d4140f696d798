"""What every warehouse can do: run SQL with named parameters, in transactions, with clear errors.

All SQL of `pipelines` goes through these methods and is written in the subset that DuckDB and
Postgres share; the few words that differ are in `Warehouse.dialect`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from pipelines.errors import UsageError
from pipelines.ops import ACCOUNT
from pipelines.warehouse.tables import (
    iter_declared,
    iter_declared_of_accounts,
    missing_statements,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from pipelines.errors import WarehouseError
    from pipelines.warehouse.dialect import Dialect

    Parameters = Mapping[str, Any]


ROWS_PER_BATCH: Final = 50_000
"""Most rows of an Arrow batch, so that a batch of wide rows stays below about 100 MB."""


_MIXED: Final = {
    False: "The warehouse {} holds many accounts, and this command is for one: ids of two accounts "
    "may be equal. Give the account's own warehouse with --warehouse; 'sync --accounts' says "
    "where that is.",
    True: "The warehouse {} holds one account, and its rows do not say which. Give another "
    "--warehouse for many accounts.",
}


class Fence(Protocol):
    """Keeps a writer that has lost its right to write from writing."""

    def confirm(self, warehouse: Warehouse) -> None:
        """Raise unless the right still holds; called at the start of every transaction."""


class Warehouse(ABC):
    """An open warehouse; use it as a context manager.

    Instants come back with time zone UTC, JSON as text, on every database.

    Attributes:
        location: Where it is, as given to `--warehouse` but without a password.
        name: Short name for people: file or database.
        dialect: The words in which its SQL differs.
        driver_error: Root of the errors of its driver.
        takes_sessions: True where several sessions may be open at a time.
        lease: What every transaction asks first whether it may write; None asks nobody.
        holds_accounts: True for a warehouse of many accounts.
    """

    location: str
    name: str
    dialect: ClassVar[Dialect]
    driver_error: ClassVar[type[Exception]]
    takes_sessions: ClassVar[bool]
    lease: Fence | None = None
    holds_accounts: bool = False

    @staticmethod
    def open(
        location: str,
        *,
        read_only: bool = False,
        holds_accounts: bool = False,
        must_exist: bool = False,
    ) -> Warehouse:
        """Open the warehouse that `--warehouse` names; create what is missing in it.

        Args:
            location: A path of a DuckDB file, or `postgresql://…`.
            read_only: Open what exists for reading only, in one unchanging state where the
                database has that (Postgres); nothing is created.
            holds_accounts: It is one of many accounts, whose tables have a column `account`.
            must_exist: Refuse to make a new one; what is missing in an old one is created.

        Raises:
            UsageError: The location is neither, or holds many accounts where one was asked for,
                or the other way round.
            ConfigError: The location cannot work, or its driver is not installed.
            WarehouseLocked: Another process has the file open.
            WarehouseMissing: It must exist, or is to be read only, and does not.
            WarehouseError: It cannot be opened.
        """
        from pipelines.warehouse.opening import open_warehouse  # noqa: PLC0415 - imports this

        return open_warehouse(
            location, read_only=read_only, holds_accounts=holds_accounts, must_exist=must_exist
        )

    def __enter__(self) -> Warehouse:
        return self

    @abstractmethod
    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        """Close the warehouse."""

    @abstractmethod
    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement that returns no rows.

        Args:
            sql: The statement; parameters stand in it as `$name`.
            parameters: Value by name, exactly those that stand in the statement.

        Returns:
            How many rows were inserted, updated or deleted; 0 for other statements.

        Raises:
            WarehouseError: The database cannot be reached or written.
        """

    @abstractmethod
    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries; arguments and errors as for `execute`."""

    @abstractmethod
    def arrow(self, sql: str) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run a query whose rows come in Arrow batches, never all at a time.

        JSON comes as text, instants with time zone UTC. Read it to its end, or leave the block,
        before the next statement; on Postgres only inside a transaction or of a reader.

        Raises:
            WarehouseError: The database cannot be reached.
        """

    @abstractmethod
    def append(self, table: str, columns: Sequence[str], rows: pa.RecordBatchReader) -> None:
        """Insert Arrow batches into a table, column by name, inside the caller's transaction.

        Args:
            table: The table's name in SQL.
            columns: The columns to insert; the batches may have others.
            rows: What to insert.

        Raises:
            WarehouseError: The database cannot be reached or written.
        """

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it; transactions do not nest.

        Raises:
            WarehouseError: The database cannot be reached or written.
        """
        with self.explained(), self._transaction():
            if self.lease is None:
                yield
                return
            self.lease.confirm(self)
            yield
            self.lease.confirm(self)  # so that it holds on after a long transaction

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """Begin; then commit, or roll back on any error."""

    def bounded(self, memory_mb: int) -> AbstractContextManager[None]:
        """Keep the database's working memory within bounds inside, where it works in this process.

        Args:
            memory_mb: Most memory in MB, 1 MB = 1,000,000 bytes; what does not fit goes to disk.
        """
        del memory_mb  # a server has its own settings
        return nullcontext()

    def release_memory(self) -> None:
        """Give back what the database keeps in this process in case it is needed again."""
        return  # a server has its own

    def filled_in_parts(self) -> AbstractContextManager[None]:
        """Commit several large parts of the same tables inside, one after the other."""
        return nullcontext()

    def keyed_afterwards(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """Fill tables inside, the empty ones among them before they get their keys and indexes.

        Args:
            tables: Their names in SQL; the transaction has written nothing into them.
        """
        del tables  # there are no keys
        return nullcontext()

    @abstractmethod
    def another_session(self) -> Warehouse:
        """Open a second session; only where `takes_sessions`."""

    @abstractmethod
    def lent_to_dlt(self) -> AbstractContextManager[Any]:
        """Give what dlt's destination of the dialect's name takes as its credentials.

        What dlt sets on a session of ours is undone afterwards.
        """

    @abstractmethod
    def explanation(self, error: BaseException) -> WarehouseError | None:
        """Return our error for one that the database, or dlt on its behalf, raised.

        None where the error says nothing about the state of the warehouse.
        """

    def scalar(self, sql: str, parameters: Parameters | None = None) -> Any:
        """Return the first value of the first row, None without rows."""
        for row in self.rows(sql, parameters):
            return next(iter(row.values()))
        return None

    def has_rows(self, table: str) -> bool:
        """Return whether a table, by its name in SQL, has any row; it is not counted."""
        return bool(self.rows(f"select 1 as found from {table} limit 1"))

    def column_names(self, schema: str, table: str) -> list[str]:
        """Return a table's columns in order; empty when there is no such table."""
        rows = self.rows(
            "select column_name from information_schema.columns where table_schema = $schema "
            "and table_name = $table and table_catalog = current_database() "
            "order by ordinal_position",
            {"schema": schema, "table": table},
        )
        return [row["column_name"] for row in rows]

    def has_schema(self, schema: str) -> bool:
        """Return whether the schema exists."""
        return schema in self.schema_names()

    def schema_names(self) -> set[str]:
        """Return the names of all schemas of the database."""
        rows = self.rows(
            "select schema_name from information_schema.schemata "
            "where catalog_name = current_database()"
        )
        return {row["schema_name"] for row in rows}

    def missing_statements(self) -> list[str]:
        """Return the statements that create what is missing: schemas, tables, columns, keys.

        Raises:
            UsageError: It holds many accounts where one was asked for, or the other way round.
        """
        columns: dict[tuple[str, str], list[str]] = {}
        for row in self.rows(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_catalog = current_database() and table_schema in ('raw', 'ops') "
            "order by ordinal_position"
        ):
            name = (row["table_schema"], row["table_name"])
            columns.setdefault(name, []).append(row["column_name"])
        held = columns.get(("raw", "bookings"), [])
        if held and (ACCOUNT.name in held) is not self.holds_accounts:
            raise UsageError(_MIXED[self.holds_accounts].format(self.location))
        declared = iter_declared_of_accounts() if self.holds_accounts else iter_declared()
        return missing_statements(self.dialect, self.schema_names(), columns, declared)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the driver's errors about the state of the warehouse into ours; others pass.

        Raises:
            WarehouseError: The database cannot be reached or written.
        """
        try:
            yield
        except self.driver_error as error:
            if explanation := self.explanation(error):
                raise explanation from error
            raise
