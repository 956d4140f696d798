"""The metrics file: what is read, what is refused and where, what is computed and where it goes."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from transforms import Project, ProjectError, build
from transforms.build import foresee
from transforms.dbt import Target, export_dbt
from transforms.metrics import metric_query, metrics_page, read_metrics
from transforms.plan import plan_build, record_models
from transforms.render import render
from transforms.site import describe_project, render_site

SALES = """\
-- model: marts.fct_sales
-- description: Sales by day and bread.
-- grain: day, bread
-- materialized: table

select
    cast(sold_at as date) as day, -- date; UTC
    bread, -- text; kind of bread
    sum("count") as loaf_count, -- number; loaves sold
    count(*) as sale_count, -- number; sales
    cast(sum("count") as double) / count(*) as loaves_per_sale -- loaves; NULL never
from shop.sales
group by cast(sold_at as date), bread
"""
DAYS = """\
-- model: marts.dim_days
-- description: Days.
-- grain: day
-- materialized: table

select distinct cast(sold_at as date) as day -- date; UTC
from shop.sales
"""
FILE = """\
time_spine: marts.dim_days.day
metrics:
  - name: loaves_per_sale
    label: Loaves per sale
    description: How many loaves a sale has. It is a mean over sales.
    model: marts.fct_sales
    column: loaves_per_sale
    grain: day, bread
    time: day
    numerator: sum(loaf_count)
    denominator: sum(sale_count)
    unit: loaves
    owner: the baker
    caveats:
      - "{Half} loaves count as whole."
