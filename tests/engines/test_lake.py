"""Spark on a lake export: whoever outgrows one machine runs the same project there."""

from __future__ import annotations

import pytest

from pipelines.cli import main
from pipelines.engines import spark_engine_on
from pipelines.exit_codes import ExitCode
from pipelines.lake import LakeStore, export_lake
from pipelines.models import build_models, build_models_on_lake, project_folder
from pipelines.warehouse import Warehouse
from tests.account import NOW, new_sandbox, sync_now
from transforms import DuckDBEngine, Project
from transforms.row_hash import hash_table

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def exported(tmp_path):
    """A warehouse, and a lake with its tables."""
    sandbox = new_sandbox(bookings=60, seed=4)
    location, store = str(tmp_path / "cal.duckdb"), LakeStore.at(str(tmp_path / "lake"))
    with Warehouse.open(location) as warehouse:
        sync_now(warehouse, sandbox)
    with Warehouse.open(location, read_only=True) as warehouse:
        export_lake(warehouse, store, NOW)
    return location, store


def test_spark_reads_the_lake(spark_session, exported):
    location, store = exported
    bookings = spark_session.read.parquet(store.paths()["raw.bookings"])

    counted = bookings.groupBy("status").count().collect()

    with Warehouse.open(location, read_only=True) as warehouse:
        rows = warehouse.rows("select status, count(*) as n from raw.bookings group by status")
    assert {row["status"]: row["count"] for row in counted} == {r["status"]: r["n"] for r in rows}


def test_spark_builds_a_model_from_the_lake(spark_session, exported, tmp_path):
    location, store = exported
    models = ("staging.stg_cal__booking_guests",)

    result = build_models_on_lake(store, tmp_path / "models", as_of=NOW, select=models)

    assert result.ok
    assert equal_models(location, store, tmp_path / "models", models) == list(models)


def test_models_go_to_no_object_store(tmp_path, capsys):
    command = ["transform", "--lake", str(tmp_path), "--out", "s3://bucket/models"]

    assert main(command) == ExitCode.USAGE
    assert "is no folder" in capsys.readouterr().err


def test_transform_of_a_lake_that_is_not_there_says_how_to_make_it(tmp_path, capsys):
    assert main(["transform", "--lake", str(tmp_path / "none")]) == ExitCode.CANNOT_WRITE
    assert "export lake" in capsys.readouterr().err


@pytest.mark.soak
def test_spark_builds_every_model_from_the_lake_to_the_rows_of_the_warehouse(
    spark_session, exported, tmp_path
):
    location, store = exported

    assert build_models_on_lake(store, tmp_path / "models", as_of=NOW).ok

    names = list(Project.load(project_folder()).models)
    assert equal_models(location, store, tmp_path / "models", names) == names


def equal_models(location, store, folder, names):
    """Build models in the warehouse too; return those that have the same rows in both."""
    project, spark = Project.load(project_folder()), spark_engine_on(store, folder)
    with Warehouse.open(location) as warehouse:
        assert build_models(warehouse, as_of=NOW, select=names).ok
        local = DuckDBEngine(warehouse.connection)
        kinds = local.catalog()

        def hash_in(engine, name):
            json = [column for column, kind in kinds[name].items() if kind == "JSON"]
            return hash_table(engine, name, project.models[name].column_names, json)

        return [name for name in names if hash_in(local, name) == hash_in(spark, name)]
