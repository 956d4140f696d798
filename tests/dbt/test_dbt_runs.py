"""An exported project, run by dbt on DuckDB and Postgres, gives the rows of our own build."""

from __future__ import annotations

import duckdb
import psycopg
import pytest

from transforms import DuckDBEngine, build
from transforms.dbt import Target, export_dbt
from transforms.postgres_engine import PostgresEngine

pytestmark = pytest.mark.timeout(600)  # the first one makes the environment
SALES = """
    create schema shop;
    create table shop.sales (id bigint, bread varchar, sold_at timestamptz, "count" bigint);
    insert into shop.sales values
        (1, 'rye', '2026-02-01 08:00:00+00', 2), (2, 'rye', '2026-02-02 08:00:00+00', 3),
        (3, 'wheat', '2026-02-02 09:00:00+00', 1), (4, 'wheat', '2026-03-02 09:00:00+00', 7);
"""


def test_dbt_builds_the_same_rows_in_duckdb(bakery_project, as_of, run_dbt, differing, tmp_path):
    file = tmp_path / "bakery.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(SALES)
        assert build(bakery_project, DuckDBEngine(connection), as_of=as_of).ok
    folder = tmp_path / "dbt"
    export_dbt(bakery_project, folder, target=Target.DUCKDB, name="bakery")

    told = run_dbt(folder, {"DBT_DUCKDB_PATH": str(file)}, as_of=as_of.isoformat())

    assert "ERROR=0" in told
    assert "Deprecat" not in told
    with duckdb.connect(str(file), read_only=True) as connection:
        assert differing(lambda sql: connection.execute(sql).fetchall(), bakery_project) == {}
        assert connection.execute("select count(*) from dbt_marts.agg_breads").fetchone() == (2,)


def test_dbt_builds_the_same_rows_in_postgres(
    bakery_project, as_of, run_dbt, differing, postgres_settings, tmp_path, postgres_server
):
    folder = tmp_path / "dbt"
    export_dbt(bakery_project, folder, target=Target.POSTGRES, name="bakery")
    with (
        postgres_server.database(empty=True) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        connection.execute(SALES)
        assert build(bakery_project, PostgresEngine(connection), as_of=as_of).ok

        told = run_dbt(folder, postgres_settings(url), as_of=as_of.isoformat())

        assert "ERROR=0" in told
        found = differing(lambda sql: connection.execute(sql).fetchall(), bakery_project)
        assert found == {}


def test_dbt_fails_where_our_own_check_would(bakery_project, as_of, run_dbt, tmp_path):
    file = tmp_path / "bakery.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(SALES)
        connection.execute("insert into shop.sales values (5, 'oat', '2026-02-03 08:00:00+00', -1)")
    folder = tmp_path / "dbt"
    export_dbt(bakery_project, folder, target=Target.DUCKDB, name="bakery")

    with pytest.raises(AssertionError) as failed:
        run_dbt(folder, {"DBT_DUCKDB_PATH": str(file)}, as_of=as_of.isoformat())

    told = str(failed.value)
    assert "accepted_values_agg_breads_bread__rye__wheat" in told
    assert "agg_breads__1" in told  # expression(loaf_count > 0)