"""


@pytest.fixture
def bakery_with(write_project):
    """Writes the bakery with a metrics file and loads it."""

    def load(text=FILE):
        files = {"marts/fct_sales.sql": SALES, "marts/dim_days.sql": DAYS, "metrics.yml": text}
        return Project.load(write_project(files))

    return load


def test_a_metric_has_all_that_the_file_says(bakery_with):
    project = bakery_with()
    metric = project.metrics.metrics["loaves_per_sale"]

    assert metric.label == "Loaves per sale"
    assert metric.grain == ("day", "bread")
    assert (metric.time, metric.unit, metric.owner) == ("day", "loaves", "the baker")
    assert metric.formula == "sum(loaf_count) / sum(sale_count)"
    assert metric.caveats == ("{Half} loaves count as whole.",)
    assert project.models["marts.fct_sales"].metrics == {"loaves_per_sale": (metric,)}


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("model: marts.fct_sales", "model: marts.fct_sale", 6, "Did you mean 'marts.fct_sales'?"),
        ("model: marts.fct_sales", "model: shop.sales", 6, "Name a model of marts."),
        ("column: loaves_per_sale", "column: loaves", 7, "no column 'loaves'"),
        ("time: day", "time: days", 9, "Did you mean 'day'?"),
        ("sum(loaf_count)", "sum(loaf_counts)", 10, "Did you mean 'loaf_count'?"),
        ("sum(loaf_count)", "loaf_count", 10, "is no aggregate. Write one of sum(…)"),
        ("sum(loaf_count)", "sum(loaf_count) / 2", 10, "is no aggregate"),
        ("sum(loaf_count)", "sum(", 10, "is no aggregate"),
        ("sum(loaf_count)", "sum(max(loaf_count))", 10, "is no aggregate"),
        ("sum(sale_count)", "count(distinct day, bread)", 11, "is no aggregate"),
        ("grain: day, bread", "grain: day", 8, "Write 'day, bread'."),
        ("    grain: day, bread\n", "", 3, "Write 'day, bread'."),
        ("label: Loaves per sale", "labels: Loaves", 4, "Did you mean 'label'?"),
        ("unit: loaves", "unit:", 12, "has no 'unit'. Add 'unit: …'."),
        ('    caveats:\n      - "{Half} loaves count as whole."\n', "", 3, "has no 'caveats'"),
        ('- "{Half} loaves count as whole."', "[]", 14, "has no 'caveats'"),
        ("count as whole.", "count", 14, "End it with a full stop."),
        (" It is a mean over sales.", "", 5, "has 1 sentences. Write two."),
        ("name: loaves_per_sale", "name: Loaves", 3, "no plain word"),
        ("marts.dim_days.day", "marts.dim_days.date", 1, "no column 'date'"),
        ("unit: loaves", "unit: a\n    unit: b", 13, "'unit' stands twice"),
        ("time: day", "time: day\n    granularity: hour", 10, "Use one of day, week,"),
        ("time: day", "time: day\n    rows: and", 10, "is no condition"),
        ("column: loaves", "column: marts.dim_days.loaves", 7, "dim_days has no column"),
        ("time: day", "time: day\n    rows: loaf_counts > 1", 10, "Did you mean"),
        ("grain: day, bread", "grain: day, bread\n    keys: day", 9, "differ in number"),
        ("metrics:", "metrics: none\nmore:", 2, "'metrics' is no list"),
        ("owner: the baker", "owner: 'the baker", 13, "no YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_how_to_mend_it(bakery_with, old, new, line, message):
    assert FILE.count(old) == 1

    with pytest.raises(ProjectError) as caught:
        bakery_with(FILE.replace(old, new))

    told = [str(problem) for problem in caught.value.problems]
    assert [text for text in told if text.startswith(f"metrics.yml:{line}: ") and message in text]


def test_a_metric_without_grain_is_one_number_of_another_mart(bakery_with):
    text = FILE.replace("    grain: day, bread\n", "").replace(
        "column: loaves_per_sale", "column: marts.dim_days.day"
    )
    metric = bakery_with(text).metrics.metrics["loaves_per_sale"]

    assert (metric.grain, metric.keys) == ((), ())
    page = metrics_page(bakery_with(text).metrics, title="Shop", introduction="Hello.")
    assert "Computed from `marts.fct_sales` as a whole, dated by `day`." in page


def test_two_metrics_cannot_share_a_name_or_a_column(bakery_with):
    block = FILE.partition("metrics:\n")[2]

    with pytest.raises(ProjectError, match=r"16: metric 'loaves_per_sale' stands twice.*line 3"):
        bakery_with(FILE + block)
    with pytest.raises(ProjectError, match=r"20: other: column .* holds metric 'loaves_per_sale'"):
        bakery_with(FILE + block.replace("name: loaves_per_sale", "name: other"))


@given(st.text() | st.text("metrics: -\n[]{}&*!|>'\"%@`"))
def test_no_text_breaks_the_reader(text):
    metrics, problems = read_metrics(text, "metrics.yml")

    assert problems or metrics.metrics
    assert all(problem.line >= 1 for problem in problems)


def test_the_definition_gives_the_column_at_the_grain_and_more_than_it_above(
    bakery_with, shop_engine, as_of
):
    project = bakery_with()
    assert build(project, shop_engine, as_of=as_of).ok
    metric = project.metrics.metrics["loaves_per_sale"]

    def rows(by):
        return sorted(
            shop_engine.rows(render(metric_query(metric, by), dialect="duckdb", as_of=as_of))
        )

    own = "select day, bread, loaves_per_sale from marts.fct_sales"
    assert rows(metric.grain) == sorted(shop_engine.rows(own))
    assert rows(["bread"]) == [("rye", 2.5), ("wheat", 4.0)]
    assert rows([]) == [(13 / 4,)]


def test_the_definition_is_a_comment_in_the_warehouse_and_a_change_of_it_is_built(
    bakery_with, shop, shop_engine, as_of
):
    def comment():
        return shop.execute(
            "select comment from duckdb_columns() where column_name = 'loaves_per_sale'"
        ).fetchone()[0]

    assert build(bakery_with(), shop_engine, as_of=as_of).ok
    assert comment() == (
        "loaves; NULL never\nLoaves per sale: How many loaves a sale has. It is a mean over sales. "
        "sum(loaf_count) / sum(sale_count). {Half} loaves count as whole."
    )

    project = bakery_with(FILE.replace("Half", "Quarter"))
    types = shop_engine.catalog()
    built = {model.name: model for model in record_models(project, project.models, types, as_of)}
    plan = plan_build(project, built, types, foresee(project, shop_engine, as_of=as_of))

    assert plan.has_changes
    assert not plan.is_breaking
    assert {m.name: m.why for m in plan.models if m.differs} == {
        "marts.fct_sales": "a metric that it holds changed"
    }

    build(project, shop_engine, as_of=as_of)
    assert "{Quarter}" in comment()


def test_dbt_is_told_measures_metrics_and_the_time_spine(bakery_with, tmp_path):
    export_dbt(bakery_with(), tmp_path / "dbt", target=Target.DUCKDB, name="shop")

    told = yaml.safe_load((tmp_path / "dbt/models/_metrics.yml").read_text())
    (model,) = told["semantic_models"]
    assert model["model"] == "ref('fct_sales')"
    assert model["primary_entity"] == "fct_sales_row"
    assert [d["name"] for d in model["dimensions"]] == ["day", "bread"]
    assert [(m["agg"], m["expr"]) for m in model["measures"]] == [
        ("sum", "loaf_count"),
        ("sum", "sale_count"),
    ]
    assert [m["name"] for m in told["metrics"]] == [
        "loaves_per_sale_numerator",
        "loaves_per_sale_denominator",
        "loaves_per_sale",
    ]
    assert told["metrics"][-1]["type_params"] == {
        "numerator": {"name": "loaves_per_sale_numerator"},
        "denominator": {"name": "loaves_per_sale_denominator"},
    }
    models = yaml.safe_load((tmp_path / "dbt/models/marts/_models.yml").read_text())["models"]
    spine = next(entry for entry in models if entry["name"] == "dim_days")
    assert spine["time_spine"] == {"standard_granularity_column": "day"}
    assert spine["columns"][0]["granularity"] == "day"


def test_without_a_date_dbt_is_told_nothing(bakery_with, tmp_path):
    project = bakery_with(FILE.replace("    time: day\n", ""))
    export_dbt(project, tmp_path / "dbt", target=Target.DUCKDB, name="shop")

    assert not (tmp_path / "dbt/models/_metrics.yml").exists()


def test_readers_find_the_metric_on_a_page_and_in_the_dictionary(bakery_with):
    project = bakery_with()
    page = metrics_page(project.metrics, title="Metrics", introduction="About bread.")
    site = describe_project(project, title="Bakery")

    assert "How many loaves a sale has. It is a mean over sales." in page
    assert "- {Half} loaves count as whole." in page
    assert "[Loaves per sale](#loaves_per_sale)" in page
    (shown,) = [c for t in site.tables for c in t.columns if c.name == "loaves_per_sale"]
    assert "It is a mean over sales." in shown.metric
    assert [metric.label for metric in site.metrics] == ["Loaves per sale"]
    assert 'href="#marts.fct_sales.loaves_per_sale">Loaves per sale</a>' in render_site(site)
