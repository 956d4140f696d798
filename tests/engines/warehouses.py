"""The same source tables in every engine: copied from DuckDB to Postgres, and to Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.relational import quoted

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import duckdb
    import psycopg

_POSTGRES_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    "JSON": "jsonb",
}
Columns = dict[str, dict[str, str]]
RAW = "raw"


def raw_copy(file: Path, target: duckdb.DuckDBPyConnection, sources: Collection[str]) -> None:
    """Copy the raw tables of a warehouse file, whose build could not go on beside it.

    Of the histories only those that are among `sources` are copied.
    """
    target.execute(f"attach '{file}' as warehouse (read_only)")
    target.execute(f"create schema {RAW}")
    for (name,) in target.execute(
        "select table_name from information_schema.tables where table_catalog = 'warehouse' "
        "and table_schema = ? and not table_name like '%_old_versions' "
        "and (not table_name like '%_history' or list_contains(?, table_name))",
        [RAW, [source.removeprefix(f"{RAW}.") for source in sources]],
    ).fetchall():
        target.execute(f"create table {RAW}.{name} as from warehouse.{RAW}.{name}")
    target.execute("detach warehouse")


def tables_of(connection: duckdb.DuckDBPyConnection, schema: str) -> Columns:
    """Tables of a schema as `schema.name` → column → DuckDB's type."""
    found: Columns = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = ? and table_catalog = current_database() "
        "order by table_name, ordinal_position",
        [schema],
    ).fetchall():
        found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def copy_to_postgres(
    source: duckdb.DuckDBPyConnection,
    target: psycopg.Connection,
    schema: str,
    folder: Path,
) -> None:
    """Create a schema's tables in Postgres and fill them."""
    target.execute(f"create schema {quoted(schema)}")
    for name, columns in tables_of(source, schema).items():
        listed = ", ".join(f"{quoted(c)} {_POSTGRES_TYPES[kind]}" for c, kind in columns.items())
        target.execute(f"create table {quoted(name)} ({listed})")
        file = folder / f"{name}.csv"
        source.execute(f"copy {quoted(name)} to '{file}' (header false, nullstr '\\N')")
        with (
            target.cursor().copy(
                f"copy {quoted(name)} from stdin (format csv, null '\\N')"
            ) as writer,
            file.open("rb") as lines,
        ):
            while block := lines.read(1 << 20):
                writer.write(block)
    target.execute("analyze")


def copy_to_parquet(
    source: duckdb.DuckDBPyConnection, schema: str, folder: Path
) -> dict[str, Path]:
    """Write each table of a schema as one Parquet file in a folder of its own."""
    written = {}
    for name in tables_of(source, schema):
        written[name] = folder / name
        written[name].mkdir(parents=True)
        source.execute(f"copy {quoted(name)} to '{written[name] / 'rows.parquet'}'")
    return written
