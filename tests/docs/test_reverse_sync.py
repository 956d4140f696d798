"""docs/reverse-sync.md shows what was measured, and what was measured is good enough."""

from __future__ import annotations

import json

from pipelines.reverse_sync.journal import Step
from tests.pipelines.reverse_sync.page import (
    BEGIN,
    END,
    MOMENTS,
    PAGE,
    RESULTS,
    render,
    total,
)

MEASURED = json.loads(RESULTS.read_text())


def test_page_shows_the_results():
    block = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]

    assert block == render(MEASURED) + "\n", "run python -m tests.pipelines.reverse_sync.page"


def test_applies_were_killed_around_every_step_and_call():
    steps = (Step.STARTED, Step.INTENT, Step.ANSWER, Step.SETTLED)
    names = {f"{when} '{step}' is committed" for step in steps for when in ("before", "after")}
    names |= {f"before a {kind} is sent" for kind in ("look", "write")}
    names |= {f"after a {kind} was answered" for kind in ("look", "write")}

    assert names <= MEASURED["kills"].keys()
    assert total(MEASURED["kills"]) >= 100


def test_every_moment_was_raced_and_nothing_known_was_overwritten():
    assert MEASURED["races"].keys() == set(MOMENTS)
    assert MEASURED["races"]["before the look"].keys() == {"theirs"}
    assert total(MEASURED["races"]) >= 500


def test_large_plans_are_made_and_applied_within_their_bounds():
    size, pace = MEASURED["size"], MEASURED["pace"]

    if size:
        assert size["changes"] == 10_000
        assert size["own_seconds"] < 60
        assert size["peak_megabytes"] < 300
    if pace:
        assert pace["throttled"] == 0
        assert pace["requests"] / pace["minutes"] >= 0.95 * 120
        assert pace["requests"] <= 3.02 * pace["changes"]
