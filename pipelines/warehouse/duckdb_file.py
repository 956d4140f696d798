"""The warehouse as a DuckDB file."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

import duckdb

from pipelines.errors import WarehouseError, WarehouseFull, WarehouseLocked
from pipelines.sql_text import quoted_list
from pipelines.warehouse.base import ROWS_PER_BATCH, Warehouse
from pipelines.warehouse.dialect import DUCKDB, Dialect
from pipelines.warehouse.processes import with_start
from pipelines.warehouse.refusals import first_line, space_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from pipelines.warehouse.base import Parameters


# Old row groups are merged when the file is closed, once in many runs: see `_merge_row_groups`.
# FSST makes a file a third smaller and takes a seventh of a load's time and of a build's; texts
# that were not packed with it are found faster by their keys.
DUCKDB_SETTINGS: Final = (
    "set TimeZone = 'UTC'; set max_vacuum_tasks = 0; set disabled_compression_methods = 'fsst'"
)
"""Said to DuckDB when the file is opened."""

_IDLE_MB: Final = 24
# How long DuckDB's log may become before it is written into the file. That spills nothing, so that
# within bounds of memory it waits until the file is closed, for large files may need more.
_AT_COMMIT: Final = "'16MiB'"  # as DuckDB has it
_AT_CLOSE: Final = "'1GB'"
_MB_PER_THREAD: Final = 128  # with less each, threads spill, and hold more than one would
_LEAST_TO_FILL_MB: Final = 128  # DuckDB holds blocks of every column; with 90 it cannot publish
# What is written anew when the file is closed, once so many runs have left row groups of their own.
_MOST_ROW_GROUPS: Final = 30
_MERGE_MB: Final = 100


class DuckDBWarehouse(Warehouse):
    """An open DuckDB file.

    Attributes:
        path: The file.
        connection: The DuckDB connection; time zone is UTC.
    """

    dialect: ClassVar[Dialect] = DUCKDB
    driver_error: ClassVar[type[Exception]] = duckdb.Error
    takes_sessions: ClassVar[bool] = False

    def __init__(self, path: Path, *, is_read_only: bool) -> None:
        self.path = path
        self._is_read_only = is_read_only
        self.location = str(path)
        self.name = path.name
        self.connection: duckdb.DuckDBPyConnection
        self._memory_mb: int | None = None
        self._threshold = _AT_COMMIT

    @classmethod
    def connect(
        cls, path: Path, *, read_only: bool = False, holds_accounts: bool = False
    ) -> DuckDBWarehouse:
        """Open or create the file; see `Warehouse.open`."""
        warehouse = cls(path, is_read_only=read_only)
        warehouse.holds_accounts = holds_accounts
        with warehouse.explained():
            warehouse.connection = duckdb.connect(
                str(path), read_only=read_only, config={"autoinstall_known_extensions": "false"}
            )
            warehouse.connection.execute(DUCKDB_SETTINGS)
            if not read_only and (statements := warehouse.missing_statements()):
                with warehouse._transaction():  # one commit for all, not one wait for the disk each
                    warehouse.connection.execute("; ".join(statements))
        return warehouse

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        with self.explained():
            if error is None:
                self._merge_row_groups()
            self.connection.close()
            if isinstance(error, duckdb.Error):
                raise error

    def _merge_row_groups(self) -> None:
        """Have row groups that are not full merged by the closing of the file, once in many runs.

        Every commit begins row groups of its own. To merge them whenever there are two that fit
        into one, as DuckDB does by default, reads and writes old rows in every run, of a large
        account hundreds of MB, and holds a dozen row groups in memory. The table of runs tells how
        many commits there were. One thread within bounds spills; it needs less than a third of
        them.
        """
        count = "select count(distinct row_group_id) from pragma_storage_info('ops.runs')"
        with suppress(duckdb.Error):  # it may be what failed; and nobody's rows depend on it
            if not self._is_read_only and self.scalar(count) > _MOST_ROW_GROUPS:
                self.connection.execute("set threads = 1")
                self._limit_memory(_MERGE_MB)
                self.connection.execute("reset max_vacuum_tasks")

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement that returns no rows; see `Warehouse.execute`."""
        cursor = self._ask(sql, parameters)
        names = [column[0] for column in cursor.description or []]
        row = cursor.fetchone()
        return int(row[0]) if row and names == ["Count"] else 0

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries."""
        cursor = self._ask(sql, parameters)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextmanager
    def arrow(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        """Run a query whose rows come in Arrow batches; see `Warehouse.arrow`.

        Yields:
            The batches.
        """
        with self.explained():
            yield self.connection.execute(sql).to_arrow_reader(ROWS_PER_BATCH)

    def append(self, table: str, columns: Sequence[str], rows: pa.RecordBatchReader) -> None:
        """Insert Arrow batches; see `Warehouse.append`."""
        names = quoted_list(columns)
        with self.explained():
            self.connection.register("appended_rows", rows)
            try:
                self.execute(f"insert into {table} ({names}) select {names} from appended_rows")
            finally:
                self.connection.unregister("appended_rows")

    def _ask(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql, dict(parameters) if parameters else None)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("begin transaction")
        try:
            yield
            with self._boundless():
                self.connection.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):  # a failed commit has rolled back by itself
                self.connection.execute("rollback")
            raise

    @contextmanager
    def bounded(self, memory_mb: int) -> Iterator[None]:
        """Keep DuckDB's memory within bounds inside; see `Warehouse.bounded`."""
        # Else DuckDB holds back what comes out of turn.
        self.connection.execute("set preserve_insertion_order = false")
        self._log_up_to(_AT_CLOSE)
        self._bind(memory_mb)
        try:
            yield
        finally:
            self._memory_mb = None
            with suppress(duckdb.Error):  # the connection may be what failed
                self._log_up_to(_AT_COMMIT)
                for name in ("memory_limit", "threads", "preserve_insertion_order"):
                    self.connection.execute(f"reset {name}")

    def _bind(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        threads = max(1, min(os.cpu_count() or 1, memory_mb // _MB_PER_THREAD))
        self.connection.execute(f"set threads = {threads}")
        self._limit_memory(memory_mb)

    def _log_up_to(self, size: str) -> None:
        self._threshold = size
        self.connection.execute(f"set checkpoint_threshold = {size}")

    @contextmanager
    def _boundless(self) -> Iterator[None]:
        """Let DuckDB take the memory that it needs to write its file.

        A checkpoint spills nothing, and one that is refused memory makes the open file unusable.
        """
        if self._memory_mb is None:
            yield
            return
        self.connection.execute("reset memory_limit")
        try:
            yield
        finally:
            self._limit_memory(self._memory_mb)

    def _limit_memory(self, memory_mb: int) -> None:
        with suppress(duckdb.Error):  # what is in use stays; or the connection is what failed
            self.connection.execute(f"set memory_limit = '{memory_mb}MB'")

    def release_memory(self) -> None:
        """Give DuckDB's cached blocks back to the system; see `Warehouse.release_memory`."""
        if self._memory_mb is not None:
            self._limit_memory(_IDLE_MB)
            self._limit_memory(self._memory_mb)

    @contextmanager
    def filled_in_parts(self) -> Iterator[None]:
        """Let DuckDB write each part into the file, and once; see `Warehouse.filled_in_parts`.

        Otherwise it writes them into its log, and when the file is closed a second time. Half the
        memory does, because no rows are changed all over the tables; while one part is published,
        reading the next one takes as much again.
        """
        memory_mb, threshold = self._memory_mb, self._threshold
        self._log_up_to(_AT_COMMIT)
        if memory_mb is not None:
            self._bind(max(memory_mb // 2, _LEAST_TO_FILL_MB))
        try:
            yield
        finally:
            with suppress(duckdb.Error):  # the connection may be what failed
                self._log_up_to(threshold)
                if memory_mb is not None:
                    self._bind(memory_mb)

    def another_session(self) -> DuckDBWarehouse:
        """Refuse: one process has the file, in one session.

        Raises:
            WarehouseLocked: Always.
        """
        raise WarehouseLocked(self.location, "")

    @contextmanager
    def lent_to_dlt(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend the open connection; see `Warehouse.lent_to_dlt`.

        Yields:
            The connection; dlt does not close it.
        """
        try:
            yield self.connection
        finally:
            with suppress(duckdb.Error):  # the connection may be what failed
                self._log_up_to(self._threshold)

    def explanation(self, error: BaseException) -> WarehouseError | None:
        """Return our error for a file that is locked, cannot be written or is none of DuckDB's."""
        message = str(error)
        if isinstance(error, duckdb.OutOfMemoryException):
            return WarehouseError(
                f"DuckDB needs more memory for {self.path} than it may use: {first_line(message)}. "
                "Nothing of this step was published. Give it more with --memory MB, and run again."
            )
        if not isinstance(error, OSError | duckdb.IOException) and not space_problem(message):
            return None
        if "set lock" in message.lower():  # not "block", of which many messages speak
            holder = re.search(r"held in (.+?)(?: by user|\.\s|$)", message)
            return WarehouseLocked(self.location, with_start(holder.group(1)) if holder else "")
        if problem := space_problem(message):
            return WarehouseFull(self.location, problem)
        return WarehouseError(
            f"{self.path} cannot be opened as a DuckDB warehouse: {first_line(message)} Give "
            "another file with --warehouse, or restore this one from a backup."
        )
