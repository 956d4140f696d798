"""What is declared of each of the 89 writes holds in the sandbox: images, signs, undo, effects."""

from __future__ import annotations

import pytest

from cal_source.catalogue import OPERATIONS, Kind, Risk, operation
from pipelines.reverse_sync.actions import (
    ACTIONS,
    BLIND,
    CREATIONS,
    DELETIONS,
    observe,
    path_of,
    result_from_image,
    result_of,
)
from pipelines.reverse_sync.actions.bodies import acceptable
from pipelines.reverse_sync.change_requests import ChangeRequest, check
from pipelines.reverse_sync.conditions import failures, hold
from pipelines.reverse_sync.plan import Flag, Repeat, canonical
from pipelines.reverse_sync.references import resolved
from tests.pipelines.reverse_sync.planned import SECRETS, built, client_of, shown
from tests.pipelines.reverse_sync.scenarios import MONDAY, NOW, SCENARIOS, book, new_sandbox, past

WRITES = [key for key, row in OPERATIONS.items() if row.kind is Kind.WRITE]
GOOD = [key for key in WRITES if not SCENARIOS[key].is_refused]
SEEN = [key for key in GOOD if key not in BLIND]
secret = SECRETS.__getitem__


class Desk:
    """A sandbox in which one write is planned, and can be sent without any approval."""

    def __init__(self, action):
        scenario = SCENARIOS[action]
        self.sandbox = new_sandbox()
        self.request = scenario.request(self.sandbox, action)
        self.key = scenario.key
        self.client = client_of(self.sandbox, self.key)
        self.built = built(self.sandbox, self.request, key=self.key)
        assert self.built.rejected == ()
        (self.change,) = self.built.plan.changes

    def send(self):
        """Send the change, and return the fields of the answer that are kept."""
        change = self.change
        answer = self.client.request(
            operation(change.action),
            path=path_of(change, {}),
            params=change.query,
            body=resolved(change.body, secret=secret, results={}),
        )
        return result_of(change, answer.data)

    def image(self, **results):
        return observe(self.client, self.change, {self.change.id: results})


def test_every_write_is_declared_once():
    assert sorted(ACTIONS) == sorted(WRITES)
    assert sorted(SCENARIOS) == sorted(WRITES)


@pytest.mark.parametrize("action", WRITES)
def test_declaration_agrees_with_the_catalogue(action):
    declared, row = ACTIONS[action], operation(action)

    assert not declared.look or operation(declared.look.operation).kind is Kind.READ
    assert (action in DELETIONS) <= (row.method in {"DELETE", "POST"})
    assert (row.risk is Risk.DESTRUCTIVE) <= (action in DELETIONS)
    assert declared.repeat is not Repeat.DOUBLES or not row.idempotent or action in CREATIONS
    if row.risk is Risk.NOTIFIES and row.idempotent:
        assert declared.repeat in {Repeat.NOTIFIES, Repeat.REFUSED}


@pytest.mark.parametrize("action", WRITES)
def test_plan_holds_no_secret_and_repeats_itself_to_the_byte(action):
    desk = Desk(action)

    again = built(desk.sandbox, desk.request, key=desk.key)

    content = canonical(desk.built.plan)
    assert canonical(again.plan) == content
    for value in ("whsec", *SECRETS.values()):
        assert value.encode() not in content


@pytest.mark.parametrize("action", SEEN)
def test_fresh_image_fits_the_precondition_until_the_change_is_done(action):
    desk = Desk(action)
    before = desk.image()

    assert before == desk.change.before
    assert failures(desk.change.precondition, before, now=NOW, secret=secret) == ()
    assert not hold(desk.change.done, before, now=NOW, secret=secret)

    result = desk.send()

    after = desk.image(**result)
    assert after != before
    if desk.change.done:
        assert failures(desk.change.done, after, now=NOW, secret=secret) == ()


@pytest.mark.parametrize("action", SEEN)
def test_image_after_the_change_is_drift_to_whoever_would_repeat_it(action):
    desk = Desk(action)

    desk.send()

    assert failures(desk.change.precondition, desk.image(), now=NOW, secret=secret)


