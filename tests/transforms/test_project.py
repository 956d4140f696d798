"""A zoo of broken projects: every message names the place, the value and the mend."""

from __future__ import annotations

import pytest

from transforms import Project, ProjectError

HEADER = "-- model: {}\n-- description: d\n-- grain: x\n-- materialized: table\n"
ONE = "select 1 as x -- number; x\n"

SEED = (
    "-- model: seeds.s\n-- description: d\n-- grain: x\n"
    "-- column: x = bigint; number; x\n-- column: y = varchar; text; y\n"
)


def model(name: str, body: str = ONE, *, more: str = "") -> str:
    """A model's text: four header lines, `more`, and the body."""
    return HEADER.format(name) + more + body


def read(table: str) -> str:
    return f"select t.x -- number; x\nfrom {table} as t\n"


A, B = "marts/a.sql", "marts/b.sql"
ZOO = {
    "no header": (
        {A: ONE},
        (
            "marts/a.sql:1: the file has no header. Begin it with '-- model: schema.name', then "
            "'-- description:', '-- grain:' and '-- materialized:'."
        ),
    ),
    "header key missing": (
        {A: "-- model: marts.a\n-- description: d\n-- materialized: table\n" + ONE},
        "marts/a.sql:1: the header has no 'grain'. Add a line '-- grain: …'.",
    ),
    "header key empty": (
        {A: "-- model: marts.a\n-- description:\n-- grain: x\n-- materialized: table\n" + ONE},
        "marts/a.sql:2: 'description' is empty. Give it a value or remove the line.",
    ),
    "unknown header key": (
        {A: model("marts.a", more="-- grains: x\n")},
        (
            "marts/a.sql:5: unknown header key 'grains'. Did you mean 'grain'? Known keys: model, "
            "description, grain, materialized, sources, partition, moments, history, tags, checks, "
            "warnings, metric, time, decision, touched."
        ),
    ),
    "header key twice": (
        {A: model("marts.a", more="-- grain: x\n")},
        "marts/a.sql:5: 'grain' stands twice, first on line 3. Keep one.",
    ),
    "header line that is none": (
        {A: model("marts.a", more="-- some thoughts\n")},
        (
            "marts/a.sql:5: '-- some thoughts' is no header line. Write '-- key: value', or indent "
            "it by two spaces to continue the line above."
        ),
    ),
    "materialized as something else": (
        {A: model("marts.a").replace("table", "cube")},
        (
            "marts/a.sql:4: materialized: 'cube' is unknown. Use table, view, "
            "incremental_by_key or incremental_by_time."
        ),
    ),
    "name that is not the file's place": (
        {A: model("marts.b")},
        (
            "marts/a.sql:1: the header says model 'marts.b', the file's place says 'marts.a'. "
            "Write '-- model: marts.a' or move the file."
        ),
    ),
    "name that ends as shadows do": (
        {"marts/a__shadow.sql": model("marts.a__shadow")},
        (
            "marts/a__shadow.sql:1: 'marts.a__shadow' ends as shadows do (__shadow). "
            "Give the model another name."
        ),
    ),
    "model twice": (
        {"marts/old/a.sql": model("marts.a"), "marts/new/a.sql": model("marts.a")},
        "marts/old/a.sql:1: model 'marts.a' is also in marts/new/a.sql. Rename or remove one file.",
    ),
    "unknown model": (
        {A: model("marts.a"), B: model("marts.b", read("marts.aa"))},
        (
            "marts/b.sql:6:6: unknown model 'marts.aa'. Did you mean 'marts.a'? "
            "Name a model of this project or add its file."
        ),
    ),
    "table without a schema": (
        {A: model("marts.a", read("things"))},
        "marts/a.sql:6:6: table 'things' has no schema and is no CTE. Write 'schema.things'.",
    ),
    "table with a database": (
        {A: model("marts.a", read("db.shop.things"))},
        "marts/a.sql:6:6: table 'db.shop.things' names a database. Write 'shop.things'.",
    ),
    "unknown column": (
        {A: model("marts.a"), B: model("marts.b", "select xs as x -- number; x\nfrom marts.a\n")},
        (
            "marts/b.sql:5:8: unknown column 'xs'. Did you mean 'x'? "
            "Name a column of the tables in FROM."
        ),
    ),
    "unknown column behind an alias": (
        {
            A: model("marts.a", "select 1 as x, -- number; x\n    2 as price -- number; p\n"),
            B: model("marts.b", "select t.prise as x -- number; x\nfrom marts.a as t\n"),
        },
        (
            "marts/b.sql:5:8: unknown column 't.prise'. Did you mean 'price'? "
            "Name a column of the tables in FROM."
        ),
    ),
    "unknown column of a CTE": (
        {A: model("marts.a", "with c as (select 1 as one)\n\nselect two as x -- n; x\nfrom c\n")},
        "marts/a.sql:7:8: unknown column 'two'. Name a column of the tables in FROM.",
    ),
    "unknown column of a union": (
        {
            A: model(
                "marts.a",
                "with c as (select 1 as one union all select 2)\n\n"
                "select once as x -- n; x\nfrom c\n",
            )
        },
        (
            "marts/a.sql:7:8: unknown column 'once'. Did you mean 'one'? "
            "Name a column of the tables in FROM."
        ),
    ),
    "unknown column behind a star": (
        {
            A: model("marts.a"),
            B: model(
                "marts.b",
                "with c as (select a.* from marts.a)\n\nselect xx as x -- n; x\nfrom c\n",
            ),
        },
        (
            "marts/b.sql:7:8: unknown column 'xx'. Did you mean 'x'? "
            "Name a column of the tables in FROM."
        ),
    ),
    "unknown column in a subquery": (
        {
            A: model("marts.a"),
            B: model(
                "marts.b",
                "select t.x -- n; x\nfrom marts.a as t\n"
                "where exists (select 1 from marts.a as u where u.x = zz)\n",
            ),
        },
        "marts/b.sql:7:54: unknown column 'zz'. Name a column of the tables in FROM.",
    ),
    "alias that is no table": (
        {A: model("marts.a"), B: model("marts.b", "select u.x -- n; x\nfrom marts.a as t\n")},
        (
            "marts/b.sql:5:8: 'u' in 'u.x' is no table of this SELECT. "
            "Use the alias that FROM or JOIN gives it."
        ),
    ),
    "ambiguous column": (
        {
            A: model("marts.a"),
            B: model(
                "marts.b",
                "select x -- number; x\nfrom marts.a as one\ncross join marts.a as two\n",
            ),
        },
        (
            "marts/b.sql:5:8: column 'x' is ambiguous: one and two have it. "
            "Write 'one.x' or the other."
        ),
    ),
    "circle": (
        {
            A: model("marts.a", read("marts.b")),
            B: model("marts.b", read("marts.c")),
            "marts/c.sql": model("marts.c", read("marts.a")),
        },
        (
            "marts/a.sql:6:6: models read each other in a circle: marts.a → marts.b → marts.c → "
            "marts.a. Remove one reference."
        ),
    ),
    "model that reads itself": (
        {A: model("marts.a", read("marts.a"))},
        (
            "marts/a.sql:6:6: models read each other in a circle: marts.a → marts.a. "
            "Remove one reference."
        ),
    ),
    "syntax error": (
        {A: model("marts.a", "select 1 as x\nfrom shop.things\nwhere (x = 1\n")},
        "marts/a.sql:7:12: SQL syntax error near '1'. Mend the SELECT there.",
    ),
    "quote left open": (
        {A: model("marts.a", "select 'abc as x\n")},
        "marts/a.sql:1: the SQL cannot be split into words. Close every quote and bracket.",
    ),
    "two statements": (
        {A: model("marts.a", "select 1 as x;\nselect 2 as x\n")},
        "marts/a.sql:1: the file holds 2 statements. A model is exactly one SELECT.",
    ),
    "no statement": (
        {A: model("marts.a", "")},
        "marts/a.sql:1: the file holds 0 statements. A model is exactly one SELECT.",
    ),
    "statement that is no SELECT": (
        {A: model("marts.a", "create table q as select 1 as x\n")},
        (
            "marts/a.sql:1: the statement is CREATE, not SELECT. "
            "Write the SELECT alone; the build stores it."
        ),
    ),
    "star at the end": (
        {A: model("marts.a"), B: model("marts.b", "select * from marts.a\n")},
        "marts/b.sql:1:1: the final SELECT has '*'. List its columns, one per line.",
    ),
    "column without a name": (
        {A: model("marts.a", "select 1 as x, -- n; x\n    abs(2) -- n; y\n")},
        "marts/a.sql:1:1: output column 2 has no name. Add 'as name'.",
    ),
    "column twice": (
        {A: model("marts.a", "select 1 as x, -- n; x\n    2 as x -- n; x\n")},
        "marts/a.sql:6:10: output column 'x' stands twice. Rename one.",
    ),
    "mart column without a description": (
        {A: model("marts.a", "select 1 as x\n")},
        "marts/a.sql:5:13: column 'x' has no description. End its line with '-- unit; meaning'.",
    ),
    "grain that is no column": (
        {A: model("marts.a").replace("grain: x", "grain: xs")},
        (
            "marts/a.sql:3: grain: no output column 'xs'. Did you mean 'x'? "
            "Name a column of the final SELECT."
        ),
    ),
    "metric that is no column": (
        {A: model("marts.a", more="-- metric: rate = a / b; 0..1\n")},
        "marts/a.sql:5: metric: no output column 'rate'. Name a column of the final SELECT.",
    ),
    "metric without a name": (
        {A: model("marts.a", more="-- metric: the usual\n")},
        "marts/a.sql:5: metric 'the usual' has no name. Write 'column = definition; unit'.",
    ),
    "sources that are not what is read": (
        {A: model("marts.a", read("shop.things"), more="-- sources: shop.sales\n")},
        (
            "marts/a.sql:5: sources: the header and the query differ in shop.sales, shop.things. "
            "List exactly the tables that the query names, or remove the line."
        ),
    ),
    "decision that leads nowhere": (
        {
            A: model("marts.a", more="-- decision: DECISIONS.md#what-is-x\n"),
            "DECISIONS.md": "# Decisions\n\n## What is x?\n\n## What is it\n",
            B: model("marts.b", more="-- decision: DECISIONS.md#what-is-y\n"),
        },
        (
            "marts/b.sql:5: decision: no heading 'what-is-y' in DECISIONS.md. "
            "Did you mean 'what-is-x'? Name 'FILE.md#heading' as the file has it."
        ),
    ),
    "unknown check": (
        {A: model("marts.a", more="-- checks: notnull(x)\n")},
        (
            "marts/a.sql:5: check 'notnull(x)': no such check. Did you mean 'not_null'? "
            "Write one of "
            "accepted_values, drift, expression, freshness, not_null, relationships, row_parity, "
            "unique(…)."
        ),
    ),
    "check that is no SQL": (
        {A: model("marts.a", more="-- checks: expression(x > )\n")},
        (
            "marts/a.sql:5: check 'expression(x > )': it is no SQL condition. "
            "Write what must be true, e.g. expression(a >= 0)."
        ),
    ),
    "check on an unknown column": (
        {A: model("marts.a", more="-- checks: not_null(price)\n")},
        (
            "marts/a.sql:5: check 'not_null(price)': unknown column 'price'. "
            "Name a column of the tables in FROM."
        ),
    ),
    "relationship to an unknown model": (
        {A: model("marts.a", more="-- checks: relationships(x -> marts.aaa.x)\n")},
        (
            "marts/a.sql:5: unknown model 'marts.aaa'. Did you mean 'marts.a'? "
            "Name a model of this project or add its file."
        ),
    ),
    "relationship written wrongly": (
        {A: model("marts.a", more="-- checks: relationships(x to marts.a)\n")},
        (
            "marts/a.sql:5: check 'relationships(x to marts.a)': "
            "write relationships(column -> schema.table.column)."
        ),
    ),
    "accepted values written wrongly": (
        {A: model("marts.a", more="-- checks: accepted_values(x)\n")},
        "marts/a.sql:5: check 'accepted_values(x)': write accepted_values(column: value, value).",
    ),
    "columns of a check written wrongly": (
        {A: model("marts.a", more="-- checks: unique(x y)\n")},
        "marts/a.sql:5: check 'unique(x y)': 'x y' is no list of columns. Write unique(a, b).",
    ),
    "moment that moves": (
        {A: model("marts.a", "select now() as x -- UTC; x\n")},
        "marts/a.sql:5:17: 'NOW()' answers differently at every run. Use ':as_of'.",
    ),
    "today": (
        {A: model("marts.a", "select current_date as x -- date; x\n")},
        "marts/a.sql:5:24: 'CURRENT_DATE' answers differently at every run. Use ':as_of'.",
    ),
    "unknown parameter": (
        {A: model("marts.a", "select cast(:as_off as date) as x -- date; x\n")},
        "marts/a.sql:1: ':as_off' is unknown. The only parameter is ':as_of'.",
    ),
    "partition of a table": (
        {A: model("marts.a", more="-- partition: x\n")},
        "marts/a.sql:5: partition: only incremental models have one. Remove the line.",
    ),
    "incremental without a partition": (
        {A: model("marts.a").replace("table", "incremental_by_key")},
        "marts/a.sql:3: an incremental model has no 'partition'. Add '-- partition: column, …'.",
    ),
    "partition outside the grain": (
        {
            A: model(
                "marts.a",
                "select 1 as x, -- n; x\n    2 as y -- n; y\n",
                more="-- partition: y\n",
            ).replace("table", "incremental_by_key")
        },
        ("marts/a.sql:5: partition: 'y' is not in the grain. Name columns of the grain: x."),
    ),
    "touched by a table that is not read": (
        {
            A: model(
                "marts.a", read("shop.sales"), more="-- partition: x\n-- touched: shop.sale(x)\n"
            ).replace("table", "incremental_by_key")
        },
        (
            "marts/a.sql:5: touched: the query does not read 'shop.sale'. "
            "Did you mean 'shop.sales'? Name what it reads."
        ),
    ),
    "touched written wrongly": (
        {
            A: model(
                "marts.a", read("shop.sales"), more="-- partition: x\n-- touched: shop.sales\n"
            ).replace("table", "incremental_by_key")
        },
        (
            "marts/a.sql:6: touched: 'shop.sales' is no table with columns. "
            "Write schema.table(column, …); schema.table(…)."
        ),
    ),
    "moment that is no column": (
        {
            A: model("marts.a", more="-- partition: x\n-- moments: y\n").replace(
                "table", "incremental_by_key"
            )
        },
        "marts/a.sql:5: moments: no output column 'y'. Name a column of the final SELECT.",
    ),
    "history of a table": (
        {
            A: model(
                "marts.a", read("shop.sales"), more="-- history: shop.sales_history(since, until)\n"
            )
        },
        (
            "marts/a.sql:3: history: only a view that takes rows of one table as they are, without "
            "join, group, window or limit, can have one. Remove the line."
        ),
    ),
    "history of a view that ranks": (
        {
            A: model(
                "marts.a",
                "select row_number() over (order by t.n) as x -- number; x\nfrom raw.t as t\n",
                more="-- history: raw.t_history(a, b)\n",
            ).replace("materialized: table", "materialized: view")
        },
        (
            "marts/a.sql:3: history: only a view that takes rows of one table as they are, without "
            "join, group, window or limit, can have one. Remove the line."
        ),
    ),
    "SQL that engines do not answer alike": (
        {
            A: model(
                "marts.a", "select quantile_cont(t.n, 0.5) as x -- number; x\nfrom shop.s as t\n"
            )
        },
        (
            "marts/a.sql:5:22: 'QUANTILE_CONT(t.n, 0.5)' is not the same on every engine. "
            "Use percentile_of(value, fraction)."
        ),
    ),
    "drift that blocks": (
        {A: model("marts.a", more="-- checks: drift(x, 0.1)\n")},
        (
            "marts/a.sql:5: check 'drift(x, 0.1)': it compares with the last build. "
            "Move it to 'warnings'."
        ),
    ),
    "freshness written wrongly": (
        {A: model("marts.a", more="-- checks: freshness(x, 1 year)\n")},
        (
            "marts/a.sql:5: check 'freshness(x, 1 year)': "
            "write freshness(column, 24h), or 30m, or 7d."
        ),
    ),
    "row parity written wrongly": (
        {A: model("marts.a", more="-- checks: row_parity(sales)\n")},
        "marts/a.sql:5: check 'row_parity(sales)': write row_parity(schema.table).",
    ),
    "seed without its columns": (
        {"seeds/s.csv": "-- model: seeds.s\n-- description: d\n-- grain: x\nx\n1\n"},
        "seeds/s.csv:1: the header has no 'column'. Add a line '-- column: …'.",
    ),
    "seed whose first row differs": (
        {"seeds/s.csv": SEED + "x,z\n1,2\n"},
        (
            "seeds/s.csv:6: the first row is 'x,z', the header declares 'x,y'. Write one "
            "'-- column: name = type; meaning' per column, in the order of the first row."
        ),
    ),
    "seed with a short row": (
        {"seeds/s.csv": SEED + "x,y\n1,2\n3\n"},
        "seeds/s.csv:8: 1 values for 2 columns. Mend it.",
    ),
    "seed with an unknown type": (
        {"seeds/s.csv": SEED.replace("bigint", "bigunt") + "x,y\n1,2\n"},
        ("seeds/s.csv:4: column 'x': 'bigunt; number; x' is no 'type; meaning'. Write both."),
    ),
}


