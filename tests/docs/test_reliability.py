"""docs/reliability.md shows what was measured, and measured is what there is."""

from __future__ import annotations

import json

from pipelines.steps import Step
from tests.reliability.fault_matrix import FAULTS
from tests.reliability.page import KILLED, PAGE, RESULTS, render

MEASURED = json.loads(RESULTS.read_text())


def test_page_is_made_from_the_results():
    assert PAGE.read_text() == render(MEASURED), "run python -m tests.reliability.page"


def test_every_fault_was_measured():
    assert MEASURED["faults"].keys() == FAULTS.keys()
    assert all(row["once"] or row["for good"] for row in MEASURED["faults"].values())


def test_runs_were_killed_in_every_step_and_nothing_was_wrong():
    duckdb, postgres = MEASURED["kills"]["DuckDB"], MEASURED["kills"]["Postgres"]

    assert set(KILLED) <= duckdb["killed"].keys()
    assert set(KILLED) - {Step.COPY} <= postgres["killed"].keys()
    assert duckdb["wrong"] == postgres["wrong"] == 0
