"""The engine of `transforms` that builds models inside an open warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.warehouse.duckdb_file import DuckDBWarehouse
from transforms import DuckDBEngine

if TYPE_CHECKING:
    from pipelines.warehouse import Warehouse
    from transforms import Engine
    from transforms.postgres_engine import PostgresEngine


def engine_of(warehouse: Warehouse) -> Engine:
    """Return an engine over the warehouse's own connection, which obeys the warehouse's lease.

    Raises:
        UsageError: There is no engine for this kind of warehouse.
    """
    engine = _engine_over(warehouse)

    def confirm() -> None:
        if warehouse.lease is not None:
            warehouse.lease.confirm(warehouse)

    engine.on_begin = confirm
    return engine


def _engine_over(warehouse: Warehouse) -> DuckDBEngine | PostgresEngine:
    if isinstance(warehouse, DuckDBWarehouse):
        return DuckDBEngine(warehouse.connection)
    from pipelines.warehouse.postgres import PostgresWarehouse  # noqa: PLC0415 - an extra
    from transforms.postgres_engine import PostgresEngine  # noqa: PLC0415

    if isinstance(warehouse, PostgresWarehouse):
        return PostgresEngine(warehouse.reached())
    msg = f"No engine builds models in {warehouse.location}. Use a DuckDB file or Postgres."
    raise UsageError(msg)
