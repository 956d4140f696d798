"""The pace of an apply: the whole budget, no 429, three requests a change."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import NamedTuple

import pytest

from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from cal_source.sandbox import Sandbox
from cal_source.sandbox.clock import Clock
from pipelines.reverse_sync.change_requests import ChangeRequest
from tests.pipelines.reverse_sync.approved import ADA, GRACE, NOW
from tests.pipelines.reverse_sync.lab import Lab
from tests.pipelines.reverse_sync.scenarios import new_sandbox

LIMIT = 120  # requests a minute
LATENCY_SECONDS = 0.05


def no_show(booking):
    mark = {"email": booking.attendees[0].email, "absent": True}
    return ChangeRequest(
        action="mark_booking_absent_for_uid",
        target={"bookingUid": booking.uid},
        body={"attendees": [mark]},
    )


class Paced(NamedTuple):
    """An apply by a simulated clock: its requests, its minutes, and what it was answered."""

    changes: int
    requests: int
    minutes: float
    throttled: int
    own_seconds: float

    @property
    def share(self):
        """Requests sent, of those that were allowed."""
        return self.requests / self.minutes / LIMIT


def paced(warehouse, *, changes, bookings):
    """Mark that many no-shows and measure the apply."""
    seconds = [0.0]
    sandbox = Sandbox(
        new_sandbox(bookings).world,
        clock=Clock(NOW, monotonic=lambda: seconds[0]),
        rate_limit_per_minute=LIMIT,
    )
    lab = Lab(warehouse, sandbox=sandbox)

    def sleep(wait):
        seconds[0] += wait
        lab.now = NOW + timedelta(seconds=seconds[0])

    limiter = RateLimiter(clock=lambda: seconds[0], sleep=sleep)
    lab.sleep = sleep
    lab.transport.before = lambda _: sleep(LATENCY_SECONDS)
    lab.client = CalClient(
        "cal_sandbox_owner",
        base_url=lab.url,
        transport=lab.transport,
        sleep=sleep,
        limiter=limiter,
    )
    lab.wait_seconds = lambda: limiter.seconds_until_free(priority=True)
    members = {user.id for user in sandbox.world.users.values() if user.organization_id == 101}
    past = [
        b
        for b in sandbox.world.bookings
        if b.user_id in members and b.end < NOW and b.status == "accepted"
        if len(b.attendees) == 1 and not b.attendees[0].is_absent
    ][:changes]
    plan = lab.plan(*map(no_show, past), starts={b.uid: b.start for b in past})
    assert len(plan.changes) == changes
    for name in (ADA, GRACE):
        lab.approve(plan, name, expires_at=NOW + timedelta(hours=71))
    sleep(60.0)  # begin with a fresh window
    began, sent_before, used = seconds[0], len(sandbox.requests), time.process_time()

    assert lab.apply(plan).is_success

    return Paced(
        changes=changes,
        requests=len(sandbox.requests) - sent_before,
        minutes=(seconds[0] - began) / 60,
        throttled=sum(request.status == 429 for request in sandbox.requests),
        own_seconds=time.process_time() - used,
    )


def check(found):
    assert found.throttled == 0
    assert found.requests <= 3 * found.changes + found.minutes  # one more look after each wait
    assert found.share >= 0.95


def test_apply_uses_the_whole_rate_budget_and_is_never_throttled(warehouse):
    check(paced(warehouse, changes=120, bookings=3000))


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_apply_of_ten_thousand_changes_uses_the_whole_rate_budget(warehouse):
    found = paced(warehouse, changes=10_000, bookings=50_000)

    check(found)
    assert found.requests <= 3.02 * found.changes
