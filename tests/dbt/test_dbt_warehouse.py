"""The warehouse's own models, exported and run by dbt: every model has the rows of our build."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.cli.main import main
from pipelines.models import build_models, project_folder
from pipelines.warehouse import Warehouse
from transforms import Project

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
pytestmark = pytest.mark.timeout(600)  # the first one makes the environment


@pytest.fixture
def built(small_sandbox, sync_of):
    """Syncs an account of 300 bookings into a warehouse and builds its models."""

    def fill(location):
        with Warehouse.open(location) as warehouse:
            sync_of(warehouse, small_sandbox)
            assert build_models(warehouse, as_of=AS_OF, clock=lambda: AS_OF).ok

    return fill


def compared(location, differing):
    with Warehouse.open(location, read_only=True) as warehouse:
        return differing(warehouse.rows, Project.load(project_folder()))


def test_dbt_builds_every_model_alike_in_duckdb(built, run_dbt, differing, tmp_path):
    location = str(tmp_path / "cal.duckdb")
    built(location)
    assert main(["export", "dbt", str(tmp_path / "dbt"), "--target", "duckdb"]) == 0

    told = run_dbt(tmp_path / "dbt", {"DBT_DUCKDB_PATH": location}, as_of=AS_OF.isoformat())

    assert "ERROR=0" in told
    assert compared(location, differing) == {}


def test_dbt_builds_every_model_alike_in_postgres(
    built, run_dbt, differing, postgres_settings, postgres_url, tmp_path
):
    built(postgres_url)
    assert main(["export", "dbt", str(tmp_path / "dbt"), "--target", "postgres"]) == 0

    told = run_dbt(tmp_path / "dbt", postgres_settings(postgres_url), as_of=AS_OF.isoformat())

    assert "ERROR=0" in told
    assert compared(postgres_url, differing) == {}
