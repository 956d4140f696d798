"""A large plan: few requests, little time of our own, little memory."""

from __future__ import annotations

import time
import tracemalloc
from typing import NamedTuple

import pytest

from cal_source.sandbox import Sandbox, World
from pipelines.reverse_sync.builder import build_plan
from pipelines.reverse_sync.plan import Plan, decode_plan, encode_plan
from tests.conftest import InProcess
from tests.pipelines.reverse_sync.planned import absent, client_of, context_of
from tests.pipelines.reverse_sync.scenarios import NOW


class Timed(InProcess):
    """Carries requests to the sandbox and counts the seconds that it takes over them."""

    seconds = 0.0

    def handle_request(self, request):
        started = time.process_time()
        try:
            return super().handle_request(request)
        finally:
            self.seconds += time.process_time() - started


class Measured(NamedTuple):
    """A plan and what making it took; memory is counted only where it was traced."""

    plan: Plan
    own_seconds: float
    requests: int
    peak_megabytes: float


def large_plan(bookings, changes, *, traced=False):
    """Plan that many absences and measure it."""
    world = World.generate(bookings=bookings, seed=3, now=NOW)
    sandbox = Sandbox(world, now=NOW, rate_limits=False)
    people = {user.id for user in world.users.values() if user.organization_id == 101}
    rows = [
        row
        for row in world.bookings
        if row.end < NOW
        and row.status == "accepted"
        and row.user_id in people
        and row.recurring_event_id is None
        and len(row.attendees) == 1
        and not row.attendees[0].is_absent
    ][:changes]
    assert len(rows) == changes
    requests = [absent(row.uid, row.attendees[0].email) for row in rows]
    transport = Timed(sandbox)
    client = client_of(sandbox, transport=transport)
    context = context_of(sandbox, sender=client, starts={row.uid: row.start for row in rows})
    if traced:
        tracemalloc.start()
    started = time.process_time()
    plan = build_plan(requests, context).plan
    own = time.process_time() - started - transport.seconds
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(plan.changes) == changes
    return Measured(plan, own, client.requests_made, peak / 1_000_000)


def test_plan_of_a_thousand_changes_takes_seconds_and_few_requests():
    found = large_plan(bookings=6_000, changes=1_000)

    assert found.own_seconds < 30
    assert found.requests < 60
    assert decode_plan(encode_plan(found.plan), "plan.json") == found.plan


@pytest.mark.soak
def test_plan_of_ten_thousand_changes_takes_less_than_a_minute_of_our_own():
    found = large_plan(bookings=50_000, changes=10_000)

    assert found.own_seconds < 60
    assert found.requests < 250


@pytest.mark.soak
def test_plan_of_ten_thousand_changes_takes_less_than_300_megabytes():
    found = large_plan(bookings=50_000, changes=10_000, traced=True)

    assert 10 < found.peak_megabytes < 300
