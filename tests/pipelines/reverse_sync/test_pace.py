"""The pace of an apply: the whole budget, no 429, three requests a change."""

from __future__ import annotations

from datetime import timedelta

from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from cal_source.sandbox import Sandbox
from cal_source.sandbox.clock import Clock
from pipelines.reverse_sync.change_requests import ChangeRequest
from tests.pipelines.reverse_sync.approved import GRACE, NOW
from tests.pipelines.reverse_sync.lab import Lab
from tests.pipelines.reverse_sync.scenarios import new_sandbox

LIMIT = 120  # requests a minute
LATENCY_SECONDS = 0.05
CHANGES = 120


def no_show(booking):
    mark = {"email": booking.attendees[0].email, "absent": True}
    return ChangeRequest(
        action="mark_booking_absent_for_uid",
        target={"bookingUid": booking.uid},
        body={"attendees": [mark]},
    )


def test_apply_uses_the_whole_rate_budget_and_is_never_throttled(warehouse):
    seconds = [0.0]
    sandbox = Sandbox(
        new_sandbox(3000).world,
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
    past = [
        b
        for b in sandbox.world.bookings
        if b.user_id == 1001 and b.end < NOW and b.status == "accepted" and b.attendees
        if not b.attendees[0].is_absent
    ][:CHANGES]
    plan = lab.plan(*map(no_show, past), starts={b.uid: b.start for b in past})
    lab.approve(plan)
    lab.approve(plan, GRACE)
    sleep(60.0)  # begin with a fresh window
    began, sent_before = seconds[0], len(sandbox.requests)

    assert lab.apply(plan).is_success

    sent = len(sandbox.requests) - sent_before
    minutes = (seconds[0] - began) / 60
    assert len(past) == CHANGES
    assert all(request.status != 429 for request in sandbox.requests)
    assert sent <= 3 * CHANGES + minutes  # one more look after each wait for the budget
    assert sent / minutes >= 0.95 * LIMIT
