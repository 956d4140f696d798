"""Building plans: merged, ordered, deterministic, and read with few requests."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pipelines.reverse_sync.builder import build_plan, part
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.errors import PartialPlanError, RequestsRejectedError
from pipelines.reverse_sync.guards import Facts
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.references import with_results
from tests.pipelines.reverse_sync.planned import (
    OPEN,
    absent,
    built,
    client_of,
    context_of,
    edit,
    shown,
)
from tests.pipelines.reverse_sync.scenarios import (
    ADA,
    MONDAY,
    NOW,
    SCENARIOS,
    book,
    new_sandbox,
    past,
)

SCHEDULE = ChangeRequest(
    action="create_user_availability_schedule",
    body={"name": "Summer", "timeZone": "Europe/Rome", "isDefault": False},
    name="summer",
    source="requests.csv:9",
)


def past_bookings(sandbox, count):
    """Bookings of the past of the owner's organisation, each with an attendee not absent."""
    people = {u.id for u in sandbox.world.users.values() if u.organization_id == 101}
    rows = [
        row
        for row in sandbox.world.bookings
        if row.end < NOW
        and row.status == "accepted"
        and row.user_id in people
        and row.recurring_event_id is None
        and len(row.attendees) == 1
        and not row.attendees[0].is_absent
    ]
    assert len(rows) >= count
    return rows[:count]


def test_order_of_the_requests_does_not_matter():
    sandbox = new_sandbox()
    requests = [edit(5001 + n, source=f"r.csv:{n}") for n in range(6)]
    requests += [absent(row.uid, row.attendees[0].email) for row in past_bookings(sandbox, 5)]
    first = digest_of(built(sandbox, *requests).plan)

    for seed in range(5):
        random.Random(seed).shuffle(requests)
        assert digest_of(built(sandbox, *requests).plan) == first


def test_clock_is_not_in_the_plan():
    sandbox = new_sandbox()

    early = built(sandbox, edit()).plan
    late = built(sandbox, edit(), now=NOW.replace(hour=17)).plan

    assert digest_of(early) == digest_of(late)


def test_equal_requests_become_one_change_of_both():
    (change,) = built(new_sandbox(), edit(source="a.csv:2"), edit(source="b.csv:7")).plan

    assert change.source == "a.csv:2; b.csv:7"


def test_changes_of_different_fields_of_one_object_join():
    requests = [edit(afterEventBuffer=10), edit(title="Talk"), edit(title="Talk", hidden=True)]

    (change,) = built(new_sandbox(), *requests).plan

    assert change.body == {"afterEventBuffer": 10, "title": "Talk", "hidden": True}


def test_absences_of_one_booking_join():
    sandbox = new_sandbox()
    row = next(
        row
        for row in sandbox.world.bookings
        if row.end < NOW and len({p.email for p in row.attendees}) == len(row.attendees) > 1
    )
    one, two = (person.email for person in row.attendees[:2])
    requests = [absent(row.uid, one), absent(row.uid, two), absent(row.uid, one)]

    (change,) = built(sandbox, *requests).plan

    marked = [mark["email"] for mark in change.body["attendees"]]
    assert sorted(marked) == sorted([one, two])


@pytest.mark.parametrize(
    "requests",
    [
        [edit(title="One", source="a:1"), edit(title="Two", source="a:2")],
        [
            edit(source="a:1"),
            ChangeRequest(
                action="delete_event_type_by_id", target={"eventTypeId": 5001}, source="a:2"
            ),
        ],
    ],
    ids=["two values", "change and deletion"],
)
def test_contradiction_plans_neither_and_names_both(requests):
    found = built(new_sandbox(), *requests, edit(5002, source="a:3"))

    assert [change.source for change in found.plan] == ["a:3"]
    rule = "contradicts another request about the same object"
    assert [one.source for one in found.rejected if rule in one.rule] == ["a:1", "a:2"]
    assert all("a:1, a:2" in one.rule or "a:2, a:1" in one.rule for one in found.rejected)