@pytest.mark.parametrize(("files", "message"), ZOO.values(), ids=ZOO.keys())
def test_project_names_place_value_and_mend_when_broken(write_project, files, message):
    with pytest.raises(ProjectError) as raised:
        Project.load(write_project(files), portable=True)

    assert [str(problem) for problem in raised.value.problems] == [message]


def test_project_reports_all_problems_together_in_file_order(write_project):
    files = {
        A: model("marts.a", "select 1 as x\n", more="-- grians: x\n"),
        B: model("marts.c", read("marts.nothing")),
    }

    with pytest.raises(ProjectError) as raised:
        Project.load(write_project(files))

    places = [(problem.path, problem.line) for problem in raised.value.problems]
    assert places == [(A, 5), (A, 6), (B, 1), (B, 6)]


def test_project_says_where_models_belong_when_there_are_none(tmp_path):
    with pytest.raises(ProjectError, match=r"there are no models. Put '\.sql' files below staging"):
        Project.load(tmp_path)


def test_project_says_save_as_utf8_when_a_file_is_not(write_project):
    folder = write_project({A: model("marts.a")})
    (folder / "marts" / "b.sql").write_bytes(b"-- model: marts.b\n-- description: \xe9\n")

    with pytest.raises(ProjectError, match=r"marts/b\.sql:1: the file is not UTF-8. Save it as"):
        Project.load(folder)


