"""What is not the same on every engine is refused, with the place, the value and the mend."""

from __future__ import annotations

import pytest

from transforms import Project, ProjectError
from transforms.lint import lint

HEADER = "-- model: marts.a\n-- description: d\n-- grain: x\n-- materialized: table\n"
SALES = "\nfrom shop.sales as t\n"
NOT_SAME = "is not the same on every engine."
ZOO = {
    "truncating a time": (
        "select date_trunc('month', t.d) as x -- date; x" + SALES,
        (
            f"marts/a.sql:5:28: 'DATE_TRUNC('MONTH', t.d)' {NOT_SAME} "
            "Use month_start(day) or monday_of(day)."
        ),
    ),
    "local time": (
        "select t.d at time zone 'UTC' as x -- time; x" + SALES,
        (
            f"marts/a.sql:5:8: 't.d AT TIME ZONE 'UTC'' {NOT_SAME} "
            "Use local_time(instant, zone) or instant_of(wall_time, zone)."
        ),
    ),
    "epoch": (
        "select extract(epoch from t.d) as x -- number; x" + SALES,
        (
            f"marts/a.sql:5:27: 'EXTRACT(EPOCH FROM t.d)' {NOT_SAME} "
            "Use seconds_between(start, end), iso_week(day) or iso_weekday(day)."
        ),
    ),
    "day arithmetic": (
        "select cast(t.d as date) + 1 as x -- date; x" + SALES,
        (
            f"marts/a.sql:5:13: 'CAST(t.d AS DATE) + 1' {NOT_SAME} "
            "Use add_days(day, days) or days_between(first, last)."
        ),
    ),
    "quantile": (
        "select quantile_cont(t.n, 0.5) as x -- number; x" + SALES,
        (
            f"marts/a.sql:5:22: 'QUANTILE_CONT(t.n, 0.5)' {NOT_SAME} "
            "Use percentile_of(value, fraction)."
        ),
    ),
    "group by all": (
        "select t.n as x -- number; x" + SALES + "group by all\n",
        f"marts/a.sql:5:8: 'GROUP BY ALL' {NOT_SAME} Use the columns by name.",
    ),
    "filter": (
        "select count(*) filter (where t.n > 1) as x -- number; x" + SALES,
        (
            f"marts/a.sql:5:31: 'COUNT(*) FILTER(WHERE t.n > 1)' {NOT_SAME} "
            "Use sum(case when … then 1 else 0 end)."
        ),
    ),
    "JSON arrow": (
        "select t.j ->> '$.a' as x -- text; x" + SALES,
        f"marts/a.sql:5:8: 't.j ->> '$.a'' {NOT_SAME} Use json_text(document, key).",
    ),
    "unknown function": (
        "select utcday(t.d) as x -- date; x" + SALES,
        "marts/a.sql:5:15: 'utcday' is no engine function. Did you mean 'utc_day'? Known: utc",
    ),
    "text order": (
        "select min(lower(t.s)) as x -- text; x" + SALES,
        (
            "marts/a.sql:5:18: 'MIN(LOWER(t.s))' compares texts by the database's collation. "
            "Use text_order(LOWER(t.s))."
        ),
    ),
    "what nobody thought of": (
        "select list(t.n) as x -- number; x" + SALES,
        "Say it in plainer SQL, or add an engine function.",
    ),
}


@pytest.mark.parametrize(("sql", "message"), ZOO.values(), ids=ZOO)
def test_lint_names_place_value_and_mend(write_project, sql, message):
    problems = lint(Project.load(write_project({"marts/a.sql": HEADER + sql})))

    assert len(problems) == 1
    assert message in str(problems[0])


def test_lint_refuses_a_view_that_names_the_moment(write_project):
    text = HEADER.replace("table", "view") + "select cast(:as_of as timestamptz) as x -- UTC; x\n"

    problems = lint(Project.load(write_project({"marts/a.sql": text})))

    assert [str(problem) for problem in problems] == [
        (
            "marts/a.sql:1: a view keeps the moment of its build in its text (':as_of'). "
            "Make it a table."
        )
    ]


def test_lint_looks_into_checks(write_project):
    text = HEADER + "-- checks: expression(x ilike 'a%')\nselect t.s as x -- text; x" + SALES

    (problem,) = lint(Project.load(write_project({"marts/a.sql": text})))

    assert str(problem).startswith("marts/a.sql:5: check 'expression(x ilike 'a%')': 'x ILIKE")


@pytest.mark.parametrize("name", ["bakery", "bakery_daily"])
def test_lint_passes_the_example_projects(bakery, name):
    assert lint(Project.load(bakery.parent / name)) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("add_days(t.d)", "'add_days' has 1 arguments. Write add_days(day, days)."),
        ("date_spine(t.d, t.d)", "'date_spine' stands in the wrong place. It belongs in FROM"),
    ],
    ids=["too few arguments", "rows as a value"],
)
def test_project_refuses_a_wrong_call_of_an_engine_function(write_project, call, message):
    text = HEADER + f"select {call} as x -- date; x" + SALES

    with pytest.raises(ProjectError) as raised:
        Project.load(write_project({"marts/a.sql": text}))

    assert message in str(raised.value)
