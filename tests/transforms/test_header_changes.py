"""A header that changes alone: what it tells is pushed and what it promises is checked."""

from __future__ import annotations

import duckdb
import pytest

from transforms import DuckDBEngine, Project, build

MODEL = """\
-- model: marts.one
-- description: {description}
-- grain: x
-- materialized: table
{checks}
select 1 as x -- number; {meaning}
"""
READER = """\
-- model: marts.two
-- description: Reads the other.
-- grain: x
-- materialized: table

select x -- number; copied
from marts.one
"""
FIRST = {"description": "First.", "meaning": "one", "checks": ""}
COMMENTS = """
    select comment from duckdb_tables() where table_name = 'one'
    union all
    select comment from duckdb_columns() where table_name = 'one'
"""


@pytest.fixture
def built(write_project, as_of):
    """Builds the two models with another header each time; returns the result and the comments."""
    with duckdb.connect() as connection:

        def run(**changed):
            text = MODEL.format(**{**FIRST, **changed})
            project = Project.load(write_project({"marts/one.sql": text, "marts/two.sql": READER}))
            result = build(project, DuckDBEngine(connection), as_of=as_of)
            return result, [comment for (comment,) in connection.execute(COMMENTS).fetchall()]

        run()
        yield run


@pytest.mark.parametrize(
    ("changed", "comments"),
    [
        pytest.param({"description": "Second."}, ["Second.", "number; one"], id="description"),
        pytest.param({"meaning": "uno"}, ["First.", "number; uno"], id="column"),
    ],
)
def test_build_pushes_a_changed_description(built, changed, comments):
    assert built(**changed)[1] == comments


def test_build_runs_a_new_check_on_rows_that_did_not_change(built):
    result, _ = built(checks="-- checks: expression(x > 5)")

    assert not result.ok
    assert result.failures == ("marts.one: expression(x > 5): 1 rows fail, e.g. x=1",)


def test_build_spares_readers_of_a_model_whose_header_alone_changed(built):
    result, _ = built(description="Second.")

    assert [(model.name, str(model.how)) for model in result.models] == [
        ("marts.one", "whole"),
        ("marts.two", "kept"),
    ]
