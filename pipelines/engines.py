"""The engine of `transforms` that builds models inside an open warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.warehouse.duckdb_file import DuckDBWarehouse
from transforms import DuckDBEngine

if TYPE_CHECKING:
    from pipelines.warehouse import Warehouse
    from transforms import Engine


def engine_of(warehouse: Warehouse) -> Engine:
    """Return an engine over the warehouse's own connection.

    Raises:
        UsageError: There is no engine for this kind of warehouse.
    """
    if isinstance(warehouse, DuckDBWarehouse):
        return DuckDBEngine(warehouse.connection)
    from pipelines.warehouse.postgres import PostgresWarehouse  # noqa: PLC0415 - an extra
    from transforms.postgres_engine import PostgresEngine  # noqa: PLC0415

    if isinstance(warehouse, PostgresWarehouse):
        return PostgresEngine(warehouse.reached())
    msg = f"No engine builds models in {warehouse.location}. Use a DuckDB file or Postgres."
    raise UsageError(msg)
