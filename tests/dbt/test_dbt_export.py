"""What an export writes, read without dbt: YAML, templates, names, and what it refuses."""

from __future__ import annotations

import jinja2
import pytest
import sqlglot
import yaml
from hypothesis import given
from hypothesis import strategies as st

from transforms import Project
from transforms.dbt import DbtExportError, Target, export_dbt
from transforms.dbt.sql import dbt_sql, escape_jinja
from transforms.dbt.yaml import write_yaml

TEXTS = st.text(st.characters(codec="utf-8"))
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans())
WORDS = st.from_regex(r"[a-z_+][a-z_-]{0,8}", fullmatch=True)
TREES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(WORDS, inner)), max_leaves=12
)


@given(st.dictionaries(WORDS, TREES, min_size=1))
def test_yaml_reads_back_as_what_was_written(value):
    # keys that YAML would take for something else are none of ours
    assert yaml.load(write_yaml(value), Loader=yaml.BaseLoader) == _as_texts(value)


def _as_texts(value):
    """As YAML's base loader gives it: every scalar a text."""
    if isinstance(value, dict):
        return {key: _as_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_texts(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(TEXTS | st.text("{}%#a'"))
def test_escaped_texts_come_out_of_a_template_as_they_were(text):
    environment = jinja2.Environment(keep_trailing_newline=True)  # noqa: S701 - as dbt has it
    expected = text.replace("\r\n", "\n").replace("\r", "\n")  # Jinja has one kind of line end

    assert environment.from_string(escape_jinja(text)).render() == expected


def exported(sql, dialect="duckdb"):
    query = sqlglot.parse_one(sql, dialect="duckdb")
    return " ".join(dbt_sql(query, dialect=dialect, models={"marts.a", "staging.b"}).split())


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(
            "select a.x from marts.a",
            """SELECT "a"."x" FROM {{ ref('a') }} AS "a\"""",
            id="a model keeps its name as alias",
        ),
        pytest.param(
            "select q.x from staging.b as q",
            """SELECT "q"."x" FROM {{ ref('b') }} AS "q\"""",
            id="an alias stays",
        ),
        pytest.param(
            "with b as (select 1 as x) select b.x from b join raw.b as r on b.x = r.x",
            (
                """WITH "b" AS ( SELECT 1 AS "x" ) SELECT "b"."x" FROM "b" """
                """JOIN {{ source('raw', 'b') }} AS "r" ON "b"."x" = "r"."x\""""
            ),
            id="a CTE is no model",
        ),
        pytest.param(
            "select coalesce(:as_of) as moment",
            """SELECT COALESCE(CAST('{{ as_of() }}' AS TIMESTAMPTZ)) AS "moment\"""",
            id="the moment",
        ),
        pytest.param(
            "select '{{ x }}' as t",
            """SELECT '{{ '{{' }} x }}' AS "t\"""",
            id="braces in a text",
        ),
    ],
)
def test_dbt_sql_names_tables_as_dbt_does(sql, expected):
    assert exported(sql) == expected


def test_dbt_sql_compiles_engine_functions_for_the_target():
    assert "percentile_cont(0.5)" in exported(
        "select percentile_of(x, 0.5) as m from marts.a", "postgres"
    )


HEADER = "-- model: {name}\n-- description: d\n-- grain: x\n-- materialized: table\n"
ONE = (
    HEADER.format(name="marts.a")
    + "{checks}\nselect\n    1 as x, -- number; one\n    'k' as y -- text; k\n"
)


@pytest.fixture
def export(write_project, tmp_path):
    """Exports files as a project; returns the folder."""

    def run(files, target=Target.DUCKDB):
        project = Project.load(write_project(files))
        export_dbt(project, tmp_path / "dbt", target=target, name="shop")
        return tmp_path / "dbt"

    return run


def properties(folder, file="models/marts/_models.yml", kind="models"):
    (entry,) = yaml.safe_load((folder / file).read_text())[kind]
    return entry


def test_export_tells_promises_in_dbts_words_where_it_has_them(export):
    checks = (
        "-- checks: accepted_values(y: k, l); relationships(x -> marts.a.x)\n"
        "-- warnings: not_null(y)"
    )
    entry = properties(export({"marts/a.sql": ONE.format(checks=checks)}))
    tests = {column["name"]: column["data_tests"] for column in entry["columns"]}

    assert tests == {
        "x": [
            {"not_null": {"config": {"severity": "error"}}},
            {"unique": {"config": {"severity": "error"}}},
            {
                "relationships": {
                    "arguments": {"to": "ref('a')", "field": "x"},
                    "config": {"severity": "error"},
                }
            },
        ],
        "y": [
            {
                "accepted_values": {
                    "arguments": {"values": ["k", "l"]},
                    "config": {"severity": "error"},
                }
            },
            {"not_null": {"config": {"severity": "warn"}}},
        ],
    }


def test_export_writes_other_promises_as_queries_and_leaves_out_the_last_build(export):
    checks = (
        "-- checks: unique(x, y); row_parity(shop.sales)\n"
        "-- warnings: expression(x > 0); drift(y, 0.1)"
    )
    folder = export({"marts/a.sql": ONE.format(checks=checks)})
    tests = {file.name: file.read_text() for file in sorted((folder / "tests").iterdir())}

    assert list(tests) == ["a__1.sql", "a__2.sql", "a__3.sql"]
    assert "-- unique(x, y)\n{{ config(severity='error') }}" in tests["a__1.sql"]
    assert "{{ source('shop', 'sales') }}" in tests["a__2.sql"]
    assert "severity='warn'" in tests["a__3.sql"]
    assert yaml.safe_load((folder / "models/_sources.yml").read_text())["sources"] == [
        {
            "name": "shop",
            "schema": "shop",
            "tables": [{"name": "sales", "description": "", "columns": []}],
        }
    ]


def test_export_writes_seeds_as_csv_with_the_targets_types(export):
    seed = (
        "-- model: seeds.rates\n-- description: Rates.\n-- grain: day\n"
        "-- column: day = date; the day\n-- column: rate = double; per loaf\n"
        "day,rate\n2026-01-01,1.5\n"
    )
    files = {"marts/a.sql": ONE.format(checks=""), "seeds/rates.csv": seed}
    folder = export(files, Target.POSTGRES)

    assert (folder / "seeds/rates.csv").read_text() == "day,rate\n2026-01-01,1.5\n"
    assert properties(folder, "seeds/_seeds.yml", "seeds")["config"]["column_types"] == {
        "day": "DATE",
        "rate": "DOUBLE PRECISION",
    }


def test_export_replaces_an_earlier_export_and_nothing_else(export, tmp_path):
    folder = export({"marts/a.sql": ONE.format(checks="-- warnings: expression(x > 0)")})
    assert (folder / "tests" / "a__1.sql").exists()

    export({"marts/a.sql": ONE.format(checks="")})
    assert not (folder / "tests").exists()

    (folder / ".exported-for-dbt").unlink()
    with pytest.raises(DbtExportError, match=r"dbt holds files that no export wrote.*new folder"):
        export({"marts/a.sql": ONE.format(checks="")})
    assert (folder / "dbt_project.yml").exists()


def test_export_refuses_models_that_dbt_cannot_tell_apart(export, tmp_path):
    files = {
        "marts/a.sql": ONE.format(checks=""),
        "staging/a.sql": ONE.format(checks="").replace("marts.a", "staging.a"),
    }

    with pytest.raises(DbtExportError, match=r"marts\.a and staging\.a apart.*Rename one"):
        export(files)
    assert not (tmp_path / "dbt").exists()