@pytest.mark.parametrize("action", [key for key in SEEN if key != "reassign_booking_with_uid"])
def test_request_is_dropped_when_planned_again_after_it_was_done(action):
    desk = Desk(action)

    desk.send()

    again = built(desk.sandbox, desk.request, key=desk.key)
    assert again.rejected == ()
    assert len(again.plan.changes) == 0
    assert again.plan.totals.already_so == {action: 1}


@pytest.mark.parametrize("action", sorted(CREATIONS - {"add_selected_calendar"}))
def test_read_back_finds_the_id_that_a_lost_answer_held(action):
    desk = Desk(action)

    result = desk.send()

    found = result_from_image(desk.change, desk.image())
    assert found.items() <= result.items()
    assert len(found) == 1


@pytest.mark.parametrize("action", GOOD)
def test_mails_and_webhooks_are_foretold(action):
    desk = Desk(action)
    outbox = desk.sandbox.outbox
    mails, webhooks = len(outbox.mails), len(outbox.webhooks)

    desk.send()

    foretold = desk.change.effects
    sent = sorted((mail.kind, mail.to) for mail in outbox.mails[mails:])
    kinds = sorted(mail.kind for mail in foretold.mails)
    assert [kind for kind, _ in sent] == kinds
    by_name = {(mail.kind, mail.to) for mail in foretold.mails if "@" in mail.to}
    assert by_name <= set(sent)
    unnamed = [mail for mail in foretold.mails if "@" not in mail.to]
    assert len(sent) == len(by_name) + len(unnamed)
    assert {one.trigger for one in outbox.webhooks[webhooks:]} <= set(foretold.webhooks)


@pytest.mark.parametrize("action", WRITES)
def test_undo_is_a_good_request_or_says_what_is_lost(action):
    desk = Desk(action)
    undo = desk.change.undo

    if not undo.action:
        assert undo.losses
        return
    fields = dict.fromkeys(desk.change.result_fields, 7)
    target = resolved(undo.target, secret=secret, results={"": fields})
    body = resolved(undo.body, secret=secret, results={"": fields})
    request = ChangeRequest(action=undo.action, target=target, query=undo.query, body=body)
    asked, faults = check(request)
    assert shown(faults) == []
    assert asked is not None


@pytest.mark.parametrize("action", sorted(BLIND))
def test_blind_write_has_no_sign_so_that_a_person_is_asked(action):
    change = Desk(action).change

    assert change.read is None
    assert change.done == ()
    assert change.requests == 1


@pytest.mark.parametrize(
    ("action", "flags"),
    [
        ("cancel_booking_via_uid", {Flag.IRREVERSIBLE}),
        ("create_phone_call_event", {Flag.IRREVERSIBLE, Flag.PAID}),
        ("delete_user_from_organization", {Flag.IRREVERSIBLE, Flag.CASCADING, Flag.ACCOUNT}),
        ("delete_oauth_client_managed_user", {Flag.IRREVERSIBLE, Flag.CASCADING, Flag.ACCOUNT}),
        ("create_team_invite_link", {Flag.SECRET}),
        ("edit_event_type_by_id", set()),
    ],
)
def test_flags_say_why_more_than_one_approval_is_needed(action, flags):
    assert set(Desk(action).change.flags) == flags


def test_secret_of_a_webhook_is_compared_by_fingerprint():
    desk = Desk("update_webhook_for_organization")
    assert desk.change.before["secret"].startswith("sha256:")
    assert desk.change.body["secret"] == "secret:HOOK"
    assert "secret" not in desk.change.undo.body

    desk.send()

    assert hold(desk.change.done, desk.image(), now=NOW, secret=secret)
    assert not hold(desk.change.done, desk.image(), now=NOW, secret=lambda _: "another")


def test_undo_of_an_update_gives_back_what_it_can_and_names_the_rest():
    sandbox = new_sandbox()
    request = ChangeRequest(
        action="update_user_profile_details",
        body={"name": "Ingrid H.", "bio": "New", "locale": "de"},
    )

    (change,) = built(sandbox, request).plan.changes

    assert change.undo.body == {"name": "Ingrid Halvorsen"}
    assert change.undo.losses == (
        "former locale: no read shows it",
        "former bio: Cal.com does not take back what it was",
    )


