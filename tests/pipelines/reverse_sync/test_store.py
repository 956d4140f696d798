"""Plans in the warehouse: kept once, read back to the byte, rows for analysts beside them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from pipelines.reverse_sync.change_requests import Rejected
from pipelines.reverse_sync.errors import PlanFileError, UnknownPlanError
from pipelines.reverse_sync.plan import Effects, Mail, Person, Touched, digest_of
from pipelines.reverse_sync.store import read_plan, write_plan, write_rejected
from tests.pipelines.reverse_sync.approved import NOW, change_of, plan_of

TOUCHED = Touched(
    booking_uid="abc",
    starts_at="2026-12-01T09:00:00.000Z",
    event_type_id=5001,
    hosts=("host@example.com",),
    attendees=(Person(email="Ada@Example.com", time_zone="UTC"),),
)
EFFECTS = Effects(
    mails=(
        Mail(kind="cancelled", to="host@example.com"),
        Mail(kind="cancelled", to="Ada@Example.com"),
        Mail(kind="reassigned_to_you", to="host 7"),
    )
)
PLAN = plan_of(
    change_of(touched=TOUCHED, effects=EFFECTS), change_of(target={"bookingUid": "other"})
)


def test_plan_is_kept_once_and_comes_back(any_warehouse):
    digest = write_plan(any_warehouse, PLAN, NOW)
    assert write_plan(any_warehouse, PLAN, NOW) == digest == digest_of(PLAN)

    assert read_plan(any_warehouse, digest) == PLAN
    assert read_plan(any_warehouse, digest[:8]) == PLAN
    assert any_warehouse.scalar("select count(*) from ops.plans") == 1
    assert any_warehouse.scalar("select count(*) from ops.plan_changes") == 2


def test_rows_of_a_plan_say_whom_it_concerns(any_warehouse):
    write_plan(any_warehouse, PLAN, NOW)

    changes = any_warehouse.rows(
        "select booking_uid, event_type_id, flags, target from ops.plan_changes order by position"
    )
    people = any_warehouse.rows(
        "select role, email, email_domain, mail_count from ops.plan_people order by role, email"
    )
    assert (changes[0]["booking_uid"], changes[0]["event_type_id"]) == ("abc", 5001)
    assert json.loads(changes[1]["target"]) == {"bookingUid": "other"}
    assert [tuple(row.values()) for row in people] == [
        ("attendee", "Ada@Example.com", "example.com", 1),
        ("host", "host@example.com", "example.com", 1),
        ("mailed", "host 7", "", 1),
    ]


@pytest.mark.parametrize("digest", ["", "zz", "abc"])
def test_unknown_digest_is_told(any_warehouse, digest):
    write_plan(any_warehouse, PLAN, NOW)
    write_plan(any_warehouse, plan_of(), NOW)

    with pytest.raises(UnknownPlanError, match="Give more digits"):
        read_plan(any_warehouse, digest)


@pytest.mark.parametrize(
    "edit",
    [
        "update ops.plan_changes set content = replace(content, 'abc', 'xyz')",
        "update ops.plans set content = replace(content, 'ill', 'well')",
        "delete from ops.plan_changes where position = 1",
        "update ops.plan_changes set position = 3 - position",
    ],
)
def test_plan_edited_in_the_warehouse_is_refused(any_warehouse, edit):
    digest = write_plan(any_warehouse, PLAN, NOW)
    assert read_plan(any_warehouse, digest) == PLAN
    assert any_warehouse.execute(edit) > 0

    with pytest.raises(PlanFileError, match="has another digest"):
        read_plan(any_warehouse, digest)


def test_plan_of_another_version_is_refused(any_warehouse):
    digest = write_plan(any_warehouse, replace(PLAN, format=1), NOW)

    with pytest.raises(PlanFileError, match="has format 1, and this version reads 2"):
        read_plan(any_warehouse, digest)


def test_digest_can_be_checked_with_sql(any_warehouse):
    digest = write_plan(any_warehouse, PLAN, NOW)
    whole, changes = (
        any_warehouse.scalar("select content from ops.plans"),
        any_warehouse.scalar(
            "select string_agg(content, ',' order by position) from ops.plan_changes"
        ),
    )

    text = whole.replace('"changes":[]', f'"changes":[{changes}]')
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_rejected_requests_are_kept_with_their_rule(any_warehouse):
    fault = Rejected(source="r.csv:3", action="x", field="f", value="v", rule="must be")

    write_rejected(any_warehouse, "run-1", [fault, fault], NOW)
    write_rejected(any_warehouse, "run-2", [], NOW)

    rows = any_warehouse.rows(
        "select run_id, number, source, field, value, rule from ops.rejected_requests "
        "order by number"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("run-1", 1, "r.csv:3", "f", "v", "must be"),
        ("run-1", 2, "r.csv:3", "f", "v", "must be"),
    ]


def test_many_changes_are_written_with_few_statements(any_warehouse):
    plan = plan_of(*(change_of(target={"bookingUid": f"uid{n}"}) for n in range(450)))

    write_plan(any_warehouse, plan, NOW)

    assert any_warehouse.scalar("select count(*) from ops.plan_changes") == 450
    assert any_warehouse.scalar("select max(position) from ops.plan_changes") == 450
