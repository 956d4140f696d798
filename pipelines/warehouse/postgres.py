"""The warehouse in a Postgres database.

Between transactions the session is in autocommit mode. A connection that the server closed in the
meantime is made anew: before a transaction or a writing statement it is tried first, a query is
asked again. What is lost inside a transaction is not repeated; the server has undone all of it.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, Final

import psycopg
from psycopg import errors
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from pipelines.errors import WarehouseError, WarehouseFull, WarehouseLost, WarehouseMissing
from pipelines.sql_text import quoted_list
from pipelines.warehouse.base import ROWS_PER_BATCH, Warehouse
from pipelines.warehouse.dialect import POSTGRES, Dialect
from pipelines.warehouse.postgres_address import checked, for_dlt, secrets_of, shown
from pipelines.warehouse.postgres_keys import built_afterwards
from pipelines.warehouse.refusals import first_line, space_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from pipelines.warehouse.base import Parameters

    Connection = psycopg.Connection[tuple[Any, ...]]

_WAITS_SECONDS: Final = (0.2, 1.0, 3.0, 6.0)  # between attempts to reach a server that went away
_TABLES_LOCK: Final = 7_305_808  # any number, the same in every version: one creates tables
_PARAMETER: Final = re.compile(r"('(?:[^']|'')*')|\$([a-z_][a-z0-9_]*)")
_LOST: Final = re.compile(
    r"server closed the connection|terminating connection|connection .*(refused|closed|lost)"
    r"|could not connect|connection to server|not yet accepting|starting up|shutting down"
    r"|broken pipe|no connection to the server|connection timed out",
    re.IGNORECASE,
)


class PostgresWarehouse(Warehouse):
    """An open connection to a Postgres database.

    Attributes:
        connection: The psycopg connection: autocommit, UTC. It may be another one after a loss.
    """

    dialect: ClassVar[Dialect] = POSTGRES
    driver_error: ClassVar[type[Exception]] = psycopg.Error
    takes_sessions: ClassVar[bool] = True

    def __init__(
        self, url: str, *, read_only: bool = False, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._url = url
        self._secrets = secrets_of(url)
        self._read_only = read_only
        self._sleep = sleep
        self._is_in_transaction = read_only  # a reader stays in one, so that it sees one state
        self.location = shown(url)
        self.connection: Connection

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        read_only: bool = False,
        holds_accounts: bool = False,
        must_exist: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> PostgresWarehouse:
        """Connect, and create what is missing; see `Warehouse.open`.

        Args:
            url: The address, `postgresql://…`.
            read_only: Only read, in the state that the first query finds.
            holds_accounts: It is one of many accounts.
            must_exist: Refuse to make a new warehouse.
            sleep: Waits before the next attempt to reach a server that went away, in seconds.

        Raises:
            UsageError: The address cannot be read.
            WarehouseMissing: There is no warehouse in the database, and it must exist.
            WarehouseError: The database cannot be reached.
        """
        checked(url)
        warehouse = cls(url, read_only=read_only, sleep=sleep)
        warehouse.holds_accounts = holds_accounts
        with warehouse.explained():
            warehouse.connection = warehouse._new_connection()
            warehouse.name = warehouse.connection.info.dbname
            if must_exist and not warehouse.has_schema("raw"):
                warehouse.connection.close()
                raise WarehouseMissing(warehouse.location)
            if not read_only:
                warehouse._create_tables()
        return warehouse

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self.connection.close()
        if isinstance(error, psycopg.Error):
            with self.explained():
                raise error

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement that returns no rows; see `Warehouse.execute`."""
        with self.explained():
            self._reach()
            return max(self._ask(sql, parameters).rowcount, 0)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries; see `Warehouse.rows`.

        Raises:
            WarehouseError: The database cannot be reached.
            OperationalError: Never; it becomes a WarehouseError.
        """
        with self.explained():
            try:
                return self._ask(sql, parameters).fetchall()
            except psycopg.OperationalError:
                if self._is_in_transaction or not self.connection.broken:
                    raise
            self._reconnect()
            return self._ask(sql, parameters).fetchall()

    @contextmanager
    def arrow(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        """Run a query through a cursor on the server; see `Warehouse.arrow`.

        Yields:
            The batches.
        """
        from pipelines.warehouse.postgres_arrow import read_arrow  # noqa: PLC0415 - loads Arrow

        with self.explained(), self.connection.cursor(name="arrow") as cursor:
            cursor.execute(sql.encode())
            yield read_arrow(cursor, rows_per_batch=ROWS_PER_BATCH)

    def append(self, table: str, columns: Sequence[str], rows: pa.RecordBatchReader) -> None:
        """Insert Arrow batches through COPY; see `Warehouse.append`."""
        statement = f"copy {table} ({quoted_list(columns)}) from stdin"
        with (
            self.explained(),
            self.connection.cursor() as cursor,
            cursor.copy(statement.encode()) as copy,
        ):
            for batch in rows:
                values = [batch[column].to_pylist() for column in columns]
                for row in zip(*values, strict=True):
                    copy.write_row(row)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._reach()
        self._is_in_transaction = True
        try:
            with self.connection.transaction():
                yield
        finally:
            self._is_in_transaction = self._read_only

    def keyed_afterwards(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """Build keys once for all rows; see `Warehouse.keyed_afterwards`."""
        empty = [table for table in tables if not self.has_rows(table)]
        return built_afterwards(self.connection, empty) if empty else nullcontext()

    def another_session(self) -> PostgresWarehouse:
        """Open a second session of the same database."""
        return type(self).connect(self._url, holds_accounts=self.holds_accounts, sleep=self._sleep)

    @contextmanager
    def lent_to_dlt(self) -> Iterator[str]:
        """Give the address to dlt, which opens connections of its own.

        Yields:
            The address.
        """
        yield for_dlt(self._url, self.connection.info)

    def explanation(self, error: BaseException) -> WarehouseError | None:
        """Return our error for a lost connection, a full disk, or a missing right."""
        message = self._without_secrets(str(error))
        if isinstance(error, errors.DiskFull | errors.OutOfMemory | OSError):
            return WarehouseFull(self.location, first_line(message))
        if isinstance(error, errors.InsufficientPrivilege):
            return WarehouseError(
                f"{self.location} refuses: {first_line(message)}. 'cal-warehouse roles' prints the "
                "SQL that gives a loader what it needs."
            )
        if isinstance(error, psycopg.IntegrityError):  # its details name rows, so people
            return WarehouseError(
                f"{self.location} refuses: {error.diag.message_primary}. This is a fault of "
                "cal-warehouse; please report it with the output of 'cal-warehouse doctor'."
            )
        if isinstance(error, psycopg.OperationalError) or _LOST.search(message):
            return WarehouseLost(self.location, first_line(message))
        if problem := space_problem(message):
            return WarehouseFull(self.location, problem)
        return None

    def reached(self) -> Connection:
        """Return the connection, in autocommit mode, made anew where the server had closed it."""
        with self.explained():
            self._reach()
        return self.connection

    def _ask(self, sql: str, parameters: Parameters | None) -> psycopg.Cursor[dict[str, Any]]:
        cursor = self.connection.cursor(row_factory=dict_row)
        if not parameters:
            return cursor.execute(sql.encode())
        return cursor.execute(_with_psycopg_marks(sql).encode(), dict(parameters))

    def _reach(self) -> None:
        """Make the connection anew where the server closed it since the last statement."""
        if self._is_in_transaction:
            return
        try:
            self.connection.execute("select 1")
        except psycopg.OperationalError:
            self._reconnect()

    def _reconnect(self) -> None:
        for seconds in _WAITS_SECONDS:
            try:
                self.connection = self._new_connection()
            except psycopg.OperationalError:
                self._sleep(seconds)
            else:
                return
        self.connection = self._new_connection()

    def _new_connection(self) -> Connection:
        connection: Connection = psycopg.connect(
            self._url,
            autocommit=True,
            prepare_threshold=None,  # landing tables change their columns from run to run
            connect_timeout=15,
            application_name="cal-warehouse",
        )
        connection.execute("set timezone to 'UTC'")
        set_json_loads(_as_text, connection)
        if self._read_only:
            connection.autocommit = False
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    def _create_tables(self) -> None:
        """Create what is missing; of several runs that start at once one does."""
        if not self.missing_statements():
            return
        with self.transaction():
            self.execute(f"select pg_advisory_xact_lock({_TABLES_LOCK})")
            for statement in self.missing_statements():
                self.execute(statement)

    def _without_secrets(self, message: str) -> str:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return message


def _as_text(json: str | bytes) -> str:
    """Return JSON as the text it is, which is what DuckDB gives."""
    return json if isinstance(json, str) else json.decode()


def _with_psycopg_marks(sql: str) -> str:
    """Return the statement with its `$name` as `%(name)s`, outside of texts."""

    def mark(found: re.Match[str]) -> str:
        return found[1] or f"%({found[2]})s"

    return _PARAMETER.sub(mark, sql.replace("%", "%%"))
