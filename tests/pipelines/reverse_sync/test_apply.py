"""Applying: every change once, verified and noted; what stops it, and how it goes on."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cal_source.sandbox.faults import Fault, bare_error, html
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.errors import (
    ApprovalRefusedError,
    DecisionRefusedError,
    JournalError,
    PlanFinishedError,
)
from pipelines.reverse_sync.journal import Decision, decide
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.policy import QuietHours
from tests.pipelines.reverse_sync.approved import ADA, GRACE, MAKER, NOW, approval_of, revocation_of
from tests.pipelines.reverse_sync.lab import WRITES, Lab, cancel
from tests.pipelines.reverse_sync.scenarios import ADA as GUEST
from tests.pipelines.reverse_sync.scenarios import MONDAY, send

HOUR = timedelta(hours=1)


@pytest.fixture
def lab(warehouse):
    return Lab(warehouse)


def approved(lab, *requests):
    """A plan with both approvals."""
    plan = lab.plan(*requests)
    lab.approve(plan)
    lab.approve(plan, GRACE)
    return plan


def outcomes(result):
    return [change.outcome for change in result.changes]


def on_write(act, *, times=1, path=""):
    """Act before the first writes of a client, that many times."""
    left = itertools.repeat(None, times)

    def before(request):
        if request.method in WRITES and path in request.url.path:
            for _ in left:
                act(request)
                break

    return before


def lose(message="the connection broke"):
    def act(_request, _response=None):
        raise httpx.ReadError(message)

    return act


def lose_answers(times):
    """Lose that many answers of writes that were carried out."""
    left = itertools.repeat(None, times)

    def after(request, _response):
        if request.method in WRITES:
            for _ in left:
                raise httpx.ReadTimeout("late")

    return after


# Once ------------------------------------------------------------------------------------------


def test_apply_sends_each_change_once_and_verifies_it(lab):
    uids = lab.bookings(3)
    plan = approved(lab, *map(cancel, uids))

    result = lab.apply(plan)

    assert result.is_success
    assert result.approvers == (ADA, GRACE)
    assert [lab.status(uid) for uid in uids] == ["cancelled"] * 3
    assert sorted(lab.writes()) == sorted(("POST", f"/v2/bookings/{u}/cancel", 200) for u in uids)
    assert lab.outcomes(plan)[2:6] == ["started", "intent", "answer", "settled"]
    assert lab.outcomes(plan)[-1] == "finished"


def test_apply_looks_before_and_after_every_write(lab):
    plan = approved(lab, *map(cancel, lab.bookings(2)))
    before = len(lab.sandbox.requests)

    lab.apply(plan)

    methods = [request.method for request in lab.sandbox.requests[before:]]
    assert methods == ["GET", "POST", "GET"] * 2


def test_intent_is_in_the_journal_before_the_request_leaves(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    seen = []
    lab.transport.before = on_write(lambda _: seen.extend(lab.outcomes(plan)))

    lab.apply(plan)

    assert seen[-1] == "intent"


def test_journal_holds_no_secret_and_no_address(lab):
    plan = approved(
        lab,
        ChangeRequest(
            action="create_webhook_subscription",
            body={
                "active": True,
                "subscriberUrl": "https://hooks.example.com/new",
                "triggers": ["BOOKING_CREATED"],
                "secret": "secret:HOOK",
            },
        ),
        cancel(*lab.bookings(1)),
    )

    assert lab.apply(plan).is_success
    assert [w.secret for w in lab.sandbox.world.webhooks.values()].count("new-secret") == 1
    written = "".join(entry.content for entry in lab.journal.entries() if entry.change_id)
    assert "new-secret" not in written
    assert "@" not in written


# What others do meanwhile ----------------------------------------------------------------------


def test_target_changed_since_the_plan_is_a_conflict_and_left_alone(lab):
    uid, other = lab.bookings(2)
    plan = approved(lab, cancel(uid), cancel(other))
    moved = lab.sandbox.world.bookings.by_uid(uid)
    lab.sandbox.world.edit_booking(uid, start=moved.start + HOUR, end=moved.end + HOUR)

    result = lab.apply(plan)

    by_uid = {c.change.target["bookingUid"]: c for c in result.changes}
    assert by_uid[uid].outcome is Outcome.CONFLICT
    assert "start was changed" in by_uid[uid].reason
    assert by_uid[other].outcome is Outcome.DONE
    assert lab.status(uid) == "accepted"
    assert [path for _, path, _ in lab.writes()] == [f"/v2/bookings/{other}/cancel"]


def test_target_that_is_as_wanted_already_is_not_written(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    body = {"cancellationReason": "somebody was faster"}
    send(lab.sandbox, "POST", f"/v2/bookings/{uid}/cancel", body)
    lab.forget_calls()

    assert outcomes(lab.apply(plan)) == [Outcome.ALREADY_DONE]
    assert lab.writes() == []


def test_target_that_is_gone_is_a_conflict(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.sandbox.world.delete_booking(uid)

    result = lab.apply(plan)

    assert outcomes(result) == [Outcome.CONFLICT]
    assert "not there" in result.changes[0].reason


def test_change_right_before_the_call_is_answered_by_calcom_and_not_overwritten(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.transport.before = on_write(
        lambda _: lab.sandbox.world.edit_booking(uid, status="cancelled")
    )

    assert outcomes(lab.apply(plan)) == [Outcome.ALREADY_DONE]


# Answers that are lost -------------------------------------------------------------------------


def test_lost_answer_of_a_delivered_write_is_found_out_and_not_sent_again(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.transport.after = lose_answers(1)

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]
    assert len(lab.writes()) == 1


def test_write_that_never_arrived_is_sent_again_after_a_look_proved_it(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.transport.before = on_write(lose())

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]
    assert len(lab.writes()) == 1
    assert lab.outcomes(plan).count("intent") == 2
    assert sum(lab.slept) >= 10  # a request without an answer is given time to arrive


def test_write_that_never_arrives_is_left_to_a_person(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.transport.before = on_write(lose(), times=9)

    result = lab.apply(plan)

    assert outcomes(result) == [Outcome.UNKNOWN]
    assert "as it was before" in result.changes[0].reason
    assert lab.status(uid) == "accepted"


@pytest.mark.parametrize(
    ("effect", "sendings"), [(bare_error(), 1), (html(), 2)], ids=["Cal.com's own 500", "502"]
)
def test_failure_after_nothing_was_changed_is_repeated_only_when_a_proxy_said_it(
    lab, effect, sendings
):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    booking = lab.sandbox.world.bookings.by_uid(uid)

    def undo_in_the_server(_request, _response):
        lab.sandbox.world.edit_booking(uid, **{f: getattr(booking, f) for f in ("status",)})

    path = f"/v2/bookings/{uid}/cancel"
    lab.sandbox.faults.add(Fault(effect, method="POST", path=path, times=None))
    lab.transport.after = lambda r, a: r.method in WRITES and undo_in_the_server(r, a)

    assert outcomes(lab.apply(plan)) == [Outcome.UNKNOWN]
    assert len(lab.writes()) == sendings


def test_500_after_the_change_was_made_is_found_to_be_done(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    path = f"/v2/bookings/{uid}/cancel"
    lab.sandbox.faults.add(Fault(bare_error(), method="POST", path=path))

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]
    assert len(lab.writes()) == 1


def booking_request(name="one"):
    return ChangeRequest(
        action="create_a_new_booking",
        name=name,
        body={"start": MONDAY, "eventTypeId": 5002, "attendee": GUEST},
    )


def test_lost_answer_of_a_new_booking_is_found_by_its_token(lab):
    plan = approved(lab, booking_request())
    lab.transport.after = lose_answers(1)
    count = len(list(lab.sandbox.world.bookings))

    result = lab.apply(plan)

    assert outcomes(result) == [Outcome.DONE]
    assert len(list(lab.sandbox.world.bookings)) == count + 1


def test_write_that_shows_nowhere_stops_and_asks_when_its_answer_is_lost(lab):
    request = ChangeRequest(
        action="request_email_verification_code",
        target={"teamId": 102},
        body={"email": "desk@example.com"},
    )
    plan = approved(lab, request)
    lab.transport.after = lose_answers(9)

    result = lab.apply(plan)

    assert outcomes(result) == [Outcome.UNKNOWN]
    assert "shows nowhere" in result.changes[0].reason
    assert len(lab.writes()) == 1


def test_success_that_no_read_shows_is_unknown(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.transport.after = lambda r, _: (
        r.method in WRITES and lab.sandbox.world.edit_booking(uid, status="accepted")
    )

    result = lab.apply(plan)

    assert outcomes(result) == [Outcome.UNKNOWN]
    assert "a read does not show it" in result.changes[0].reason
    assert len(lab.writes()) == 1


def test_effect_that_shows_late_is_waited_for(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    world = lab.sandbox.world
    lab.transport.after = lambda r, _: (
        r.method in WRITES and world.edit_booking(uid, status="accepted")
    )
    sleep = lab.sleep

    def sleep_and_catch_up(seconds):
        sleep(seconds)
        world.edit_booking(uid, status="cancelled")

    lab.sleep = sleep_and_catch_up

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]


# Deciding --------------------------------------------------------------------------------------


def unknown_plan(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    lab.transport.before = on_write(lose(), times=9)
    lab.apply(plan)
    lab.transport.before = lambda _: None
    return uid, plan


def test_person_who_says_not_applied_lets_the_next_apply_send_it(lab):
    uid, plan = unknown_plan(lab)

    decide(lab.journal, plan, plan.changes[0].id, Decision.NOT_APPLIED, "asked the host")

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]
    assert lab.status(uid) == "cancelled"


def test_person_who_says_applied_settles_it(lab):
    _, plan = unknown_plan(lab)

    decide(lab.journal, plan, plan.changes[0].id, Decision.APPLIED, "asked the host")

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]
    assert lab.writes() == []


def test_only_an_unknown_change_can_be_decided(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    lab.apply(plan)

    with pytest.raises(DecisionRefusedError, match="is done"):
        decide(lab.journal, plan, plan.changes[0].id, Decision.NOT_APPLIED, "")
    with pytest.raises(DecisionRefusedError, match="no change 'nope'"):
        decide(lab.journal, plan, "nope", Decision.APPLIED, "")


# The gate --------------------------------------------------------------------------------------

CLOSED = {
    "no approval": lambda _lab, _plan: None,
    "one of two": lambda lab, plan: lab.approve(plan),
    "another plan's": lambda lab, plan: (
        lab.approve(replace(plan, reason="x")),
        lab.approve(replace(plan, reason="x"), GRACE),
    ),
    "expired": lambda lab, plan: (
        lab.approve(plan, expires_at=NOW - timedelta(minutes=1)),
        lab.approve(plan, GRACE),
    ),
    "revoked": lambda lab, plan: (
        lab.approve(plan),
        lab.approve(plan, GRACE),
        lab.store(revocation_of(plan)),
    ),
    "the author's own": lambda lab, plan: (lab.approve(plan), lab.approve(plan, MAKER)),
    "forged row": lambda lab, plan: (
        lab.approve(plan),
        lab.approve(plan, GRACE, key=MAKER),
    ),
    "row renamed to this plan": lambda lab, plan: (
        lab.approve(plan),
        lab.approve(replace(plan, reason="x"), GRACE),
        lab.warehouse.execute(
            "update ops.approvals set plan_digest = $plan", {"plan": digest_of(plan)}
        ),
    ),
    "row copied under another name": lambda lab, plan: (
        lab.approve(plan),
        lab.warehouse.execute(
            "insert into ops.approvals select 'x', kind, plan_digest, 'grace@example.com', "
            "reason, signed_at, expires_at, content, signature, stored_at from ops.approvals"
        ),
    ),
    "row that is no statement": lambda lab, plan: (
        lab.approve(plan),
        lab.approve(plan, GRACE),
        lab.warehouse.execute("update ops.approvals set content = '{}'"),
    ),
    "revocation deleted": lambda lab, plan: (
        lab.approve(plan),
        lab.approve(plan, GRACE),
        lab.store(revocation_of(plan)),
        lab.warehouse.execute("delete from ops.approvals where kind = 'revocation'"),
    ),
}


@pytest.mark.parametrize("prepare", CLOSED.values(), ids=CLOSED)
def test_nothing_is_sent_through_a_closed_gate_whatever_the_options(lab, prepare):
    plan = lab.plan(cancel(*lab.bookings(1)))
    prepare(lab, plan)
    before = len(lab.sandbox.requests)

    for targets, canary in itertools.product([(), (plan.changes[0].id,)], [None, 0, 1]):
        with pytest.raises(ApprovalRefusedError, match="Nothing was sent"):
            lab.apply(plan, targets=targets, canary=canary)

    assert len(lab.sandbox.requests) == before


def test_changed_plan_changed_policy_and_other_account_are_refused(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    change = plan.changes[0]
    edited = replace(plan, changes=(replace(change, body={"cancellationReason": "no"}),))
    with pytest.raises(ApprovalRefusedError, match="0 of 2 approvals"):
        lab.apply(edited)
    lab.policy = replace(lab.policy, digest="0" * 64)
    with pytest.raises(ApprovalRefusedError, match="policy file is not the one"):
        lab.apply(plan)
    lab.account = replace(lab.account, user_id=7)
    with pytest.raises(ApprovalRefusedError, match="for user 1001"):
        lab.apply(plan)

    assert lab.writes() == []


def test_approval_is_used_up_when_its_plan_is_finished(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    lab.apply(plan)

    with pytest.raises(PlanFinishedError, match="make a new plan"):
        lab.apply(plan)
    assert len(lab.writes()) == 1


def test_same_change_can_be_wanted_again_and_needs_an_approval_of_its_own(lab):
    key = next(k for k, s in lab.sandbox.world.schedules.items() if s.owner_id == 1001)
    former = lab.sandbox.world.schedules[key].name
    request = renaming(lab, "again")
    first = approved(lab, request)
    assert lab.plan(request) == first
    lab.apply(first)
    lab.sandbox.world.edit("schedules", key, name=former)

    second = lab.plan(request)

    assert second.repeats == digest_of(first)
    assert second.changes == first.changes
    with pytest.raises(ApprovalRefusedError):
        lab.apply(second)
    lab.approve(second)
    lab.approve(second, GRACE)
    assert lab.apply(second).is_success


def test_clock_that_was_set_back_behind_the_journal_closes_the_gate(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    lab.now -= HOUR

    with pytest.raises(ApprovalRefusedError, match="the clock says"):
        lab.apply(plan)
    assert lab.writes() == []


def test_tampered_journal_stops_every_apply(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    lab.warehouse.execute("update ops.reverse_journal set content = '{}' where sequence = 1")

    with pytest.raises(JournalError, match="Row 1"):
        lab.apply(plan)
    assert lab.writes() == []


def test_detached_files_serve_as_well_as_rows(lab):
    plan = lab.plan(cancel(*lab.bookings(1)))
    lab.files = [approval_of(plan), approval_of(plan, GRACE)]

    assert lab.apply(plan).is_success


def renaming(lab, number):
    schedule = next(s for s in lab.sandbox.world.schedules.values() if s.owner_id == 1001)
    return ChangeRequest(
        action="update_schedule_by_id",
        target={"scheduleId": schedule.id},
        body={"name": f"Hours {number}"},
    )


STATEMENTS = {
    "valid": approval_of,
    "other key": lambda plan: approval_of(plan, key=MAKER),
    "other plan": lambda plan: approval_of(replace(plan, reason="other")),
    "expired": lambda plan: approval_of(plan, expires_at=NOW - HOUR / 2),
    "author": lambda plan: approval_of(plan, MAKER),
    "revocation": revocation_of,
    "revoked by another": lambda plan: revocation_of(plan, GRACE),
    "too long": lambda plan: approval_of(plan, expires_at=NOW + 1000 * HOUR),
}
numbers = itertools.count()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    names=st.lists(st.sampled_from(list(STATEMENTS)), max_size=5),
    canary=st.sampled_from([None, 0, 3]),
    is_targeted=st.booleans(),
)
def test_no_write_reaches_calcom_without_a_valid_approval(lab, names, canary, is_targeted):
    plan = lab.plan(renaming(lab, next(numbers)))
    lab.files = [STATEMENTS[name](plan) for name in names]
    lab.forget_calls()
    may = "valid" in names and not {"revocation", "revoked by another"} & set(names)

    try:
        lab.apply(plan, canary=canary, targets=[plan.changes[0].id] if is_targeted else ())
    except ApprovalRefusedError:
        assert not may
        assert lab.writes() == []
    else:
        assert may
        assert len(lab.writes()) == 1


# The approval or the hours end in the middle ----------------------------------------------------


def slow(lab, by):
    """Let every write take that long."""
    lab.transport.after = lambda r, _: r.method in WRITES and lab.sleep(by.total_seconds())


def test_approval_that_expires_in_the_middle_stops_and_a_new_one_goes_on(lab):
    uids = lab.bookings(3)
    plan = lab.plan(*map(cancel, uids))
    lab.approve(plan)
    lab.approve(plan, GRACE, expires_at=NOW + timedelta(minutes=90))
    slow(lab, HOUR)

    result = lab.apply(plan)

    assert "expired at 2026-11-22 10:30" in result.stopped
    assert isinstance(result.error, ApprovalRefusedError)
    assert result.outcomes == {"done": 2, "open": 1}
    assert lab.outcomes(plan)[-1] == "stopped"
    lab.approve(plan, GRACE, signed_at=lab.now, expires_at=lab.now + 2 * HOUR)
    assert lab.apply(plan).is_success
    assert len(lab.writes()) == 3


def test_revocation_in_the_middle_stops_before_the_next_change(lab):
    plan = approved(lab, *map(cancel, lab.bookings(3)))
    lab.transport.after = lambda r, _: (
        r.method in WRITES and lab.files.append(revocation_of(plan, signed_at=lab.now))
    )

    result = lab.apply(plan)

    assert "was revoked" in result.stopped
    assert result.outcomes == {"done": 1, "open": 2}


def test_quiet_hours_that_begin_in_the_middle_hold_what_would_mail_people_in_their_night(lab):
    lab.policy = replace(lab.policy, quiet_hours=QuietHours(start=time(20), end=time(7)))
    lab.now = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)  # 19:30 where the attendee is
    plan = lab.plan(*map(cancel, lab.bookings(3)))
    for name in (ADA, GRACE):
        lab.approve(plan, name, expires_at=NOW + 24 * HOUR)
    slow(lab, timedelta(minutes=20))

    result = lab.apply(plan)

    assert result.outcomes == {"done": 2, "open": 1}
    assert result.changes[-1].held_until == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert result.stopped == ""
    lab.now = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    assert lab.apply(plan).is_success
    assert len(lab.writes()) == 3


def test_what_mails_nobody_goes_on_in_quiet_hours(lab):
    lab.policy = replace(lab.policy, quiet_hours=QuietHours(start=time(7), end=time(22)))
    plan = approved(lab, cancel(*lab.bookings(1)), renaming(lab, "quiet"))

    result = lab.apply(plan)

    assert result.outcomes == {"done": 1, "open": 1}
    assert [method for method, _, _ in lab.writes()] == ["PATCH"]


# Stopping, pausing, going on --------------------------------------------------------------------


def broken_server(lab):
    """Answer every cancellation 500, and cancel nothing."""
    before = {b.uid: b.status for b in lab.sandbox.world.bookings}

    def after(request, _response):
        uid = request.url.path.split("/")[3]
        if request.method in WRITES:
            lab.sandbox.world.edit_booking(uid, status=before[uid])

    lab.transport.after = after
    lab.sandbox.faults.add(Fault(bare_error(), method="POST", times=None))


def test_first_changes_that_fail_stop_the_rest(lab):
    plan = approved(lab, *map(cancel, lab.bookings(4)))
    broken_server(lab)

    result = lab.apply(plan)

    assert "one of the first 5 changes ended as unknown" in result.stopped
    assert result.outcomes == {"unknown": 1, "open": 3}


def test_share_of_failures_stops_an_apply_whose_canaries_were_fine(lab):
    plan = approved(lab, *map(cancel, lab.bookings(30)))
    done = itertools.count()

    def progress(_state):
        if next(done) == 8:
            broken_server(lab)

    result = lab.apply(plan, on_progress=progress)

    assert "of the last" in result.stopped
    assert result.outcomes["done"] == 9
    assert result.outcomes["unknown"] <= 3
    assert result.outcomes["open"] >= 18


def test_pause_ends_after_the_change_in_hand_and_the_next_run_goes_on(lab):
    plan = approved(lab, *map(cancel, lab.bookings(4)))
    asked = itertools.count()

    first = lab.apply(plan, should_pause=lambda: next(asked) >= 2)
    second = lab.apply(plan)

    assert first.stopped.startswith("paused")
    assert first.outcomes == {"done": 2, "open": 2}
    assert second.is_success
    assert len(lab.writes()) == 4


def test_target_chooses_changes_and_the_rest_stays_open(lab):
    plan = approved(lab, *map(cancel, lab.bookings(3)))
    chosen = plan.changes[1].id

    result = lab.apply(plan, targets=[chosen])

    assert outcomes(result) == [None, Outcome.DONE, None]
    assert lab.apply(plan).is_success
    assert len(lab.writes()) == 3


def test_refused_key_in_the_middle_leaves_the_change_open_for_the_next_run(lab):
    plan = approved(lab, *map(cancel, lab.bookings(2)))
    keys = lab.sandbox.world.api_keys
    kept = keys["cal_sandbox_owner"]
    lab.transport.before = on_write(lambda _: keys.pop("cal_sandbox_owner"))

    result = lab.apply(plan)

    assert "would refuse every further change: 401" in result.stopped
    assert result.outcomes == {"open": 2}
    keys["cal_sandbox_owner"] = kept
    lab.transport.before = lambda _: None
    assert lab.apply(plan).is_success


def test_throttled_write_is_sent_again_because_it_was_never_carried_out(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    answers = iter([httpx.Response(429, json={"statusCode": 429, "message": "Too many requests"})])
    lab.transport.instead = lambda r: next(answers, None) if r.method in WRITES else None

    assert outcomes(lab.apply(plan)) == [Outcome.DONE]
    assert len(lab.writes()) == 1
    assert sum(lab.slept) >= 60


def test_write_that_stays_throttled_stops_the_apply_and_stays_open(lab):
    plan = approved(lab, cancel(*lab.bookings(1)))
    body = {"statusCode": 429, "message": "Too many requests"}
    lab.transport.instead = lambda r: httpx.Response(429, json=body) if r.method in WRITES else None

    result = lab.apply(plan)

    assert "429" in result.stopped
    assert result.outcomes == {"open": 1}
    lab.transport.instead = lambda _: None
    assert lab.apply(plan).is_success


def test_server_that_cannot_be_read_stops_and_the_next_run_goes_on(lab):
    plan = approved(lab, *map(cancel, lab.bookings(3)))
    lab.transport.after = lambda r, _: (
        r.method in WRITES and setattr(lab.transport, "before", lose("no route"))
    )

    result = lab.apply(plan)

    assert "no route" in result.stopped
    assert result.outcomes == {"open": 3}
    lab.transport.before, lab.transport.after = (lambda _: None), (lambda _r, _a: None)
    assert lab.apply(plan).is_success
    assert len(lab.writes()) == 3


def test_change_that_needs_another_waits_for_it_and_gets_its_result(lab):
    schedule = ChangeRequest(
        action="create_user_availability_schedule",
        name="early",
        body={"name": "Early", "timeZone": "Europe/Berlin", "isDefault": False},
    )
    use = ChangeRequest(
        action="edit_event_type_by_id",
        target={"eventTypeId": 5002},
        body={"scheduleId": "result:early.id"},
    )
    plan = approved(lab, use, schedule)

    assert lab.apply(plan).is_success
    made = lab.sandbox.world.event_types[5002].schedule_id
    assert lab.sandbox.world.schedules[made].name == "Early"


def test_change_whose_forerunner_failed_is_not_sent(lab):
    schedule = ChangeRequest(
        action="create_user_availability_schedule",
        name="early",
        body={"name": "Early", "timeZone": "Europe/Berlin", "isDefault": False},
    )
    use = ChangeRequest(
        action="edit_event_type_by_id",
        target={"eventTypeId": 5002},
        body={"scheduleId": "result:early.id"},
    )
    plan = approved(lab, use, schedule)
    lab.transport.before = on_write(lose(), times=9)

    result = lab.apply(plan, canary=0)

    assert outcomes(result) == [Outcome.UNKNOWN, None]
    assert "which did not succeed" in result.changes[1].reason


def test_secret_that_is_not_set_stops_before_anything_is_sent(lab):
    plan = approved(
        lab,
        cancel(*lab.bookings(1)),
        ChangeRequest(
            action="create_webhook_subscription",
            body={
                "active": True,
                "subscriberUrl": "https://hooks.example.com/new",
                "triggers": ["BOOKING_CREATED"],
                "secret": "secret:HOOK",
            },
        ),
    )
    lab.secrets.clear()

    with pytest.raises(KeyError):
        lab.apply(plan)
    assert lab.writes() == []


def test_wait_for_the_rate_budget_is_followed_by_a_fresh_look(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    waits = iter([30.0])

    def wait():
        seconds = next(waits, 0.0)
        if seconds:
            lab.sandbox.world.edit_booking(uid, status="rejected")
        return seconds

    lab.wait_seconds = wait

    assert outcomes(lab.apply(plan)) == [Outcome.CONFLICT]
    assert lab.writes() == []
    assert lab.slept == [30.0]


def test_process_that_was_paused_between_look_and_request_looks_again(lab):
    uid = lab.bookings(1)[0]
    plan = approved(lab, cancel(uid))
    append = lab.journal.append

    def slow_append(digest, change_id, step, content):
        entry = append(digest, change_id, step, content)
        if step == "intent" and not lab.slept:
            lab.sleep(120)
            lab.sandbox.world.edit_booking(uid, status="rejected")
        return entry

    lab.journal.append = slow_append

    assert outcomes(lab.apply(plan)) == [Outcome.CONFLICT]
    assert lab.writes() == []


def test_progress_counts_and_estimates(lab):
    plan = approved(lab, *map(cancel, lab.bookings(3)))
    states = []

    lab.apply(plan, on_progress=states.append)

    assert [(s.settled, s.total) for s in states] == [(1, 3), (2, 3), (3, 3)]
    assert [s.seconds_left for s in states] == [3.0, 1.5, 0.0]


def test_estimate_follows_the_pace_of_the_run(lab):
    plan = approved(lab, *map(cancel, lab.bookings(3)))
    slow(lab, HOUR)
    states = []

    lab.apply(plan, on_progress=states.append)

    assert [round(state.seconds_left) for state in states] == [7200, 3600, 0]