def test_reschedule_is_seen_only_where_the_new_booking_starts_as_asked():
    desk = Desk("reschedule_booking_by_uid")
    uid = desk.change.target["bookingUid"]
    path = f"/v2/bookings/{uid}/reschedule"
    other = b'{"start": "2026-12-09T14:00:00.000Z"}'
    headers = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}
    assert desk.sandbox.respond("POST", path, (), headers, other).status == 201

    image = desk.image()

    assert image["movedTo"]
    assert not hold(desk.change.done, image, now=NOW, secret=secret)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (
            {"attendees": [{"email": "Nobody@example.com", "absent": True}]},
            "attendees.email: is no attendee of this booking, exactly as written",
        ),
        ({}, "body: marks nobody; give host or attendees"),
    ],
    ids=["stranger", "nobody"],
)
def test_absence_that_cal_com_would_answer_500_to_is_refused(body, fault):
    sandbox = new_sandbox()
    uid = past(sandbox)["uid"]
    request = ChangeRequest(
        action="mark_booking_absent_for_uid", target={"bookingUid": uid}, body=body
    )

    assert shown(built(sandbox, request).rejected) == [fault]


def test_absence_before_the_start_is_refused():
    sandbox = new_sandbox()
    request = ChangeRequest(
        action="mark_booking_absent_for_uid",
        target={"bookingUid": book(sandbox)},
        body={"host": True},
    )

    (fault,) = built(sandbox, request).rejected

    assert fault.rule == "cannot be done now: start is not as it must be (in the past)"


def test_confirming_a_cancelled_booking_back_to_life_is_refused():
    sandbox = new_sandbox()
    uid = book(sandbox)
    sandbox.world.edit_booking(uid, status="cancelled")
    request = ChangeRequest(action="confirm_booking_by_uid", target={"bookingUid": uid})

    (fault,) = built(sandbox, request).rejected

    assert "status is another value" in fault.rule


def test_cancelling_what_follows_is_refused_outside_a_series():
    sandbox = new_sandbox()
    body = {"cancellationReason": "x", "cancelSubsequentBookings": True}
    request = ChangeRequest(
        action="cancel_booking_via_uid", target={"bookingUid": book(sandbox)}, body=body
    )

    (fault,) = built(sandbox, request).rejected

    assert fault.field == "cancelSubsequentBookings"
    assert "answers 400" in fault.rule


def test_moving_a_booking_to_where_it_is_changes_nothing():
    sandbox = new_sandbox()
    request = ChangeRequest(
        action="reschedule_booking_by_uid",
        target={"bookingUid": book(sandbox)},
        body={"start": MONDAY.replace(".000Z", "Z")},
    )

    assert built(sandbox, request).plan.totals.already_so == {"reschedule_booking_by_uid": 1}


def test_creation_is_refused_where_another_of_its_name_differs():
    sandbox = new_sandbox()
    request = ChangeRequest(
        action="add_member_to_team",
        target={"orgId": 101, "teamId": 102},
        body={"userId": 1004, "role": "ADMIN"},
    )

    assert shown(built(sandbox, request).rejected) == [
        "role: is another value on the one that is there already; change that one"
    ]


def test_body_made_of_a_read_leaves_out_what_the_write_does_not_take():
    found = {
        "title": "Talk",
        "slug": "talk",
        "lengthInMinutes": 30,
        "schedulingType": "collective",
        "hosts": [{"userId": 7, "name": "Ada", "mandatory": False}],
        "description": None,
        "ownerId": 3,
    }

    body, left_out = acceptable("create_team_event_type", found)

    assert body is not None
    assert body["hosts"] == [{"userId": 7, "mandatory": False}]
    assert "ownerId" not in body
    assert left_out == ("description",)


def test_body_that_lacks_what_is_required_is_none():
    assert acceptable("create_team_event_type", {"title": "Talk"}) == (None, ())
