"""Rehearsals: the warehouse's state in the sandbox, and a plan applied to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox
from pipelines.options import SyncOptions
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import Breach
from pipelines.reverse_sync.policy import QuietHours
from pipelines.reverse_sync.rehearse import rehearse
from pipelines.reverse_sync.warehouse_world import world_of
from pipelines.sync import sync
from tests.pipelines.reverse_sync.approved import NOW
from tests.pipelines.reverse_sync.lab import Lab, cancel
from tests.pipelines.reverse_sync.scenarios import new_sandbox

LISTS = {
    "/v2/me": "2024-08-13",
    "/v2/schedules": "2024-06-11",
    "/v2/event-types": "2024-06-14",
    "/v2/teams": "2024-08-13",
    "/v2/organizations/101/memberships": "2024-08-13",
    "/v2/organizations/101/users": "2024-08-13",
    "/v2/organizations/101/teams/102/event-types": "2024-06-14",
    "/v2/organizations/101/attributes": "2024-08-13",
    "/v2/organizations/101/ooo": "2024-08-13",
}


def synced(lab):
    sync(lab.warehouse, lambda **more: Extraction(lab.client, strict=False, **more), SyncOptions())


def answer(sandbox, path, key, version):
    headers = {"authorization": f"Bearer cal_sandbox_{key}", "cal-api-version": version}
    reply = sandbox.respond("GET", path, (), headers)
    data = reply.json().get("data")
    by_id = sorted(data, key=lambda row: str(row["id"])) if isinstance(data, list) else data
    return reply.status, by_id


@pytest.mark.reference
def test_world_of_the_warehouse_answers_as_the_synced_server_did(warehouse, recorded_sandbox):
    lab = Lab(warehouse, sandbox=recorded_sandbox)
    synced(lab)
    now = recorded_sandbox.clock.now()

    other = Sandbox(world_of(warehouse, 1001, now), now=now, rate_limits=False)

    for path, version in LISTS.items():
        asked = (path, "owner", version), (path, "rehearsal", version)
        assert answer(other, *asked[1]) == answer(recorded_sandbox, *asked[0]), path
    bookings = list(other.world.bookings)
    assert len(bookings) == 1809
    for booking in bookings[::20]:
        path = f"/v2/bookings/{booking.uid}"
        theirs = answer(recorded_sandbox, path, "owner", "2024-08-13")
        assert answer(other, path, "rehearsal", "2024-08-13") == theirs


@pytest.fixture
def lab(warehouse):
    sandbox = new_sandbox()
    served = Sandbox(sandbox.world, now=NOW, rate_limit_per_minute=10**6)
    return Lab(warehouse, sandbox=served)


def test_rehearsal_applies_the_plan_to_the_warehouses_state_only(lab):
    uids = lab.bookings(2)
    synced(lab)
    plan = lab.plan(*map(cancel, uids))

    rehearsal = rehearse(plan, lab.policy, lab.warehouse, lab.now)

    assert rehearsal.is_success
    assert all(("status", "accepted", "cancelled") in one.differences for one in rehearsal.changes)
    assert rehearsal.mails["cancelled", "ada@example.com"] == 2
    assert {trigger for trigger, _ in rehearsal.webhooks} == {"BOOKING_CANCELLED"}
    assert rehearsal.mails_not_foretold == rehearsal.mails_not_sent == ()
    assert lab.writes() == []
    assert lab.journal.last() is None


def test_rehearsal_takes_bookings_whose_host_is_gone(lab):
    uid, orphan = lab.bookings(2)
    lab.sandbox.world.edit_booking(orphan, user_id=None)
    synced(lab)

    assert rehearse(lab.plan(cancel(uid)), lab.policy, lab.warehouse, lab.now).is_success


def test_rehearsal_shows_a_conflict_where_the_warehouse_is_older_than_the_plan(lab):
    uid = lab.bookings(1)[0]
    synced(lab)
    booking = lab.sandbox.world.bookings.by_uid(uid)
    lab.sandbox.world.edit_booking(uid, start=booking.start.replace(hour=3))
    plan = lab.plan(cancel(uid))

    (one,) = rehearse(plan, lab.policy, lab.warehouse, lab.now).changes

    assert one.result.outcome is Outcome.CONFLICT
    assert one.differences == ()


def test_plan_that_breaks_a_guard_or_waits_for_the_morning_can_be_rehearsed(lab):
    uid = lab.bookings(1)[0]
    synced(lab)
    breach = Breach(guard="maximum_changes", message="1 of 0")
    plan = replace(lab.plan(cancel(uid)), breaches=(breach,))
    policy = replace(lab.policy, quiet_hours=QuietHours(start=time(0), end=time(23, 59)))

    assert rehearse(plan, policy, lab.warehouse, lab.now).is_success


def test_rehearsal_needs_no_secret(lab):
    synced(lab)
    body = {
        "active": True,
        "subscriberUrl": "https://hooks.example.com/new",
        "triggers": ["BOOKING_CREATED"],
        "secret": "secret:HOOK",
    }
    plan = lab.plan(ChangeRequest(action="create_webhook_subscription", body=body))

    assert rehearse(plan, lab.policy, lab.warehouse, lab.now).is_success
