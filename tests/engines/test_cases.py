"""The given/expect cases of the models on the engines that are not DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.models import project_folder
from tests.engines.generated import create_raw_tables
from tests.engines.warehouses import RAW, copy_to_parquet, copy_to_postgres, tables_of
from transforms import Project, load_case, run_case
from transforms.postgres_engine import PostgresEngine

PROJECT = Project.load(project_folder())
CASES = sorted((Path(project_folder()) / "cases").glob("*.txt"))


@pytest.fixture(scope="module")
def empty_raw():
    with duckdb.connect() as connection:
        create_raw_tables(connection)
        for name in tables_of(connection, RAW):
            if name.endswith("_history") and name not in PROJECT.sources:
                connection.execute(f"drop view {name}")
        yield connection


@pytest.fixture(scope="module")
def postgres_raw(empty_raw, postgres_connection, tmp_path_factory):
    """A database with every raw table, empty."""
    copy_to_postgres(empty_raw, postgres_connection, RAW, tmp_path_factory.mktemp("raw"))
    return postgres_connection


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_models_give_the_expected_rows_on_postgres(file, postgres_raw, empty_raw):
    postgres_raw.execute(f"truncate {', '.join(tables_of(empty_raw, RAW))}")

    assert run_case(load_case(file), PROJECT, PostgresEngine(postgres_raw)) == []


@pytest.mark.soak  # each case takes Spark a minute
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_models_give_the_expected_rows_on_spark(file, empty_raw, spark_session, tmp_path):
    from transforms.spark_engine import SparkEngine

    sources = copy_to_parquet(empty_raw, RAW, tmp_path / "export")

    assert (
        run_case(load_case(file), PROJECT, SparkEngine(spark_session, tmp_path / "lake", sources))
        == []
    )
