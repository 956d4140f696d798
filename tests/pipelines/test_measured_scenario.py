"""The scenario that was measured against a real server, replayed on the recorded account.

After 60 attendees were marked absent anywhere in the past year, 20 bookings cancelled and one
member removed, a dlt `rest_api` pipeline as its documentation suggests left 190 of 1,691 bookings
wrong. Here the next ordinary run has to leave none.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from cal_source.sandbox import Sandbox, World
from pipelines.status import warehouse_status
from pipelines.warehouse import Warehouse
from tests.account import sync_now
from tests.oracle import differences, history_problems, snapshot

pytestmark = pytest.mark.reference

BOOKINGS = "/v2/organizations/101/bookings"
HEADERS = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}
REMOVED = 1005
MARKS, CANCELS = 60, 20


@pytest.fixture
def recorded(reference_dir):
    """The recorded account, without a limit of requests."""
    return Sandbox(World.from_folder(reference_dir / "world"), rate_limit_per_minute=10**6)


def ask(sandbox, method, path, body=None) -> Any:
    raw = b"" if body is None else msgspec.json.encode(body)
    return sandbox.respond(method, path, [], HEADERS, raw)


def visible_total(sandbox) -> int:
    return int(ask(sandbox, "GET", BOOKINGS).json()["pagination"]["totalItems"])


@dataclass(frozen=True)
class Changed:
    """What the scenario did; all of it through Cal.com's own writes."""

    marked: int
    cancelled: int
    hidden: int


def change(sandbox: Sandbox, rng: Random, *, removes_member: bool = True) -> Changed:
    """Mark, cancel and remove, as the measured scenario did."""
    sandbox.clock.advance(timedelta(hours=3))
    now, visible = sandbox.clock.now(), visible_total(sandbox)
    year = timedelta(days=365)
    rows = [b for b in sandbox.world.bookings if b.user_id in {1001, 1002, 1003, 1004}]
    past = [b for b in rows if now - year < b.start < now and b.attendees]
    ahead = [b for b in rows if b.start > now and b.status == "accepted"]
    marked = cancelled = 0
    for booking in rng.sample(past, len(past)):
        person = booking.attendees[0]
        if marked < MARKS and not person.is_absent:
            body = {"attendees": [{"email": person.email, "absent": True}]}
            path = f"/v2/bookings/{booking.uid}/mark-absent"
            marked += ask(sandbox, "POST", path, body).status == 200
    for booking in rng.sample(ahead, len(ahead)):
        if cancelled < CANCELS:
            path = f"/v2/bookings/{booking.uid}/cancel"
            body = {"cancellationReason": "Ill"}
            cancelled += ask(sandbox, "POST", path, body).status == 200
    if removes_member:
        membership = sandbox.world.membership(101, REMOVED)
        path = f"/v2/organizations/101/memberships/{membership.id}"
        assert ask(sandbox, "DELETE", path).status == 200
    sandbox.clock.advance(timedelta(hours=1))
    return Changed(marked, cancelled, visible - visible_total(sandbox))


def by_kind(problems) -> dict[str, int]:
    """Count the bookings that are missing, stale and left over."""
    counts = Counter(p.split(" bookings ")[0] for p in problems if " bookings " in p)
    return {kind: counts.pop(kind, 0) for kind in ("missing", "stale", "left over")} | counts


def test_measured_scenario_leaves_nothing_wrong_after_the_next_ordinary_run(
    recorded, warehouse, capsys
):
    first = sync_now(warehouse, recorded)
    past = {recorded.clock.now(): snapshot(warehouse)}
    assert (first.outcome, first.tables["bookings"]["rows"]) == ("proved", 1809)
    changed = change(recorded, Random(5))
    before = by_kind(differences(warehouse, recorded))

    second = sync_now(warehouse, recorded)

    past[recorded.clock.now()] = snapshot(warehouse)
    problems = differences(warehouse, recorded)
    with capsys.disabled():
        sys.stdout.write(
            f"\nmeasured scenario: {changed}; wrong before the run {before}, after it "
            f"{by_kind(problems)}; {second.requests} requests, "
            f"{dict(second.booking_requests)} of them for bookings\n"
        )
    assert (changed.marked, changed.cancelled) == (MARKS, CANCELS)
    assert changed.hidden > 50
    assert before["stale"] >= MARKS
    assert before["left over"] == changed.hidden
    assert problems == []
    assert second.outcome == "proved"
    assert history_problems(warehouse, past) == []


def test_absences_in_an_account_that_exceeds_the_budget_are_found_in_turn(
    recorded, tmp_path, capsys
):
    """Nothing stamps them: they are seen when their days are read again, and status says so."""
    small = {"page_size": 100, "reread_requests": 12, "workers": 1}
    stale, unread, requests = [], [], []
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        sync_now(warehouse, recorded, **small)
        change(recorded, Random(6), removes_member=False)
        most_runs = _most_runs(warehouse, **small)
        while len(stale) < most_runs and stale[-1:] != [0]:
            result = sync_now(warehouse, recorded, **small)
            wrong = by_kind(differences(warehouse, recorded))
            assert (result.outcome, wrong["missing"], wrong["left over"]) == ("proved", 0, 0)
            stale.append(wrong["stale"])
            unread.append(warehouse_status(warehouse, recorded.clock.now()).unread_bookings)
            requests.append(result.booking_requests.total())
            recorded.clock.advance(timedelta(hours=1))

    with capsys.disabled():
        sys.stdout.write(f"\nsmall budget: stale {stale}, unread {unread}, requests {requests}\n")
    assert MARKS >= stale[0] > 0, "the account fits the budget: this shows nothing"
    assert stale[-1] == 0
    assert all(wrong <= left for wrong, left in zip(stale, unread, strict=True))
    assert max(requests) <= small["reread_requests"] + 20


def _most_runs(warehouse, *, page_size, reread_requests, workers) -> int:
    """How many runs read every day again, when half of the budget goes to the present."""
    rows, days = warehouse.connection.execute(
        "select count(*), count(distinct date_trunc('day', start)) from raw.bookings"
    ).fetchone()
    return -(-(rows // page_size + days) * 2 // reread_requests)
