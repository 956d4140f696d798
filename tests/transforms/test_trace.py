"""Where columns come from, worked out by hand, and what digests tell apart."""

from __future__ import annotations

import pytest
import sqlglot

from transforms.trace import table_schema, trace_query

TABLES = {
    "shop.sales": ("id", "bread", "amount", "sold_at", "parent_id"),
    "shop.breads": ("bread", "name", "tags"),
}


def trace(sql, tables=TABLES):
    return trace_query(sqlglot.parse_one(sql, dialect="duckdb"), table_schema(tables))


def origins(found):
    return {str(origin).removeprefix("shop.") for origin in found.origins}


def digests(sql):
    traced = trace(sql)
    columns = {name: found.digest for name, found in traced.columns.items()}
    return traced.rows.digest, columns


# Query, what each column's values are made from, what decides which rows there are.
ZOO = {
    "plain": (
        "select id, amount * 2 as twice from shop.sales",
        {"id": "sales.id", "twice": "sales.amount"},
        "",
    ),
    "filter": (
        "select id from shop.sales where amount > 3",
        {"id": "sales.id"},
        "sales.amount",
    ),
    "cte chain": (
        (
            "with a as (select id, amount as x from shop.sales where sold_at is not null), "
            "b as (select id, x + 1 as y from a) select y as z from b"
        ),
        {"z": "sales.amount"},
        "sales.sold_at",
    ),
    "union by place": (
        (
            "select id, bread as label from shop.sales "
            "union all select parent_id, amount from shop.sales"
        ),
        {"id": "sales.id sales.parent_id", "label": "sales.bread sales.amount"},
        "",
    ),
    "union without repeats": (
        "select bread from shop.sales union select name from shop.breads",
        {"bread": "sales.bread breads.name"},
        "sales.bread breads.name",
    ),
    "join": (
        (
            "select s.id, b.name from shop.sales as s "
            "left join shop.breads as b on s.bread = b.bread and b.name <> 'x'"
        ),
        {"id": "sales.id", "name": "breads.name"},
        "sales.bread breads.bread breads.name",
    ),
    "join using": (
        "select bread, name from shop.sales join shop.breads using (bread)",
        {"bread": "sales.bread breads.bread", "name": "breads.name"},
        "sales.bread breads.bread",
    ),
    "self join": (
        (
            "select child.id, parent.amount from shop.sales as child "
            "join shop.sales as parent on child.parent_id = parent.id"
        ),
        {"id": "sales.id", "amount": "sales.amount"},
        "sales.id sales.parent_id",
    ),
    "window": (
        (
            "select id, sum(amount) over (partition by bread order by sold_at) as total "
            "from shop.sales"
        ),
        {"id": "sales.id", "total": "sales.amount sales.bread sales.sold_at"},
        "",
    ),
    "window that filters": (
        (
            "select id from shop.sales "
            "qualify row_number() over (partition by bread order by sold_at) = 1"
        ),
        {"id": "sales.id"},
        "sales.bread sales.sold_at",
    ),
    "case": (
        (
            "select case when amount > 1 then bread when sold_at is null then 'none' end as label "
            "from shop.sales"
        ),
        {"label": "sales.amount sales.bread sales.sold_at"},
        "",
    ),
    "group": (
        (
            "select bread, count(*) as n, sum(amount) filter (where parent_id is null) as total "
            "from shop.sales group by bread having max(id) > 1"
        ),
        {"bread": "sales.bread", "n": "", "total": "sales.amount sales.parent_id"},
        "sales.bread sales.id",
    ),
    "star": (
        "with a as (select * from shop.breads) select a.*, 1 as one from a",
        {"bread": "breads.bread", "name": "breads.name", "tags": "breads.tags", "one": ""},
        "",
    ),
    "star of a join": (
        "select b.*, s.id from shop.breads as b join shop.sales as s on b.bread = s.bread",
        {
            "bread": "breads.bread",
            "name": "breads.name",
            "tags": "breads.tags",
            "id": "sales.id",
        },
        "breads.bread sales.bread",
    ),
    "scalar subquery": (
        (
            "select id, (select max(b.name) from shop.breads as b where b.bread = s.bread) as name "
            "from shop.sales as s"
        ),
        {"id": "sales.id", "name": "breads.name breads.bread sales.bread"},
        "",
    ),
    "exists": (
        (
            "select id from shop.sales as s "
            "where exists (select 1 from shop.breads as b where b.bread = s.bread)"
        ),
        {"id": "sales.id"},
        "breads.bread sales.bread",
    ),
    "in": (
        "select id from shop.sales where bread in (select bread from shop.breads)",
        {"id": "sales.id"},
        "sales.bread breads.bread",
    ),
    "derived table with other names": (
        "select d.k from (select amount, id from shop.sales) as d (v, k)",
        {"k": "sales.id"},
        "",
    ),
    "unnest beside": (
        "select b.name, t.tag from shop.breads as b cross join unnest(b.tags) as t (tag)",
        {"name": "breads.name", "tag": "breads.tags"},
        "breads.tags",
    ),
    "unnest in the select": (
        "select name, unnest(tags) as tag from shop.breads",
        {"name": "breads.name", "tag": "breads.tags"},
        "",
    ),
    "table function": (
        "select d.day from shop.sales as s cross join date_spine(s.sold_at, s.sold_at) as d (day)",
        {"day": "sales.sold_at"},
        "sales.sold_at",
    ),
    "lateral": (
        (
            "select s.id, l.name from shop.sales as s, "
            "lateral (select b.name from shop.breads as b where b.bread = s.bread) as l"
        ),
        {"id": "sales.id", "name": "breads.name"},
        "breads.bread sales.bread",
    ),
    "values": (
        (
            "select s.id, v.label from shop.sales as s "
            "join (values (1, 'a'), (2, 'b')) as v (id, label) on s.id = v.id"
        ),
        {"id": "sales.id", "label": ""},
        "sales.id",
    ),
    "recursive": (
        (
            "with recursive up as (select id, parent_id, bread from shop.sales union all "
            "select s.id, s.parent_id, up.bread "
            "from up join shop.sales as s on up.parent_id = s.id) "
            "select id, bread from up"
        ),
        {"id": "sales.id", "bread": "sales.bread"},
        "sales.id sales.parent_id",
    ),
    "join in brackets": (
        (
            "select s.id, b.name from shop.sales as s left join "
            "(shop.breads as b join shop.sales as o on b.bread = o.bread) on s.id = o.parent_id"
        ),
        {"id": "sales.id", "name": "breads.name"},
        "breads.bread sales.bread sales.id sales.parent_id",
    ),
    "first rows": (
        "select id from shop.sales order by amount desc limit 3",
        {"id": "sales.id"},
        "sales.amount",
    ),
    "a name that shadows a table": (
        "with sales as (select bread as id from shop.breads) select id from sales",
        {"id": "breads.bread"},
        "",
    ),
    "an earlier name of the same select": (
        "select amount * 2 as twice, twice + id as more from shop.sales",
        {"twice": "sales.amount", "more": "sales.amount sales.id"},
        "",
    ),
}