def test_opposite_absences_contradict():
    sandbox = new_sandbox()
    names = past(sandbox)
    requests = [
        absent(names["uid"], names["email"], source="a:1"),
        absent(names["uid"], names["email"], is_absent=False, source="a:2"),
    ]

    assert len(built(sandbox, *requests).rejected) == 2


def test_bad_rows_are_told_and_good_rows_go_on():
    found = built(new_sandbox(), edit(), edit(9999, source="r.csv:3"), edit(titles="x"))

    assert len(found.plan.changes) == 1
    assert found.plan.totals.rejected == 2
    assert min(shown(found.rejected)) == "target: is not there, or not for this key"


def test_all_or_nothing_plans_nothing_where_one_row_is_bad():
    with pytest.raises(RequestsRejectedError, match=r"1 faults.*r\.csv:3: target.*Mend them"):
        built(new_sandbox(), edit(), edit(9999, source="r.csv:3"), all_or_nothing=True)


def test_creation_comes_before_what_needs_its_result():
    requests = [edit(scheduleId="result:summer.id"), SCHEDULE]

    first, second = built(new_sandbox(), *requests).plan

    assert (first.action, second.action) == (SCHEDULE.action, "edit_event_type_by_id")
    assert second.depends_on == (first.id,)
    assert second.body == {"scheduleId": f"result:{first.id}.id"}
    known = with_results(second, {first.id: {"id": 77}})
    assert known.body == {"scheduleId": 77}
    assert [one.value for one in known.done] == [77]


def test_member_of_a_team_that_the_plan_makes_is_planned_unread():
    requests = [
        ChangeRequest(
            action="create_team_in_organization",
            target={"orgId": 101},
            body={"name": "Success", "slug": "success"},
            name="team",
        ),
        ChangeRequest(
            action="add_member_to_team",
            target={"orgId": 101, "teamId": "result:team.id"},
            body={"userId": 1002, "role": "MEMBER"},
        ),
    ]

    team, member = built(new_sandbox(), *requests).plan

    assert member.before == {"matching": []}
    assert member.read.path["teamId"] == f"result:{team.id}.id"


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        (edit(scheduleId="result:winter.id"), "names the result of a request that is not there"),
        (
            ChangeRequest(
                action="update_schedule_by_id",
                target={"scheduleId": "result:summer.id"},
                body={"name": "x"},
            ),
            "is made by this plan; put the values into its creation",
        ),
    ],
    ids=["unknown name", "change of what is made"],
)
def test_result_that_cannot_be_used_is_refused(request_, rule):
    found = built(new_sandbox(), SCHEDULE, request_)

    assert len(found.plan.changes) == 1
    assert rule in found.rejected[0].rule


def test_creations_come_first_and_deletions_last():
    sandbox = new_sandbox()
    requests = [
        ChangeRequest(action="delete_event_type_by_id", target={"eventTypeId": 5002}),
        edit(),
        SCHEDULE,
    ]

    assert [change.action for change in built(sandbox, *requests).plan] == [
        "create_user_availability_schedule",
        "edit_event_type_by_id",
        "delete_event_type_by_id",
    ]


def test_deletion_of_what_is_gone_is_done_already():
    request = ChangeRequest(action="delete_event_type_by_id", target={"eventTypeId": 9999})

    assert built(new_sandbox(), request).plan.totals.already_so == {request.action: 1}


def test_two_wanted_bookings_need_names():
    body = {"start": MONDAY, "eventTypeId": 5002, "attendee": ADA}
    request = ChangeRequest(action="create_a_new_booking", body=body)
    sandbox = new_sandbox()

    same = built(sandbox, request, request).plan
    two = built(sandbox, request, replace(request, name="second")).plan

    assert len(same.changes) == 1
    marks = [change.body["metadata"]["calWarehouseChange"] for change in two]
    assert sorted(marks) == sorted(change.id for change in two)
    assert len(set(marks)) == 2


