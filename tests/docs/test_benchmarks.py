"""docs/benchmarks.md shows what was measured, and measured is what there is."""

from __future__ import annotations

from tests.bench.cases import CASES
from tests.bench.page import PAGE, PROFILES, render
from tests.bench.results import Results

MEASURED = Results.read()


def test_page_is_made_from_the_results():
    assert PAGE.read_text() == render(MEASURED), "run python -m tests.bench.page"


def test_measured_are_cases_that_there_are():
    measured = {row["case"] for row in MEASURED.rows}

    assert {"startup", "load", "postgres", "growth"} <= measured <= CASES.keys()


def test_every_row_says_what_it_cost_or_why_it_failed():
    for row in MEASURED.rows:
        assert row.get("failed") or (row["seconds"] > 0 and row["cpu_seconds"] > 0), row


def test_profiles_are_kept():
    assert [path for path in PROFILES.glob("*.txt") if path.stat().st_size]
