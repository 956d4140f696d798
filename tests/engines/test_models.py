"""Every model that ships builds on every engine, from the same file, to equal rows."""

from __future__ import annotations

import pytest

from pipelines.models import project_folder
from tests.conftest import RECORDED_AT
from tests.engines.warehouses import RAW, copy_to_parquet, copy_to_postgres
from transforms import DuckDBEngine, Project, build
from transforms.postgres_engine import PostgresEngine
from transforms.row_hash import hash_table

PROJECT = Project.load(project_folder())


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
def test_models_give_equal_rows_on_postgres(recorded_models, postgres_connection, tmp_path):
    kinds = DuckDBEngine(recorded_models).catalog()
    copy_to_postgres(recorded_models, postgres_connection, RAW, tmp_path)
    engine = PostgresEngine(postgres_connection)

    assert build(PROJECT, engine, as_of=RECORDED_AT, workers=2).ok

    assert hashes(engine, kinds) == hashes(DuckDBEngine(recorded_models), kinds)


@pytest.mark.reference
@pytest.mark.timeout(900)
def test_models_give_equal_rows_on_spark(recorded_models, spark_session, tmp_path):
    from transforms.spark_engine import SparkEngine

    kinds = DuckDBEngine(recorded_models).catalog()
    sources = copy_to_parquet(recorded_models, RAW, tmp_path / "export")
    engine = SparkEngine(spark_session, tmp_path / "lake", sources)

    assert build(PROJECT, engine, as_of=RECORDED_AT).ok

    assert hashes(engine, kinds) == hashes(DuckDBEngine(recorded_models), kinds)
