"""The engine of `transforms` that builds models: in an open warehouse, or with Spark on a lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.errors import ConfigError, UsageError
from pipelines.warehouse.duckdb_file import DuckDBWarehouse
from transforms import DuckDBEngine

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from pipelines.lake import LakeStore
    from pipelines.warehouse import Warehouse
    from transforms import Engine
    from transforms.postgres_engine import PostgresEngine
    from transforms.spark_engine import SparkEngine


MODELS_AT_A_TIME: Final = 2
"""Models that DuckDB builds side by side: while one is planned or sorted, a core would idle."""


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


def models_at_a_time(warehouse: Warehouse) -> int:
    """Return how many models to build side by side; one on Postgres, which serves others too."""
    return MODELS_AT_A_TIME if isinstance(warehouse, DuckDBWarehouse) else 1


def _engine_over(warehouse: Warehouse) -> DuckDBEngine | PostgresEngine:
    if isinstance(warehouse, DuckDBWarehouse):
        return DuckDBEngine(warehouse.connection)
    from pipelines.warehouse.postgres import PostgresWarehouse  # noqa: PLC0415 - an extra
    from transforms.postgres_engine import PostgresEngine  # noqa: PLC0415

    if isinstance(warehouse, PostgresWarehouse):
        return PostgresEngine(warehouse.reached())
    msg = f"No engine builds models in {warehouse.location}. Use a DuckDB file or Postgres."
    raise UsageError(msg)


def spark_engine_on(store: LakeStore, folder: Path) -> SparkEngine:
    """Return a Spark engine whose sources are the tables of a lake's latest export.

    The session is the one that is there, as under `spark-submit`, else a new one with the
    settings that Spark finds by itself; without a master it runs on this machine.

    Args:
        store: The lake.
        folder: Where the models' tables are kept; every machine of a cluster must see it.

    Raises:
        LakeMissing: Nothing was exported there.
        ConfigError: Spark cannot be started.
    """
    sources = {
        name: path.replace("s3://", "s3a://", 1)  # the name of the same stores in Hadoop
        for name, path in store.paths().items()
    }
    session = _spark_session()
    from transforms.spark_engine import SparkEngine  # noqa: PLC0415 - an extra

    return SparkEngine(session, folder, sources)


def _spark_session() -> SparkSession:
    try:
        from pyspark import SparkConf  # noqa: PLC0415 - an extra
        from pyspark.errors import PySparkException  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        msg = (
            "--lake builds with Spark, and pyspark cannot be imported. Install it with "
            "pip install 'cal-warehouse[spark]'; it needs a Java runtime, 17 or later."
        )
        raise ConfigError(msg) from error
    builder = SparkSession.builder.appName("cal-warehouse")
    builder = builder.config("spark.sql.catalogImplementation", "in-memory")
    if not SparkConf().contains("spark.master"):
        builder = builder.master("local[*]")
    try:
        session: SparkSession = builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        msg = f"Spark could not be started: {error}. It needs a Java runtime, 17 or later."
        raise ConfigError(msg) from error
    return session