@pytest.mark.parametrize(("sql", "columns", "rows"), ZOO.values(), ids=ZOO)
def test_trace_follows_each_column_to_its_tables(sql, columns, rows):
    traced = trace(sql)

    assert {name: origins(found) for name, found in traced.columns.items()} == {
        name: set(expected.split()) for name, expected in columns.items()
    }
    assert list(traced.columns) == list(columns)
    assert origins(traced.rows) == set(rows.split())


def test_trace_leaves_the_query_as_it_was():
    query = sqlglot.parse_one("select * from shop.sales as s", dialect="duckdb")

    trace_query(query, table_schema(TABLES))

    assert query.sql("duckdb") == "SELECT * FROM shop.sales AS s"


def test_trace_keeps_a_star_whose_table_is_not_known():
    traced = trace("select * from shop.unknown")

    assert list(traced.columns) == ["*"]


BASE = (
    "with big as (select id, bread, amount from shop.sales where amount > 3 and id > 1) "
    "select big.bread, b.name, sum(big.amount) as total "
    "from big left join shop.breads as b on big.bread = b.bread group by big.bread, b.name"
)
SAME = {
    "layout and comments": BASE.replace(" from ", "\n  from -- where from\n "),
    "letter case": BASE.replace("select", "SELECT").replace("sum", "SUM"),
    "another name of a CTE": BASE.replace("big", "large"),
    "another alias": BASE.replace(" as b ", " as kinds ").replace("b.", "kinds."),
    "a column that nobody reads": BASE.replace("select id, bread", "select id, sold_at, bread"),
    "a CTE that nobody reads": BASE.replace(
        "with big", "with other as (select 1 as x from shop.breads), big"
    ),
    "an import CTE": BASE.replace(
        "with big", "with sales as (select * from shop.sales), big"
    ).replace("amount from shop.sales", "amount from sales"),
    "the order of conditions": BASE.replace("amount > 3 and id > 1", "id > 1 and amount > 3"),
    "brackets around conditions": BASE.replace(
        "amount > 3 and id > 1", "(id > 1 and (amount > 3))"
    ),
    "unneeded qualification": BASE.replace("where amount", "where sales.amount"),
    "the order of rows": BASE + " order by total desc",
}
OTHER_ROWS = {
    "a literal in a filter": BASE.replace("amount > 3", "amount > 4"),
    "a filter less": BASE.replace(" and id > 1", ""),
    "or in place of and": BASE.replace(" and id > 1", " or id > 1"),
    "another kind of join": BASE.replace("left join", "join"),
    "another join key": BASE.replace("= b.bread", "= b.name"),
    "another table": BASE.replace("shop.sales", "shop.returns"),
    "another group": BASE.replace("group by big.bread, b.name", "group by big.bread"),
    "distinct": BASE.replace("select big.bread", "select distinct big.bread"),
    "a limit": BASE + " limit 3",
    "a condition on groups": BASE + " having sum(big.amount) > 1",
    "two sides of a self join": BASE.replace("big.bread = b.bread", "big.bread = big.bread"),
}


