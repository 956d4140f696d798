"""A later sync compares what applied plans had changed with what it read."""

from __future__ import annotations

import pytest

from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox
from pipelines.options import SyncOptions
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.store import write_plan
from pipelines.reverse_sync.unverified import verify_effects
from pipelines.sync import sync
from tests.pipelines.reverse_sync.approved import GRACE, NOW
from tests.pipelines.reverse_sync.lab import Lab, cancel
from tests.pipelines.reverse_sync.scenarios import SCENARIOS, new_sandbox

EVERYTHING = frozenset({"bookings", "schedules", "event_types", "memberships", "users", "webhooks"})
SHOWN = (
    "cancel_booking_via_uid",
    "reschedule_booking_by_uid",
    "create_a_new_booking",
    "mark_booking_absent_for_uid",
    "create_user_availability_schedule",
    "update_schedule_by_id",
    "delete_schedule_by_id",
    "edit_event_type_by_id",
    "modify_organization_membership_by_id",
)


@pytest.fixture
def lab(warehouse):
    sandbox = new_sandbox()
    served = Sandbox(sandbox.world, now=NOW, rate_limit_per_minute=10**6)
    return Lab(warehouse, sandbox=served)


def applied(lab, *requests):
    plan = lab.plan(*requests)
    write_plan(lab.warehouse, plan, lab.now)
    lab.approve(plan)
    lab.approve(plan, GRACE)
    assert lab.apply(plan).is_success
    return plan


def synced(lab, *tables):
    return sync(
        lab.warehouse,
        lambda **more: Extraction(lab.client, strict=False, **more),
        SyncOptions(only=tables),
    )


def verified(lab, run_id="run-1", tables=EVERYTHING):
    return verify_effects(lab.warehouse, run_id, lab.now, is_read=tables)


def test_applied_changes_are_found_by_the_next_sync(lab):
    plans = [applied(lab, SCENARIOS[action].request(lab.sandbox, action)) for action in SHOWN]
    synced(lab, "bookings", "schedules", "event_types", "memberships")

    found = verified(lab)

    actions = {digest_of(plan): plan.changes[0].action for plan in plans}
    assert {actions[one.plan_digest]: one.difference for one in found} == dict.fromkeys(SHOWN, "")
    assert verified(lab, "run-2") == []
    rows = lab.warehouse.rows("select distinct run_id, is_verified from ops.effect_verification")
    assert rows == [{"run_id": "run-1", "is_verified": True}]


def test_change_that_somebody_took_back_is_told_by_every_sync(lab):
    schedule = next(s for s in lab.sandbox.world.schedules.values() if s.owner_id == 1001)
    request = ChangeRequest(
        action="update_schedule_by_id", target={"scheduleId": schedule.id}, body={"name": "Ours"}
    )
    applied(lab, request)
    lab.sandbox.world.edit("schedules", schedule.id, name="Theirs")
    synced(lab, "schedules")

    assert ["name" in one.difference for one in verified(lab)] == [True]
    assert len(verified(lab, "run-2")) == 1
    lab.sandbox.world.edit("schedules", schedule.id, name="Ours")
    synced(lab, "schedules")
    assert [one.difference for one in verified(lab, "run-3")] == [""]
    assert verified(lab, "run-4") == []


def test_new_object_that_a_later_change_altered_is_still_found_and_one_that_went_is_told(lab):
    body = {"name": "Summer", "timeZone": "Europe/Berlin", "isDefault": False}
    request = ChangeRequest(action="create_user_availability_schedule", body=body)
    plan = applied(lab, request)
    (made,) = [s for s in lab.sandbox.world.schedules.values() if s.name == "Summer"]
    lab.sandbox.world.edit("schedules", made.id, name="Autumn")
    synced(lab, "schedules")

    assert [(one.plan_digest, one.difference) for one in verified(lab)] == [(digest_of(plan), "")]
    lab.warehouse.execute("delete from ops.effect_verification")
    del lab.sandbox.world.schedules[made.id]
    lab.sandbox.world.touch()
    synced(lab, "schedules")
    assert [one.difference for one in verified(lab)] == ["what was made is not there"]


def test_table_that_the_sync_did_not_read_says_nothing(lab):
    applied(lab, cancel(*lab.bookings(1)))
    synced(lab, "schedules")

    assert verified(lab, tables=frozenset({"schedules"})) == []


def test_booking_that_is_not_in_the_warehouse_is_told(lab):
    applied(lab, cancel(*lab.bookings(1)))

    assert [one.difference for one in verified(lab)] == ["the object is not there"]
