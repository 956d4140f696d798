"""Every model that ships builds on every engine, from the same file, to equal rows."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from pipelines.models import project_folder
from pipelines.warehouse import Warehouse
from tests.engines.warehouses import RAW, copy_to_parquet, copy_to_postgres, raw_copy
from transforms import DuckDBEngine, Project, build
from transforms.postgres_engine import PostgresEngine
from transforms.row_hash import hash_table

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
PROJECT = Project.load(project_folder())


@pytest.fixture
def recorded(sync_of, recorded_sandbox, tmp_path):
    """DuckDB with the recorded account's raw tables and all models."""
    file = tmp_path / "cal.duckdb"
    with Warehouse.open(str(file)) as warehouse:
        sync_of(warehouse, recorded_sandbox)
    with duckdb.connect() as connection:
        raw_copy(file, connection, PROJECT.sources)
        assert build(PROJECT, DuckDBEngine(connection), as_of=AS_OF).ok
        yield connection


def hashes(engine, kinds) -> dict[str, str]:
    """Hash of each model's rows; `kinds` tells which columns hold JSON."""
    return {
        name: hash_table(
            engine,
            name,
            model.column_names,
            [column for column, kind in kinds[name].items() if kind == "JSON"],
        )
        for name, model in PROJECT.models.items()
    }


@pytest.mark.reference
def test_models_give_equal_rows_on_postgres(recorded, postgres_connection, tmp_path):
    kinds = DuckDBEngine(recorded).catalog()
    copy_to_postgres(recorded, postgres_connection, RAW, tmp_path)
    engine = PostgresEngine(postgres_connection)

    assert build(PROJECT, engine, as_of=AS_OF, workers=2).ok

    assert hashes(engine, kinds) == hashes(DuckDBEngine(recorded), kinds)


@pytest.mark.reference
@pytest.mark.timeout(900)
def test_models_give_equal_rows_on_spark(recorded, spark_session, tmp_path):
    from transforms.spark_engine import SparkEngine

    kinds = DuckDBEngine(recorded).catalog()
    sources = copy_to_parquet(recorded, RAW, tmp_path / "export")
    engine = SparkEngine(spark_session, tmp_path / "lake", sources)

    assert build(PROJECT, engine, as_of=AS_OF).ok

    assert hashes(engine, kinds) == hashes(DuckDBEngine(recorded), kinds)
