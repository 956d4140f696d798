"""Two queries with equal digests return the same rows: random queries, run in DuckDB."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest
import sqlglot
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from transforms.trace import table_schema, trace_query

SCHEMA = table_schema({"s.t": ("a", "b", "c"), "s.u": ("a", "d")})
ROWS = """
    create schema s;
    create table s.t as
        from (values (1, 2, 3), (1, 3, 3), (2, 2, null), (2, 2, null)) as v (a, b, c);
    create table s.u as
        from (values (1, 3), (2, 5), (4, 2)) as v (a, d);
"""


@pytest.fixture(scope="module")
def tables():
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        yield connection


@st.composite
def queries(draw):
    """A query over s.t and s.u whose parts come from few choices, so that two often agree."""
    x, y = draw(st.permutations(["x", "y"]))
    t_alias, u_alias = draw(st.sampled_from([("t", "u"), ("p", "q"), ("u", "t")]))
    table = draw(st.sampled_from(["s.t", "(select c, b, a from s.t)", "early"]))
    with_ = "with early as (select * from s.t) " if table == "early" else ""
    second = draw(st.sampled_from(["s.u", "(select a, b as d from s.t)"]))
    join = draw(st.sampled_from(["join", "left join"]))
    first = draw(st.sampled_from([f"{t_alias}.a", f"{u_alias}.a", f"{t_alias}.b + 0"]))
    value = draw(st.sampled_from([f"{t_alias}.b", f"{u_alias}.d", f"sum({t_alias}.b)", "count(*)"]))
    distinct = draw(st.sampled_from(["", "distinct "]))
    conditions = draw(
        st.lists(
            st.sampled_from([f"{t_alias}.b > 2", f"{t_alias}.c is null", f"{u_alias}.d < 5"]),
            max_size=2,
        )
    )
    where = f" where {' and '.join(conditions)}" if conditions else ""
    group = f" group by {first}" if "(" in value else ""
    tables = f"{table} as {t_alias} {join} {second} as {u_alias} on {t_alias}.a = {u_alias}.a"
    core = f"select {distinct}{first} as {x}, {value} as {y} from {tables}{where}{group}"
    shape = draw(st.sampled_from(["{}", "select x, y from ({}) as z", "select y, x from ({})"]))
    return with_ + shape.format(core)


def digests(sql):
    found = trace_query(sqlglot.parse_one(sql, dialect="duckdb"), SCHEMA)
    return found.rows.digest, *sorted((n, trace.digest) for n, trace in found.columns.items())


def answer(connection, sql):
    return sorted(connection.execute(f"select x, y from ({sql})").fetchall(), key=str)


def test_queries_with_equal_digests_return_the_same_rows(tables):
    alike = defaultdict(set)

    @settings(max_examples=600, phases=[Phase.generate], database=None)
    @given(queries())
    def gather(sql):
        alike[digests(sql)].add(sql)

    gather()
    met = 0
    for group in alike.values():
        first, *others = group
        met += len(others)
        for other in others:
            assert answer(tables, first) == answer(tables, other), f"{first}\n{other}"
    assert met > 50  # the digests do see through other words
    assert len(alike) > 50
