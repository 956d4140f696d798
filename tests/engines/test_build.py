"""Builds on each engine: shadows, checks, swap, parallel workers, and what a failure leaves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from transforms import BuildError, DuckDBEngine, How, Project, build
from transforms.engine import SHADOW
from transforms.functions import DIALECTS
from transforms.postgres_engine import PostgresEngine
from transforms.row_hash import hash_table

FOLDER = Path(__file__).parents[1] / "transforms"
DAILY = Project.load(FOLDER / "bakery_daily")
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("id", "bread", "sold_at", "count")
SALES = [
    ("1", "rye", "2026-02-01 08:00:00+00", "2"),
    ("2", "rye", "2026-02-02 08:00:00+00", "3"),
    ("3", "wheat", "2026-02-02 09:00:00+00", "1"),
    ("4", "wheat", "2026-03-02 09:00:00+00", "7"),
]
BREADS = "select sold_date, bread, loaf_count, sales_rank from marts.agg_breads_daily order by 1, 4"


def text_type(engine) -> str:
    return "varchar" if engine.dialect == "duckdb" else "text"


def open_shop(engine) -> None:
    """Create the source table and its first sales."""
    instant = "timestamp" if engine.dialect == "spark" else "timestamptz"
    words = "string" if engine.dialect == "spark" else text_type(engine)
    engine.prepare({"shop"})
    mark = "`" if engine.dialect == "spark" else '"'
    using = " using parquet" if engine.dialect == "spark" else ""
    engine._execute(
        "creating the shop",
        f"create table shop.sales (id bigint, bread {words}, sold_at {instant}, "
        f"{mark}count{mark} bigint){using}",
    )
    engine.load_rows("shop.sales", NAMES, SALES)


@pytest.fixture(params=DIALECTS)
def engine(request, tmp_path):
    """An engine with a shop of four sales, one after the builds' moment."""
    if request.param == "duckdb":
        with duckdb.connect() as connection:
            made = DuckDBEngine(connection)
            open_shop(made)
            yield made
    elif request.param == "postgres":
        connection = request.getfixturevalue("postgres_connection")
        made = PostgresEngine(connection)
        open_shop(made)
        yield made
        for schema in ("shop", "seeds", "staging", "intermediate", "marts", "transforms"):
            connection.execute(f"drop schema if exists {schema} cascade")
    else:
        from transforms.spark_engine import SparkEngine

        session = request.getfixturevalue("spark_session")
        made = SparkEngine(session, tmp_path / "lake")
        open_shop(made)
        yield made
        for schema in ("shop", "seeds", "staging", "intermediate", "marts"):
            session.sql(f"drop database if exists {schema} cascade")


def test_build_gives_the_rows_checks_and_no_shadows(engine):
    result = build(DAILY, engine, as_of=AS_OF)

    assert result.ok
    assert [(str(day), *rest) for day, *rest in engine.rows(BREADS)] == [
        ("2026-02-01", "rye", 2, 1),
        ("2026-02-02", "rye", 3, 1),
        ("2026-02-02", "wheat", 1, 2),
    ]
    assert not [name for name in engine.catalog() if name.endswith(SHADOW)]


def test_build_leaves_the_old_tables_when_a_check_fails(engine):
    build(DAILY, engine, as_of=AS_OF)
    before = engine.rows(BREADS)
    engine.load_rows("shop.sales", NAMES, [("5", "spelt", "2026-02-03 08:00:00+00", "1")])

    result = build(DAILY, engine, as_of=AS_OF)

    assert result.failures == (
        (
            "marts.agg_breads_daily: relationships(bread -> seeds.breads.bread): 1 rows fail, "
            "e.g. bread=spelt"
        ),
    )
    assert engine.rows(BREADS) == before
    assert not [name for name in engine.catalog() if name.endswith(SHADOW)]


def test_build_leaves_the_old_tables_when_interrupted(engine):
    build(DAILY, engine, as_of=AS_OF)
    before = engine.rows(BREADS)
    engine.load_rows("shop.sales", NAMES, [("5", "rye", "2026-02-03 08:00:00+00", "1")])

    def stop(result) -> None:
        if result.name == "marts.agg_breads_daily":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(DAILY, engine, as_of=AS_OF, on_model=stop)

    assert engine.rows(BREADS) == before
    assert not [name for name in engine.catalog() if name.endswith(SHADOW)]


def test_build_gives_the_same_rows_with_many_workers(engine):
    build(DAILY, engine, as_of=AS_OF)
    columns = {name: model.column_names for name, model in DAILY.models.items()}
    before = {name: hash_table(engine, name, names) for name, names in columns.items()}

    result = build(DAILY, engine, as_of=AS_OF, workers=3, whole=True)

    assert result.ok
    assert [model.name for model in result.models] == list(DAILY.models)
    assert {name: hash_table(engine, name, names) for name, names in columns.items()} == before


def test_build_raises_the_error_of_a_worker(engine):
    engine.load_rows("shop.sales", NAMES, [("6", "rye", "2026-02-03 08:00:00+00", None)])
    broken = Project.load(FOLDER / "bakery_daily")
    model = broken.models["marts.agg_breads_daily"]
    model.query.set("limit", exp.Limit(expression=exp.Var(this="not sql")))

    with pytest.raises(BuildError, match=r"marts\.agg_breads_daily cannot be built"):
        build(broken, engine, as_of=AS_OF, workers=2)

    assert not [name for name in engine.catalog() if name.endswith(SHADOW)]


def test_build_replaces_partitions_where_the_engine_can(engine):
    if not engine.replaces_partitions:
        pytest.skip("Parquet folders are replaced whole")
    engine._execute(
        "keeping history",
        "create table shop.sales_history as select *, timestamptz '2026-02-20 00:00:00+00' "
        "as valid_from, cast(null as timestamptz) as valid_to from shop.sales",
    )
    build(DAILY, engine, as_of=AS_OF)
    engine._execute("withdrawing a sale", "delete from shop.sales where id = 3")
    engine._execute(
        "withdrawing a sale",
        "update shop.sales_history set valid_to = timestamptz '2026-02-21 00:00:00+00' "
        "where id = 3",
    )

    result = build(DAILY, engine, as_of=AS_OF)

    assert {model.name: model.how for model in result.models} == {
        "seeds.breads": How.KEPT,
        "staging.stg_shop__sales": How.PARTITIONS,
        "intermediate.int_shop__sales_by_id": How.PARTITIONS,
        "marts.agg_breads_daily": How.PARTITIONS,
    }
    assert [(str(day), *rest) for day, *rest in engine.rows(BREADS)] == [
        ("2026-02-01", "rye", 2, 1),
        ("2026-02-02", "rye", 3, 1),
    ]


def test_spark_readers_of_the_old_build_keep_their_files(spark_session, tmp_path):
    from transforms.spark_engine import SparkEngine

    engine = SparkEngine(spark_session, tmp_path / "lake")
    open_shop(engine)
    build(DAILY, engine, as_of=AS_OF)
    read = spark_session.table("marts.agg_breads_daily")

    build(DAILY, engine, as_of=AS_OF)

    assert read.count() == 3
    for schema in ("seeds", "staging", "intermediate", "marts"):
        spark_session.sql(f"drop database if exists {schema} cascade")
    reopened = SparkEngine(spark_session, tmp_path / "lake")  # as another session finds it
    assert len(reopened.rows(BREADS)) == 3
    assert reopened.rows("select count(*) from staging.stg_shop__sales") == [(4,)]
    for schema in ("shop", "seeds", "staging", "intermediate", "marts"):
        spark_session.sql(f"drop database if exists {schema} cascade")
