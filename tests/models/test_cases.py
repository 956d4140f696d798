"""The given/expect cases that live beside the models, each on a fresh warehouse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transforms import DuckDBEngine, load_case, run_case

CASES = sorted((Path(__file__).resolve().parents[2] / "dbt_like_sql" / "cases").glob("*.txt"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_models_give_the_expected_rows(file, project, warehouse):
    assert run_case(load_case(file), project, DuckDBEngine(warehouse)) == []


def test_cases_exist_for_every_mart_with_a_metric(project):
    expected = {block.table for file in CASES for block in load_case(file).expected}
    measured = {name for name, model in project.models.items() if model.header.metrics}

    assert measured
    assert measured <= expected


def test_cases_exist_for_every_metric(project):
    """A case says of each metric's column, and of rates in long form by name, what comes out."""
    blocks = [block for file in CASES for block in load_case(file).expected]

    def is_shown(metric):
        shown = [block for block in blocks if block.table == metric.held_in]
        named = re.match(r"metric = '(.+?)'", metric.rows)
        if named:
            cells = {cell for block in shown for row in block.rows for cell in row}
            return named[1] in cells
        return any(metric.column in (*block.columns, *block.where.split()) for block in shown)

    missing = {name for name, each in project.metrics.metrics.items() if not is_shown(each)}
    assert missing == set()
