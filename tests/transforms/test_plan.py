"""Plans of a small project: which models differ, how, whom it reaches, and what is built."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from transforms import DuckDBEngine, Project, SelectionError, build
from transforms.build import foresee
from transforms.changes import Change
from transforms.plan import Action, plan_build, record_models

BUILT_AT = datetime(2026, 3, 1, tzinfo=UTC)
STAGING = """\
-- model: staging.stg_sales
-- description: One row per sale.
-- grain: sale_id
-- materialized: view

select
    id as sale_id, -- id; the sale
    bread, -- text; what was sold
    amount, -- number; loaves
    sold_at -- UTC; when
from shop.sales
"""
RECENT = """\
-- model: intermediate.int_recent
-- description: Sales up to the build's moment.
-- grain: sale_id
-- materialized: table

with sales as (select * from staging.stg_sales)

select
    sale_id, -- id; the sale
    bread, -- text; what was sold
    amount -- number; loaves
from sales
where sold_at <= :as_of and amount > 0
"""
BREADS = """\
-- model: marts.agg_breads
-- description: Loaves per bread.
-- grain: bread
-- materialized: table
-- checks: expression(loaf_count > 0)

select
    bread, -- text; what was sold
    sum(amount) as loaf_count -- number; loaves
from intermediate.int_recent
group by bread
"""
LAST = """\
-- model: marts.agg_last_sales
-- description: The last sale of each bread.
-- grain: bread
-- materialized: table

select
    bread, -- text; what was sold
    max(sold_at) as last_sold_at -- UTC; when
