"""Applies killed at every step: each change once, no second booking, no second mail."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from tests.pipelines.reverse_sync.killing import FINISHED_BEFORE, KillBench, Loss, Trouble

CI_KILLS = 30


def name_of_death(bench, expected, plan, trouble):
    """Kill an apply, let another go on, and compare what Cal.com saw with an unkilled one.

    Returns:
        Which instant it died at; empty where it came to its end first.
    """
    with bench.watched() as seen:
        code, names = bench.apply(plan, trouble)
        again, _ = bench.apply(plan, Trouble())
    assert again in {0, FINISHED_BEFORE}, (trouble, again, bench.outcomes(plan))
    assert seen == expected, trouble
    if code >= 0:
        return ""
    if trouble.fatal is None:
        return "at a random moment"
    return names[-1] if names else "at the start"


@pytest.fixture
def bench(location):
    bench = KillBench(location)
    with bench.serving():
        yield bench


def unkilled(bench):
    """What Cal.com sees of an apply that nothing happens to, and the names of its instants."""
    plan = bench.approved_plan()
    with bench.watched() as expected:
        code, names = bench.apply(plan, Trouble())
    assert code == 0
    assert bench.outcomes(plan) == Counter(done=5)
    assert sum(expected.writes.values()) == 5
    assert expected.mails
    assert expected.webhooks
    return expected, names


def test_apply_killed_at_its_steps_does_each_change_once(bench):
    expected, names = unkilled(bench)
    # Before each of them; after one is before the next. Every write, or its answer, gets lost too.
    losses = itertools.cycle([(loss, number) for number in range(1, 6) for loss in Loss])
    troubles = [
        Trouble(fatal=fatal, loss=loss, lost_write=number)
        for fatal, (loss, number) in zip(range(0, len(names), 2), losses, strict=False)
    ]

    deaths = [name_of_death(bench, expected, bench.approved_plan(), one) for one in troubles]

    assert all(deaths)
    assert len(deaths) >= CI_KILLS


def test_apply_whose_writes_or_answers_get_lost_does_each_change_once(bench):
    expected, _ = unkilled(bench)

    for number, loss in zip(range(1, 6), itertools.cycle([Loss.ANSWER, Loss.REQUEST])):
        plan = bench.approved_plan()
        with bench.watched() as seen:
            code, _ = bench.apply(plan, Trouble(loss=loss, lost_write=number))
        assert (code, seen) == (0, expected), (number, loss)
