"""Applies killed at every step: each change once, no second booking, no second mail."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.pipelines.reverse_sync.killing import FINISHED_BEFORE, KillBench

CI_KILLS = 30


def check_after_kill(bench, expected, plan, **kill):
    """Kill an apply, let another go on, and compare what Cal.com saw with an unkilled one."""
    with bench.watched() as seen:
        code, _ = bench.apply(plan, **kill)
        again, _ = bench.apply(plan)
    assert again in {0, FINISHED_BEFORE}, (kill, again, bench.outcomes(plan))
    assert seen == expected, kill
    return code < 0


@pytest.fixture
def bench(location):
    bench = KillBench(location)
    with bench.serving():
        yield bench


def unkilled(bench):
    plan = bench.approved_plan()
    with bench.watched() as expected:
        code, instants = bench.apply(plan)
    assert code == 0
    assert bench.outcomes(plan) == Counter(done=5)
    assert sum(expected.writes.values()) == 5
    assert expected.mails
    return expected, instants


def test_apply_killed_at_its_steps_does_each_change_once(bench):
    expected, instants = unkilled(bench)
    # Before each of them; after one is before the next.
    fatal = range(0, instants, 2)

    killed = sum(
        check_after_kill(bench, expected, bench.approved_plan(), fatal=one) for one in fatal
    )

    assert killed == len(fatal) >= CI_KILLS
