"""Keys in the warehouse: from grains and relationships, through swaps of some tables or all."""

from __future__ import annotations

from contextlib import closing

import duckdb
import psycopg
import pytest

from transforms import DuckDBEngine, Project, build
from transforms.duckdb_engine import MOST_ROWS_WITH_KEY
from transforms.keys import ForeignKey, Keys
from transforms.postgres_engine import PostgresEngine
from transforms.promises import declared_keys, model_keys

DIM = """\
-- model: marts.dim_breads
-- description: One row per bread.
-- grain: bread
-- materialized: {kind}

select 'rye' as bread -- text; its name
"""
FACT = """\
-- model: marts.fct_sales
-- description: One row per sale and line.
-- grain: sale_id, line
-- materialized: table
-- checks: relationships(bread -> marts.dim_breads.bread); expression(line > {least})
-- warnings: relationships(other_bread -> marts.dim_breads.bread)

select
    1 as sale_id, -- id; the sale
    1 as line, -- number; its line
    'rye' as bread, -- text; what was sold
    'rye' as other_bread -- text; what else
"""
INNER = """\
-- model: intermediate.int_sales
-- description: Not for people.
-- grain: sale_id
-- materialized: table

select 1 as sale_id
"""


def files(kind="table", least=0, fact=FACT):
    return {
        "marts/dim_breads.sql": DIM.format(kind=kind),
        "marts/fct_sales.sql": fact.format(least=least),
        "intermediate/int_sales.sql": INNER,
    }


@pytest.fixture
def project_of(write_project):
    return lambda **options: Project.load(write_project(files(**options)))


PRIMARY = """
    select c.table_name, c.column_name
    from information_schema.table_constraints as t
    inner join information_schema.key_column_usage as c
        on t.constraint_name = c.constraint_name and t.table_name = c.table_name
    where t.constraint_type = 'PRIMARY KEY' and t.table_schema in ('marts', 'intermediate')
    order by c.table_name, c.ordinal_position
"""
FOREIGN = """
    select conrelid::regclass::text, pg_get_constraintdef(oid)
    from pg_constraint where contype = 'f' and connamespace = 'marts'::regnamespace
"""
MARTS = [("dim_breads", "bread"), ("fct_sales", "sale_id"), ("fct_sales", "line")]
TO_BREADS = (
    "marts.fct_sales",
    "FOREIGN KEY (bread) REFERENCES marts.dim_breads(bread) NOT VALID",
)


@pytest.fixture
def postgres(postgres_server):
    with (
        postgres_server.database(empty=True) as url,
        closing(psycopg.connect(url, autocommit=True)) as connection,
    ):
        yield connection


def test_keys_are_the_grain_and_the_relationships_that_block(project_of):
    project = project_of()
    sales, inner = (project.models[n] for n in ("marts.fct_sales", "intermediate.int_sales"))

    assert model_keys(sales, project) == Keys(
        ("sale_id", "line"), (ForeignKey("bread", "marts.dim_breads", "bread"),)
    )
    assert declared_keys(sales, project) == model_keys(sales, project)
    assert declared_keys(inner, project) == Keys()


def test_build_declares_primary_keys_in_duckdb_each_time(project_of, as_of):
    with duckdb.connect() as connection:
        for least in (0, -1):
            assert build(project_of(least=least), DuckDBEngine(connection), as_of=as_of).ok
            assert connection.execute(PRIMARY).fetchall() == MARTS
        with pytest.raises(duckdb.ConstraintException, match="Duplicate key"):
            connection.execute("insert into marts.dim_breads values ('rye')")


@pytest.mark.parametrize(("more", "keys"), [(0, [("agg_days", "day")]), (1, [])])
def test_build_spares_duckdb_an_index_on_a_large_table(write_project, as_of, more, keys):
    text = (
        "-- model: marts.agg_days\n-- description: d\n-- grain: day\n-- materialized: table\n\n"
        f"select day -- number; d\nfrom range({MOST_ROWS_WITH_KEY + more}) as days (day)\n"
    )
    with duckdb.connect() as connection:
        project = Project.load(write_project({"marts/agg_days.sql": text}))
        assert build(project, DuckDBEngine(connection), as_of=as_of).ok

        assert connection.execute(PRIMARY).fetchall() == keys


def test_build_declares_keys_in_postgres_each_time(project_of, as_of, postgres):
    for least in (0, -1):
        result = build(project_of(least=least), PostgresEngine(postgres), as_of=as_of, whole=True)

        assert result.ok
        assert postgres.execute(PRIMARY).fetchall() == MARTS
        assert postgres.execute(FOREIGN).fetchall() == [TO_BREADS]


@pytest.mark.parametrize("name", ["dim_breads", "fct_sales"])
def test_foreign_key_survives_a_build_of_either_table(project_of, as_of, postgres, name):
    engine = PostgresEngine(postgres)
    build(project_of(), engine, as_of=as_of)

    assert build(project_of(), engine, as_of=as_of, select=[name], whole=True).ok

    assert postgres.execute(FOREIGN).fetchall() == [TO_BREADS]


def test_foreign_key_goes_when_its_target_becomes_a_view(project_of, as_of, postgres):
    engine = PostgresEngine(postgres)
    build(project_of(), engine, as_of=as_of)

    assert build(project_of(kind="view"), engine, as_of=as_of).ok
    assert postgres.execute(FOREIGN).fetchall() == []

    assert build(project_of(), engine, as_of=as_of, whole=True).ok
    assert postgres.execute(FOREIGN).fetchall() == [TO_BREADS]


def test_keys_stay_when_a_check_fails(project_of, as_of, postgres):
    engine = PostgresEngine(postgres)
    build(project_of(), engine, as_of=as_of)

    assert not build(project_of(least=5), engine, as_of=as_of, whole=True).ok

    assert postgres.execute(PRIMARY).fetchall() == MARTS
    assert postgres.execute(FOREIGN).fetchall() == [TO_BREADS]


def test_foreign_keys_of_somebody_else_come_back(project_of, as_of, postgres):
    engine = PostgresEngine(postgres)
    build(project_of(), engine, as_of=as_of)
    postgres.execute("create schema own")
    postgres.execute(
        "create table own.notes (bread text references marts.dim_breads (bread) on delete cascade, "
        "sale_id int, line int, foreign key (sale_id, line) references marts.fct_sales)"
    )
    theirs = """
        select pg_get_constraintdef(oid) from pg_constraint
        where conrelid = 'own.notes'::regclass and contype = 'f'
        order by 1
    """

    assert build(project_of(), engine, as_of=as_of, whole=True).ok

    assert [definition for (definition,) in postgres.execute(theirs).fetchall()] == [
        "FOREIGN KEY (bread) REFERENCES marts.dim_breads(bread) ON DELETE CASCADE NOT VALID",
        "FOREIGN KEY (sale_id, line) REFERENCES marts.fct_sales(sale_id, line) NOT VALID",
    ]