from staging.stg_sales
group by bread
"""
FILES = {
    "staging/stg_sales.sql": STAGING,
    "intermediate/int_recent.sql": RECENT,
    "marts/agg_breads.sql": BREADS,
    "marts/agg_last_sales.sql": LAST,
}
MODELS = (
    "staging.stg_sales",
    "intermediate.int_recent",
    "marts.agg_breads",
    "marts.agg_last_sales",
)
NAMES = ("stg_sales", "int_recent", "agg_breads", "agg_last_sales")


@pytest.fixture
def warehouse(shop):
    """The shop's table of sales, with the column's name as these models have it."""
    shop.execute('alter table shop.sales rename "count" to amount')
    return shop


@pytest.fixture
def plan_after(write_project, warehouse):
    """Builds FILES, or others, changes some files, and plans."""

    def plan(changes, *, before=FILES, gone=(), select=None, then=None):
        folder = write_project(before)
        project, engine = Project.load(folder), DuckDBEngine(warehouse)
        assert build(project, engine, as_of=BUILT_AT).ok
        built = {
            m.name: m for m in record_models(project, project.models, engine.catalog(), BUILT_AT)
        }
        write_project(changes)
        for path in gone:
            (folder / path).unlink()
        if then:
            warehouse.execute(then)
        return planned(Project.load(folder), built, engine, select)

    return plan


def planned(project, built, engine, select=None):
    steps = foresee(project, engine, as_of=BUILT_AT, select=select)
    return plan_build(project, built, engine.catalog(), steps)


def by_name(plan):
    return {model.name.partition(".")[2]: model for model in plan.models}


def changes_of(plan):
    return {name: model.change.change for name, model in by_name(plan).items()}


def test_plan_is_empty_when_nothing_differs(plan_after):
    plan = plan_after({})

    assert set(changes_of(plan).values()) == {Change.UNCHANGED}
    assert not plan.has_changes
    assert not plan.is_breaking
    assert {n: (m.action, m.why) for n, m in by_name(plan).items()} == {
        "stg_sales": (Action.DEFINE, "shop.sales changed"),
        "int_recent": (Action.REBUILD, "staging.stg_sales changed"),
        "agg_breads": (Action.REBUILD, "intermediate.int_recent changed"),
        "agg_last_sales": (Action.REBUILD, "staging.stg_sales changed"),
    }


def test_plan_keeps_what_reads_nothing_that_changes(plan_after):
    alone = "-- model: marts.one\n-- description: One.\n-- grain: x\n-- materialized: table\n\n"
    files = {"marts/one.sql": f"{alone}select 1 as x -- number; one\n"}

    (model,) = plan_after({}, before=files).models

    assert (model.action, model.why) == (Action.KEEP, "nothing that it reads changed")


def test_plan_calls_every_model_new_when_nothing_was_built(write_project, warehouse):
    plan = planned(Project.load(write_project(FILES)), {}, DuckDBEngine(warehouse))

    assert set(changes_of(plan).values()) == {Change.NEW}
    assert plan.has_changes
    assert not plan.is_breaking
    assert not any(model.reached for model in plan.models)


WORDS = {
    "layout": (RECENT.replace("\nwhere", "\n\n  where"), Change.FORMATTED),
    "comment": (RECENT.replace("from sales", "-- all of them\nfrom sales"), Change.FORMATTED),
    "name of a CTE": (
        RECENT.replace("with sales", "with sold").replace("from sales", "from sold"),
        Change.FORMATTED,
    ),
    "order of conditions": (
        RECENT.replace("sold_at <= :as_of and amount > 0", "amount > 0 and sold_at <= :as_of"),
        Change.FORMATTED,
    ),
    "description": (RECENT.replace("build's moment", "present"), Change.DESCRIBED),
    "column description": (RECENT.replace("number; loaves", "number; sold"), Change.DESCRIBED),
    "sources": (
        RECENT.replace("-- grain", "-- sources: staging.stg_sales\n-- grain"),
        Change.DESCRIBED,
    ),
    "check": (
        RECENT.replace("-- grain", "-- checks: not_null(bread)\n-- grain"),
        Change.PROMISED,
    ),
    "check that only warns": (
        RECENT.replace("-- grain", "-- warnings: not_null(bread)\n-- grain"),
        Change.PROMISED,
    ),
    "grain": (RECENT.replace("grain: sale_id", "grain: sale_id, bread"), Change.PROMISED),
    "kind": (RECENT.replace("materialized: table", "materialized: view"), Change.STORED),
}


@pytest.mark.parametrize(("text", "change"), WORDS.values(), ids=WORDS)
def test_plan_reaches_nobody_when_rows_stay_what_they_are(plan_after, text, change):
    plan = plan_after({"intermediate/int_recent.sql": text})

    assert text != RECENT
    assert changes_of(plan) == dict.fromkeys(NAMES, Change.UNCHANGED) | {"int_recent": change}
    assert not any(model.reached for model in plan.models)
    assert not plan.is_breaking
    assert plan.has_changes == (change is not Change.FORMATTED)


def test_plan_calls_a_column_at_the_end_no_break(plan_after):
    text = RECENT.replace("amount -- number; loaves", "amount, -- number\n    sold_at -- UTC; when")

    plan = plan_after({"intermediate/int_recent.sql": text})
    model = by_name(plan)["int_recent"]

    assert model.change.change is Change.EXTENDED
    assert model.change.added == ("sold_at",)
    assert model.why == "sold_at added at the end; its descriptions"
    assert not plan.is_breaking
    assert not any(other.reached for other in plan.models)


BREAKS = {
    "an expression": (
        RECENT.replace("    amount -- n", "    amount * 2 as amount -- n"),
        {"changed": ("amount",)},
        {"agg_breads": ("loaf_count",)},
    ),
    "a type": (
        RECENT.replace("    amount -- n", "    cast(amount as double) as amount -- n"),
        {"changed": ("amount",)},
        {"agg_breads": ("loaf_count",)},
    ),
    "an expression inside a CTE": (
        RECENT.replace("select *", "select sale_id, lower(bread) as bread, amount, sold_at"),
        {"changed": ("bread",)},
        {"agg_breads": ("bread", "loaf_count")},
    ),
    "a condition": (
        RECENT.replace("amount > 0", "amount > 1"),
        {"rows": True},
        {"agg_breads": ("bread", "loaf_count")},
    ),
    "a column less": (
        RECENT.replace("    sale_id, -- id; the sale\n", "").replace(
            "grain: sale_id", "grain: bread, amount"
        ),
        {"removed": ("sale_id",)},
        {},
    ),
    "a column elsewhere": (
        RECENT.replace("    sale_id, -- id; the sale\n", "").replace(
            "amount -- number; loaves", "amount, -- number; loaves\n    sale_id -- id; the sale"
        ),
        {"moved": ("bread", "amount", "sale_id")},
        {},
    ),
    "a column in front": (
        RECENT.replace("    bread,", "    sold_at, -- UTC; when\n    bread,"),
        {"added": ("sold_at",)},
        {},
    ),
}


@pytest.mark.parametrize(("text", "facts", "reached"), BREAKS.values(), ids=BREAKS)
def test_plan_names_what_breaks_and_whom_it_reaches(plan_after, text, facts, reached):
    plan = plan_after({"intermediate/int_recent.sql": text})
    models = by_name(plan)
    change = models["int_recent"].change

    assert change.change is Change.BREAKING
    assert plan.is_breaking
    found = {f: getattr(change, f) for f in ("rows", "added", "removed", "changed", "moved")}
    assert {name: value for name, value in found.items() if value} == facts
    assert {n: m.reached for n, m in models.items() if m.reached} == reached


def test_plan_follows_a_change_through_every_layer_to_its_columns(plan_after):
    text = STAGING.replace("    amount,", "    abs(amount) as amount,")

    models = by_name(plan_after({"staging/stg_sales.sql": text}))

    # int_recent filters by amount, so all of its rows may be others
    assert models["int_recent"].reached == ("sale_id", "bread", "amount")
    assert models["agg_breads"].reached == ("bread", "loaf_count")
    assert models["agg_breads"].causes == ("staging.stg_sales.amount",)
    assert models["agg_last_sales"].reached == ()
    assert models["agg_breads"].why == "reads what differs: staging.stg_sales.amount"


def test_plan_reaches_only_readers_of_the_column(plan_after):
    text = STAGING.replace("    sold_at --", "    sold_at + interval '1 day' as sold_at --")
    files = {**FILES, "intermediate/int_recent.sql": RECENT.replace("sold_at <= :as_of and ", "")}

    models = by_name(plan_after({"staging/stg_sales.sql": text}, before=files))

    assert {n: m.reached for n, m in models.items() if m.reached} == {
        "agg_last_sales": ("last_sold_at",)
    }


def test_plan_notices_a_source_column_of_another_type(plan_after):
    plan = plan_after({}, then="alter table shop.sales alter sold_at type timestamp")
    models = by_name(plan)

    assert plan.retyped == ("shop.sales.sold_at",)
    assert models["stg_sales"].reached == ("sold_at",)
    assert models["agg_last_sales"].reached == ("last_sold_at",)
    assert models["agg_last_sales"].why == "reads what differs: type of shop.sales.sold_at"
    assert plan.has_changes
    assert plan.is_breaking


def test_plan_names_models_without_a_file(plan_after):
    plan = plan_after({}, gone=["marts/agg_last_sales.sql"])

    assert plan.dropped == ("marts.agg_last_sales",)
    assert plan.has_changes


def test_plan_keeps_what_is_not_selected_and_says_what_gets_stale(plan_after):
    text = RECENT.replace("amount > 0", "amount > 1")

    models = by_name(plan_after({"intermediate/int_recent.sql": text}, select=["int_recent"]))

    assert models["int_recent"].action is Action.REBUILD
    assert models["agg_breads"].action is Action.KEEP
    assert models["agg_breads"].why == (
        "would be stale (reads what differs: rows of intermediate.int_recent); select it too"
    )
    assert models["agg_last_sales"].why == "not selected"


def test_plan_refuses_a_selector_that_names_nothing(plan_after):
    with pytest.raises(SelectionError, match=r"'agg_bread' names no model\. Did you mean 'agg_br"):
        plan_after({}, select=["agg_bread"])


CHANGES = {
    **{name: ("intermediate/int_recent.sql", text) for name, (text, _) in WORDS.items()},
    **{name: ("intermediate/int_recent.sql", text) for name, (text, _, _) in BREAKS.items()},
    "a staging expression": (
        "staging/stg_sales.sql",
        STAGING.replace("    amount,", "    amount + 1 as amount,"),
    ),
    "a staging condition": ("staging/stg_sales.sql", STAGING + "where bread <> 'rye'\n"),
    "a staging time": (
        "staging/stg_sales.sql",
        STAGING.replace("    sold_at --", "    sold_at + interval '20 day' as sold_at --"),
    ),
}


@pytest.mark.parametrize(("path", "text"), CHANGES.values(), ids=CHANGES)
def test_values_that_a_plan_does_not_name_stay_what_they_were(
    plan_after, warehouse, write_project, path, text
):
    plan_after({})
    before = {name: values_of(warehouse, name) for name in MODELS}

    plan = plan_after({path: text})
    assert build(Project.load(write_project({})), DuckDBEngine(warehouse), as_of=BUILT_AT).ok

    for model in plan.models:
        named = {*model.change.added, *model.change.changed, *model.change.removed, *model.reached}
        if not model.change.rows:
            after = values_of(warehouse, model.name)
            old = before[model.name]
            assert {c: v for c, v in after.items() if c not in named} == {
                c: v for c, v in old.items() if c not in named
            }


def values_of(connection, table):
    """Each column's values, sorted: rows have no order."""
    rows = connection.execute(f"select * from {table}")
    names = [column[0] for column in rows.description]
    columns = zip(*rows.fetchall(), strict=True)
    return {name: sorted(map(str, values)) for name, values in zip(names, columns, strict=True)}