def test_project_claims_nothing_about_columns_it_cannot_know(write_project):
    body = (
        "with n as (select unnest([1, 2]) as number)\n\n"
        "select things.anything as x -- text; x\n"
        "from shop.things\ncross join n\ncross join generate_series(1, 2) as g\n"
        "where whatever = 1\n"
    )

    project = Project.load(write_project({A: model("marts.a", body)}))

    assert project.sources == {"shop.things"}


def test_project_accepts_correlated_subqueries_using_and_output_aliases(write_project):
    body = (
        "select\n    one.x, -- number; x\n    one.x + 1 as y -- number; y\n"
        "from marts.a as one\ninner join marts.a as two using (x)\n"
        "where one.x in (select inside.x from marts.a as inside where inside.x = two.x)\n"
        "group by y, x\norder by y\n"
    )

    project = Project.load(write_project({A: model("marts.a"), B: model("marts.b", body)}))

    assert project.models["marts.b"].column_names == ("x", "y")


def test_project_continues_header_lines_and_keeps_trailing_comments(write_project):
    text = (
        "-- model: marts.a\n-- description: Things,\n--   and more things.\n-- grain: x, y\n"
        "-- materialized: view\n-- time: x is UTC\n-- metric: y = all of it; number\n\n"
        "select\n    1 as x, -- number; the first\n"
        "    case when true then 2 end as y -- number; z\n"
    )

    found = Project.load(write_project({A: text})).models["marts.a"]

    assert found.header.description == "Things, and more things."
    assert found.header.grain == ("x", "y")
    assert found.header.times == ("x is UTC",)
    assert found.header.metrics["y"].value == "all of it; number"
    assert [(c.name, c.description) for c in found.columns] == [
        ("x", "number; the first"),
        ("y", "number; z"),
    ]
    assert [check.name for check in found.checks] == ["not_null(x, y)", "unique(x, y)"]


def test_project_ignores_sql_outside_its_layers(write_project):
    files = {A: model("marts.a"), "cases/x.sql": "not sql at all", "scratch.sql": "select"}

    assert list(Project.load(write_project(files)).models) == ["marts.a"]
