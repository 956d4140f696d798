"""The DuckDB warehouse: opening it, its schemas and tables, and errors people can act on."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from cal_source.tables import META_COLUMNS, TABLES, Column, ColumnType, Table
from pipelines.errors import (
    ConfigError,
    UsageError,
    WarehouseError,
    WarehouseFull,
    WarehouseLocked,
)
from pipelines.history import VALIDITY
from pipelines.ops import OPS_TABLES
from pipelines.sql_text import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCHEMAS: Final = ("landing", "raw", "staging", "intermediate", "marts", "ops")
_RESERVED_STEMS: Final = {*SCHEMAS, "landing_staging", "main", "temp", "system", "pg_catalog"}
_SQL_TYPES: Final = {
    ColumnType.TEXT: "varchar",
    ColumnType.BIGINT: "bigint",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamptz",
    ColumnType.DATE: "date",
    ColumnType.JSON: "json",
}


def warehouse_path(location: str) -> Path:
    """Return the file that `--warehouse` names.

    Raises:
        UsageError: It names something other than a DuckDB file.
        ConfigError: DuckDB could not tell the file's tables from a schema of the same name.
    """
    if "://" in location:
        msg = (
            f"--warehouse {location.split('://', 1)[0]}://… names a server; this version writes "
            "DuckDB files. Give a path such as cal.duckdb."
        )
        raise UsageError(msg)
    path = Path(location)
    if path.stem.lower() in _RESERVED_STEMS:
        msg = (
            f"The warehouse file {path.name} has the name of a schema inside it, and DuckDB cannot "
            f"tell '{path.stem}.table' from one in the other (Ambiguous reference). Rename the "
            "file, for example to cal.duckdb."
        )
        raise ConfigError(msg)
    return path


class Warehouse:
    """An open DuckDB warehouse; use it as a context manager.

    Attributes:
        path: The file.
        connection: The DuckDB connection; time zone is UTC.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.connection = connection

    @classmethod
    def open(cls, location: str, *, read_only: bool = False) -> Warehouse:
        """Open or create the warehouse, with all its schemas and tables.

        Args:
            location: A path, as given to `--warehouse`.
            read_only: Open an existing file for reading only.

        Raises:
            UsageError: The location is not a file path.
            ConfigError: The file name cannot work.
            WarehouseLocked: Another process has it open.
            WarehouseError: It is not a DuckDB file, or does not exist (read only).
        """
        path = warehouse_path(location)
        if read_only and not path.exists():
            msg = (
                f"There is no warehouse at {path}. Run 'cal-warehouse sync' first, or correct "
                "--warehouse."
            )
            raise WarehouseError(msg)
        with explained(path):
            connection = duckdb.connect(
                str(path), read_only=read_only, config={"autoinstall_known_extensions": "false"}
            )
            warehouse = cls(path, connection)
            connection.execute("set TimeZone = 'UTC'")
            if not read_only:
                warehouse.create_tables()
        return warehouse

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        with explained(self.path):
            self.connection.close()
            if isinstance(error, duckdb.Error):
                raise error

    def create_tables(self) -> None:
        """Create what is missing: schemas, tables of `raw` and `ops`, new columns, comments."""
        existing: dict[tuple[str, str], list[str]] = {}
        for row in self.rows(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where database_name = current_database() order by column_index"
        ):
            name = (row["schema_name"], row["table_name"])
            existing.setdefault(name, []).append(row["column_name"])
        statements = [f"create schema if not exists {s}" for s in SCHEMAS if s != "landing"]
        declared = [("raw", t, [*t.columns, *META_COLUMNS]) for t in TABLES.values()]
        declared += [("raw", _history_of(t), [*c, *VALIDITY]) for _, t, c in declared]
        declared += [("ops", t, list(t.columns)) for t in OPS_TABLES]
        for schema, table, columns in declared:
            found = existing.get((schema, table.name), [])
            if found != [c.name for c in columns]:
                statements += _table_statements(schema, table, columns, found)
        self.connection.execute("; ".join(statements))

    def column_names(self, schema: str, table: str) -> list[str]:
        """Return a table's columns in order; empty when there is no such table."""
        rows = self.connection.execute(
            "select column_name from information_schema.columns where table_schema = ? "
            "and table_name = ? and table_catalog = current_database() order by ordinal_position",
            [schema, table],
        ).fetchall()
        return [name for (name,) in rows]

    def has_schema(self, schema: str) -> bool:
        """Return whether the schema exists."""
        found = self.connection.execute(
            "select 1 from information_schema.schemata where schema_name = ? "
            "and catalog_name = current_database()",
            [schema],
        ).fetchone()
        return found is not None

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries."""
        cursor = self.connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def scalar(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first value of the first row, None without rows."""
        row = self.connection.execute(sql, list(parameters)).fetchone()
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it."""
        with explained(self.path):
            self.connection.execute("begin transaction")
            try:
                yield
                self.connection.execute("commit")
            except BaseException:
                with suppress(duckdb.Error):  # a failed commit has rolled back by itself
                    self.connection.execute("rollback")
                raise


def _history_of(table: Table) -> Table:
    description = f"Every version of the rows of raw.{table.name}, with when it was so."
    return replace(table, name=f"{table.name}_history", description=description)


def _table_statements(
    schema: str, table: Table, columns: Sequence[Column], found: Sequence[str]
) -> list[str]:
    """Return the statements that make a table what it is declared to be; nothing is dropped."""
    name = quoted(schema, table.name)
    typed = {c.name: f"{quoted(c.name)} {_SQL_TYPES[c.type]}" for c in columns}
    if found:
        made = [f"alter table {name} add column {t}" for n, t in typed.items() if n not in found]
    else:
        made = [f"create table {name} ({', '.join(typed.values())})"]
    comments = [
        f"comment on column {name}.{quoted(c.name)} is {literal(c.description)}" for c in columns
    ]
    return [*made, f"comment on table {name} is {literal(table.description)}", *comments]


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors about the file into ours; its other errors pass.

    Raises:
        WarehouseError: The file is locked, cannot be written, or is no DuckDB file.
        Error: Another error of DuckDB's.
    """
    try:
        yield
    except duckdb.Error as error:
        about_file = isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException)
        if about_file or space_problem(str(error)):
            explanation = warehouse_error(path, str(error))
            raise explanation from error
        raise


def warehouse_error(path: Path, message: str) -> WarehouseError:
    """Return our error for what DuckDB said about the file."""
    if "lock" in message.lower():
        holder = re.search(r"held in (.+?)(?: by user|\.\s|$)", message)
        return WarehouseLocked(str(path), holder.group(1) if holder else "")
    if problem := space_problem(message):
        return WarehouseFull(str(path), problem)
    return WarehouseError(
        f"{path} cannot be opened as a DuckDB warehouse: {_first_line(message)} Give another file "
        "with --warehouse, or restore this one from a backup."
    )


def space_problem(message: str) -> str:
    """Return the line of a message that says that nothing more can be written, else nothing."""
    signs = ("no space left", "could not write", "file too large", "disk", "permission denied")
    lines = message.strip().splitlines()
    return next((line for line in lines if any(sign in line.lower() for sign in signs)), "")


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "unknown reason"
