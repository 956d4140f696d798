"""Desired state: rows say how things are to be, and the difference is planned."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cal_source.catalogue import Kind, operation
from pipelines.reverse_sync.actions import ACTIONS
from pipelines.reverse_sync.desired import ENTITIES, desired_requests
from tests.pipelines.reverse_sync.planned import built, client_of
from tests.pipelines.reverse_sync.scenarios import new_sandbox, send, subscribed_at

HOOK = {
    "event_type_id": 5001,
    "subscriber_url": "https://hooks.example.com/new",
    "active": True,
    "triggers": '["BOOKING_CREATED"]',
}


def planned(sandbox, entity, *rows, prune=False):
    """The plan that brings an entity to what the rows want, and the rows that say nothing."""
    numbered = [(f"wanted.sql row {n}", row) for n, row in enumerate(rows, 1)]
    requests, rejected = desired_requests(entity, numbered, client_of(sandbox), prune=prune)
    found = built(sandbox, *requests)
    return found, rejected


def did(found):
    return [(change.action, change.body) for change in found.plan]


@pytest.mark.parametrize("entity", ENTITIES)
def test_levels_name_writes_and_reads_that_are_there(entity):
    for level in ENTITIES[entity]:
        writes = [key for key in (level.update, level.creation, level.deletion) if key]
        assert all(key in ACTIONS for key in writes)
        assert not level.listing or operation(level.listing).kind is Kind.READ
        assert bool(level.listing) == bool(level.id_name) == bool(level.identity)


def test_buffer_of_event_types_is_raised_where_it_is_another():
    sandbox = new_sandbox()
    sandbox.world.event_types[5002].settings["afterEventBuffer"] = 15
    rows = [{"event_type_id": number, "after_event_buffer": 15} for number in (5001, 5002)]

    found, rejected = planned(sandbox, "event_types", *rows)

    assert rejected == []
    assert did(found) == [("edit_event_type_by_id", {"afterEventBuffer": 15})]
    assert found.already_so == ("wanted.sql row 2",)


def test_null_is_no_wish_and_warehouse_types_become_json():
    row = {
        "event_type_id": Decimal(5001),
        "after_event_buffer": Decimal(15),
        "title": None,
        "reason": "more air",
    }

    found, _ = planned(new_sandbox(), "event_types", row)

    (change,) = found.plan
    assert change.body == {"afterEventBuffer": 15}
    assert change.reason == "more air"


def test_missing_webhook_is_made_and_another_is_changed():
    sandbox = new_sandbox()
    subscribed_at("/v2/event-types/5001/webhooks")(sandbox)
    there = {**HOOK, "subscriber_url": "https://hooks.example.com/there", "active": False}

    found, _ = planned(sandbox, "webhooks", HOOK, there)

    assert sorted(change.action for change in found.plan) == [
        "create_webhook_for_event_type",
        "patch_webhook_event_type",
    ]
    changed = next(c for c in found.plan if c.action == "patch_webhook_event_type")
    assert changed.after == {"active": False, "triggers": ["BOOKING_CREATED"]}


def test_webhook_that_nobody_wants_is_removed_only_when_pruning():
    sandbox = new_sandbox()
    names = subscribed_at("/v2/event-types/5002/webhooks")(sandbox)
    row = {**HOOK, "event_type_id": 5002}

    kept, _ = planned(sandbox, "webhooks", row)
    pruned, _ = planned(sandbox, "webhooks", row, prune=True)

    assert [change.action for change in kept.plan] == ["create_webhook_for_event_type"]
    removed = [c for c in pruned.plan if c.action == "delete_webhook_for_event_type"]
    assert names["webhook"] in [change.target["webhookId"] for change in removed]


def test_roles_of_members_come_to_be_as_wanted():
    sandbox = new_sandbox()
    team = {"organization_id": 101, "team_id": 102}
    rows = [
        {**team, "user_id": 1004, "role": "ADMIN"},
        {**team, "user_id": 1003, "role": "ADMIN"},
        {**team, "user_id": 1002, "role": "MEMBER"},
    ]

    found, _ = planned(sandbox, "memberships", *rows)

    assert did(found) == [
        ("add_member_to_team", {"userId": 1002, "role": "MEMBER"}),
        ("update_team_membership_properties", {"role": "ADMIN"}),
    ]
    assert len(found.already_so) == 1


def test_pruned_team_loses_who_is_not_named():
    sandbox = new_sandbox()
    rows = [{"organization_id": 101, "team_id": 107, "user_id": 1002, "role": "MEMBER"}]

    found, _ = planned(sandbox, "memberships", *rows, prune=True)

    (change,) = found.plan
    assert change.action == "delete_membership_in_team"
    assert change.before["userId"] == 1011


def test_hosts_get_another_default_schedule():
    sandbox = new_sandbox()
    body = {"name": "Summer", "timeZone": "Asia/Tokyo", "isDefault": False}
    made = send(sandbox, "POST", "/v2/organizations/101/users/1003/schedules", body)["id"]
    row = {"organization_id": 101, "user_id": 1003, "default_schedule_id": made}

    found, _ = planned(sandbox, "users", row)

    assert did(found) == [("patch_organization_user_details", {"defaultScheduleId": made})]


def test_schedule_of_a_member_gets_other_hours():
    hours = '[{"days": ["Monday"], "startTime": "08:00", "endTime": "10:00"}]'
    sandbox = new_sandbox()
    mine = next(s.id for s in sandbox.world.schedules.values() if s.owner_id == 1003)
    row = {"organization_id": 101, "user_id": 1003, "schedule_id": mine, "availability": hours}

    found, rejected = planned(sandbox, "schedules", row)

    assert (rejected, found.rejected) == ([], ())
    assert found.plan.changes[0].body["availability"][0]["endTime"] == "10:00"


def test_row_that_names_no_place_is_refused():
    at = datetime(2026, 1, 1, tzinfo=UTC)

    found, (fault,) = planned(new_sandbox(), "memberships", {"user_id": 1, "created_at": at})

    assert found.plan.changes == ()
    assert str(fault) == (
        "wanted.sql row 1: row must have organization_id, team_id, user_id or team_id, user_id or "
        "organization_id, user_id"
    )