@pytest.mark.parametrize("sql", SAME.values(), ids=SAME)
def test_digests_are_equal_when_only_words_differ(sql):
    assert sql != BASE
    assert digests(sql) == digests(BASE)


@pytest.mark.parametrize("sql", OTHER_ROWS.values(), ids=OTHER_ROWS)
def test_digest_of_rows_differs_when_other_rows_may_be_there(sql):
    assert sql != BASE
    assert digests(sql)[0] != digests(BASE)[0]


def test_digests_of_columns_differ_only_where_the_expression_does():
    before = digests(BASE)
    after = digests(BASE.replace("id, bread, amount from", "id, bread, amount * 2 as amount from"))

    # the condition is on the table's column, not on the new expression
    assert after[0] == before[0]
    assert {name for name in before[1] if before[1][name] != after[1][name]} == {"total"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            "select a.amount from shop.sales as a join shop.sales as b on a.id = b.parent_id",
            "select b.amount from shop.sales as a join shop.sales as b on a.id = b.parent_id",
            id="which side of a self join",
        ),
        pytest.param(
            "select id from shop.sales as a where exists "
            "(select 1 from shop.sales as b where b.id = a.parent_id)",
            "select id from shop.sales as a where exists "
            "(select 1 from shop.sales as b where a.id = b.parent_id)",
            id="inner or outer table",
        ),
        pytest.param(
            "select v.x from (values (1, 2)) as v (x, y)",
            "select v.y as x from (values (1, 2)) as v (x, y)",
            id="which place of values",
        ),
        pytest.param(
            "select sum(amount) as x from shop.sales",
            "select sum(amount) over () as x from shop.sales",
            id="aggregate or window",
        ),
        pytest.param(
            "select bread from shop.sales union all select bread from shop.breads",
            "select bread from shop.sales union select bread from shop.breads",
            id="union with or without repeats",
        ),
        pytest.param(
            "select bread from shop.sales except select bread from shop.breads",
            "select bread from shop.breads except select bread from shop.sales",
            id="which side of except",
        ),
    ],
)
def test_digests_tell_apart_what_reads_alike(one, other):
    assert digests(one) != digests(other)
