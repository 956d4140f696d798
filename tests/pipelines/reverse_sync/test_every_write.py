"""The whole loop over each of the 89 writes: plan, approve, apply, verify, undo, approve, apply."""

from __future__ import annotations

import pytest

from cal_source.catalogue import OPERATIONS, Kind
from pipelines.reverse_sync.journal import Step
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import digest_of
from tests.pipelines.reverse_sync.approved import GRACE
from tests.pipelines.reverse_sync.lab import Lab
from tests.pipelines.reverse_sync.scenarios import SCENARIOS

WRITES = [key for key, row in OPERATIONS.items() if row.kind is Kind.WRITE]


def test_every_write_has_a_scenario():
    assert sorted(SCENARIOS) == sorted(WRITES)


@pytest.mark.parametrize("action", WRITES)
def test_write_goes_from_plan_to_undo(warehouse, action):
    scenario = SCENARIOS[action]
    lab = Lab(warehouse, key=scenario.key)
    plan = lab.plan(scenario.request(lab.sandbox, action))
    lab.approve(plan)
    lab.approve(plan, GRACE)
    lab.forget_calls()

    result = lab.apply(plan)

    (change,) = result.changes
    assert len(lab.writes()) == 1
    steps = [Step.STARTED, Step.INTENT, Step.ANSWER, Step.SETTLED, Step.FINISHED]
    assert lab.outcomes(plan)[2:] == steps
    if scenario.is_refused:
        assert change.outcome in {Outcome.REFUSED, Outcome.UNKNOWN, Outcome.CONFLICT}
        return
    assert (change.outcome, change.reason) == (Outcome.DONE, "")
    undoing = lab.undoing(plan)
    if not change.change.undo.action:
        assert undoing.requests == ()
        assert undoing.impossible[0].reason
        return
    back = lab.plan(*undoing.requests, undoes=digest_of(plan))
    lab.approve(back)
    lab.approve(back, GRACE)
    assert lab.apply(back).is_success
