"""The given/expect cases that live beside the models, each on a fresh warehouse."""

from __future__ import annotations

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
