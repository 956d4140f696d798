"""After any history, syncs leave every kind of warehouse equal to Cal.com, history included."""

from __future__ import annotations

from random import Random

from tests.account import new_sandbox, sync_now
from tests.histories import Histories
from tests.oracle import differences, history_problems, snapshot


def test_sync_equals_cal_after_a_random_history(warehouse):
    sandbox, past = new_sandbox(bookings=80, seed=1), {}
    history = Histories(sandbox, Random(1))

    for count in (0, 30, 60):
        changes = [history.step() for _ in range(count)]
        result = sync_now(warehouse, sandbox)
        past[sandbox.clock.now()] = snapshot(warehouse)

        assert result.outcome == "proved", changes
        assert differences(warehouse, sandbox) == [], changes
        assert history_problems(warehouse, past) == [], changes