def test_totals_add_up_mails_requests_and_time():
    sandbox = new_sandbox()
    uids = [book(sandbox, start=f"2026-12-08T{hour}:00:00.000Z") for hour in (13, 14, 15)]
    requests = [
        ChangeRequest(
            action="cancel_booking_via_uid",
            target={"bookingUid": uid},
            body={"cancellationReason": "ill"},
        )
        for uid in uids
    ]

    totals = built(sandbox, *requests, requests_per_minute=4).plan.totals

    host = "ingrid.halvorsen@example.com"
    assert totals.by_action == {"cancel_booking_via_uid": 3}
    assert totals.mails_by_attendee == {ADA["email"]: 3}
    assert totals.mails_by_host == {host: 3}
    assert totals.changes_by_host == {host: 3}
    assert (totals.requests, totals.minutes) == (9, 3)


def test_subscribers_of_a_trigger_are_named():
    sandbox = new_sandbox()
    request = SCENARIOS["cancel_booking_via_uid"].request(sandbox, "cancel_booking_via_uid")
    known = {"BOOKING_CANCELLED": ["https://hooks.example.com/user"]}

    (change,) = built(sandbox, request, subscribers=known).plan

    assert change.effects.webhooks == ("BOOKING_CANCELLED https://hooks.example.com/user",)


def test_lists_cover_many_targets_and_give_the_same_plan():
    sandbox = new_sandbox(bookings=900)
    rows = past_bookings(sandbox, 60)
    requests = [absent(row.uid, row.attendees[0].email) for row in rows]
    requests += [edit(5001 + n) for n in range(3)]
    few, many = client_of(sandbox), client_of(sandbox)

    starts = {row.uid: row.start for row in rows}
    covered = build_plan(requests, context_of(sandbox, sender=few, starts=starts))
    single = build_plan(requests, context_of(sandbox, sender=many))

    assert digest_of(covered.plan) == digest_of(single.plan)
    assert few.requests_made < 15
    assert many.requests_made >= 61


def test_stale_starts_of_the_warehouse_only_cost_requests():
    sandbox = new_sandbox(bookings=900)
    rows = past_bookings(sandbox, 60)
    requests = [absent(row.uid, row.attendees[0].email) for row in rows]
    wrong = {row.uid: row.start.replace(year=2020) for row in rows}

    plan = built(sandbox, *requests, starts=wrong).plan

    assert digest_of(plan) == digest_of(built(sandbox, *requests).plan)


def test_building_a_plan_sends_no_write():
    sandbox = new_sandbox()
    for action in ("cancel_booking_via_uid", "delete_event_type_by_id"):
        request = SCENARIOS[action].request(sandbox, action)
        before = len(sandbox.requests)
        built(sandbox, request)
        assert {one.method for one in sandbox.requests[before:]} == {"GET"}


def test_part_of_a_plan_has_totals_guards_and_a_digest_of_its_own():
    plan = built(new_sandbox(), edit(), edit(5002), edit(5003)).plan
    keep = [plan.changes[0].id, plan.changes[2].id]

    kept = part(plan, keep, OPEN, Facts())

    assert [change.id for change in kept] == keep
    assert kept.totals.by_action == {"edit_event_type_by_id": 2}
    assert kept.part_of == digest_of(plan)
    assert digest_of(kept) != digest_of(plan)


@pytest.mark.parametrize(
    ("choose", "told"),
    [
        (lambda _: ["nothing"], "the plan has no change nothing"),
        (lambda plan: [plan.changes[1].id], "what is kept needs"),
        (lambda _: [], "nothing is kept"),
    ],
    ids=["unknown", "without what it needs", "empty"],
)
def test_part_that_cannot_stand_alone_is_refused(choose, told):
    plan = built(new_sandbox(), SCHEDULE, edit(scheduleId="result:summer.id")).plan

    with pytest.raises(PartialPlanError, match=told):
        part(plan, choose(plan), OPEN, Facts())
