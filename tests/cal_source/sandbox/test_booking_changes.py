"""Decisions on bookings, absences, guests, attendees, places and hosts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.records import Attendee, Booking, Host
from tests.cal_source.sandbox.booking_requests import asked, key_of, message
from tests.cal_source.sandbox.conftest import NOW, Ask, asking, telling

Make = Callable[..., Booking]
DAY = timedelta(days=1)


@pytest.fixture
def sandbox(empty_world: World) -> Sandbox:
    return Sandbox(empty_world, rate_limits=False)


@pytest.fixture
def tell(sandbox: Sandbox) -> Ask:
    return telling(sandbox)


@pytest.fixture
def past(sandbox: Sandbox, make_booking: Make) -> Booking:
    """A booking of yesterday with two attendees."""
    people = [
        Attendee(1, "Lena Becker", "lena@example.com", "Europe/Berlin"),
        Attendee(2, "Sam Lee", "sam@example.com", "Europe/Berlin"),
    ]
    return sandbox.world.add_booking(make_booking(1, start=NOW - DAY, attendees=people))


def ask_for(sandbox: Sandbox, tell: Ask, slug: str = "on-request", **more: Any) -> Any:
    body = tell("/v2/bookings", asked(key_of(sandbox.world, slug), **more)).json()["data"]
    sandbox.outbox.mails.clear()
    sandbox.clock.advance(timedelta(minutes=1))
    return body


def marks(sandbox: Sandbox, uid: str) -> dict[str, bool]:
    row = sandbox.world.bookings.by_uid(uid)
    assert row is not None
    return {person.email: person.is_absent for person in row.attendees}


def test_confirm_accepts_once(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell)
    path = f"/v2/bookings/{booking['uid']}/confirm"

    first, second = tell(path), tell(path)

    assert first.status == 200
    assert first.json()["data"]["status"] == "accepted"
    assert first.json()["data"]["updatedAt"] > booking["updatedAt"]
    assert (second.status, second.json()["error"]["code"]) == (400, "TRPCError")
    assert {mail.kind for mail in sandbox.outbox.mails} == {"scheduled"}


def test_confirm_revives_what_is_cancelled_or_rejected(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell)
    path = f"/v2/bookings/{booking['uid']}"

    declined = tell(f"{path}/decline", {"reason": "Busy"}).json()["data"]["status"]
    revived = tell(f"{path}/confirm").json()["data"]["status"]
    sandbox.world.edit_booking(booking["uid"], status="cancelled")
    again = tell(f"{path}/confirm").json()["data"]["status"]

    assert [declined, revived, again] == ["rejected", "accepted", "accepted"]


def test_decline_repeats_with_its_mails(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell)
    path = f"/v2/bookings/{booking['uid']}/decline"

    tell(path, {})
    repeated = tell(path, {"reason": "Busy"})

    assert repeated.json()["data"]["status"] == "rejected"
    kinds = [mail.kind for mail in sandbox.outbox.mails if mail.to == "lena@example.com"]
    assert kinds == ["declined", "declined"]


def test_decline_of_an_accepted_booking_is_refused(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell, "30min")

    answer = tell(f"/v2/bookings/{booking['uid']}/decline", {})

    assert (answer.status, answer.json()["error"]["code"]) == (400, "TRPCError")


@pytest.mark.parametrize("verb", ["confirm", "decline"])
@pytest.mark.parametrize(
    ("key", "status"), [("solo", 401), ("member", 401), ("admin", 200)], ids=str
)
def test_only_host_and_admins_decide(
    sandbox: Sandbox, tell: Ask, verb: str, key: str, status: int
) -> None:
    booking = ask_for(sandbox, tell)

    answer = tell(f"/v2/bookings/{booking['uid']}/{verb}", key=key)

    assert answer.status == status


def test_decision_on_one_occurrence_is_for_all_that_wait(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "weekly")
    policy = {"confirmationPolicy": {"type": "always"}}
    settings = sandbox.world.event_types[key].settings | policy
    sandbox.world.edit("event_types", key, settings=settings)
    rows = ask_for(sandbox, tell, "weekly", recurrenceCount=3)
    sandbox.world.edit_booking(rows[2]["uid"], status="rejected")

    tell(f"/v2/bookings/{rows[0]['uid']}/confirm")

    series = sandbox.world.bookings.of_series(rows[0]["recurringBookingUid"])
    assert [row.status for row in series] == ["accepted", "accepted", "rejected"]


def test_absence_of_an_attendee_does_not_move_updated_at(
    sandbox: Sandbox, tell: Ask, past: Booking
) -> None:
    path = f"/v2/bookings/{past.uid}/mark-absent"

    marked = tell(path, {"attendees": [{"email": "sam@example.com", "absent": True}]})
    unmarked = tell(path, {"attendees": [{"email": "sam@example.com", "absent": False}]})

    people = {p["email"]: p["absent"] for p in marked.json()["data"]["attendees"]}
    assert people == {"lena@example.com": False, "sam@example.com": True}
    assert marked.json()["data"]["updatedAt"] == unmarked.json()["data"]["updatedAt"]
    assert marks(sandbox, past.uid)["sam@example.com"] is False
    assert sandbox.world.bookings[past.id].updated_at == past.updated_at


def test_every_mark_sends_a_webhook_again(sandbox: Sandbox, tell: Ask, past: Booking) -> None:
    for webhook in list(sandbox.world.webhooks):
        sandbox.world.edit("webhooks", webhook, triggers=["BOOKING_NO_SHOW_UPDATED"])
    body = {"attendees": [{"email": "sam@example.com", "absent": True}]}

    for _ in range(2):
        tell(f"/v2/bookings/{past.uid}/mark-absent", body)

    messages = {sent.payload["message"] for sent in sandbox.outbox.webhooks}
    counts = {s.subscriber: 0 for s in sandbox.outbox.webhooks}
    assert messages == {"sam@example.com marked as no-show"}
    assert len(sandbox.outbox.webhooks) == 2 * len(counts)


def test_unknown_email_fails_after_the_known_ones_are_written(
    sandbox: Sandbox, tell: Ask, past: Booking
) -> None:
    attendees = [
        {"email": "lena@example.com", "absent": True},
        {"email": "nobody@example.com", "absent": True},
    ]

    answer = tell(f"/v2/bookings/{past.uid}/mark-absent", {"attendees": attendees})

    assert answer.json() == {"statusCode": 500, "message": "Failed to update no-show status"}
    assert marks(sandbox, past.uid) == {"lena@example.com": True, "sam@example.com": False}
    assert not sandbox.outbox.webhooks


def test_host_is_marked_by_anybody_and_never_unmarked(
    sandbox: Sandbox, tell: Ask, past: Booking
) -> None:
    path = f"/v2/bookings/{past.uid}/mark-absent"

    marked = tell(path, {"host": True}, key="otherorg").json()["data"]
    kept = tell(path, {"host": False}).json()["data"]

    assert marked["absentHost"] is kept["absentHost"] is True
    assert marked["updatedAt"] == "2026-11-22T09:00:00.000Z"
    assert not sandbox.outbox.webhooks


def test_attendees_are_not_for_strangers_to_mark(
    sandbox: Sandbox, tell: Ask, past: Booking
) -> None:
    body = {"attendees": [{"email": "lena@example.com", "absent": True}]}

    answer = tell(f"/v2/bookings/{past.uid}/mark-absent", body, key="otherorg")

    assert answer.status == 500
    assert marks(sandbox, past.uid)["lena@example.com"] is False


def test_absence_before_the_start_is_refused(
    sandbox: Sandbox, tell: Ask, make_booking: Make
) -> None:
    future = sandbox.world.add_booking(make_booking(1))

    early = tell(f"/v2/bookings/{future.uid}/mark-absent", {"host": True})
    unknown = tell("/v2/bookings/nope/mark-absent", {"host": True})

    assert early.status == 400
    assert "Booking start time in UTC+0: 2026-11-23T09:00:00.000Z" in message(early)
    assert (unknown.status, message(unknown)) == (404, "Booking with uid=nope not found.")


def test_seated_booking_answers_absences_in_the_plain_shape(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell, "class")
    sandbox.clock.advance(2 * DAY)
    body = {"attendees": [{"email": "lena@example.com", "absent": True}]}

    answer = tell(f"/v2/bookings/{booking['uid']}/mark-absent", body).json()["data"]

    assert "cancelledByEmail" in answer
    assert "seatUid" not in answer["attendees"][0]


def test_guests_are_added_once(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell, "30min")
    path = f"/v2/bookings/{booking['uid']}/guests"
    guest = {"email": "sam@example.com", "name": "Sam Lee"}

    added = tell(path, {"guests": [guest, {"email": "Sam+2@example.com"}]})
    again = tell(path, {"guests": [{"email": "sam+x@example.com"}]})

    body = added.json()["data"]
    assert added.status == 200
    assert body["guests"] == ["sam@example.com"]
    assert body["attendees"][1]["name"] == "Sam Lee"
    assert body["attendees"][1]["timeZone"] == "Europe/Berlin"
    assert body["updatedAt"] > booking["updatedAt"]
    assert (again.status, again.json()["error"]["code"]) == (400, "TRPCError")
    assert [(m.kind, m.to) for m in sandbox.outbox.mails] == [("guest_added", "sam@example.com")]


def test_guests_are_not_for_strangers_to_add(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell, "30min")
    body = {"guests": [{"email": "sam@example.com"}]}

    stranger = tell(f"/v2/bookings/{booking['uid']}/guests", body, key="solo")
    unknown = tell("/v2/bookings/nope/guests", body)

    assert [stranger.status, unknown.status] == [403, 404]


def test_attendee_is_added_with_an_id(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell, "30min")
    path = f"/v2/bookings/{booking['uid']}/attendees"
    person = {"name": "Sam Lee", "email": "sam@example.com", "timeZone": "Asia/Tokyo"}

    added = tell(path, person | {"phoneNumber": "+819012345678"})
    again = tell(path, person)

    listed = asking(sandbox)(path, version="2024-08-13").json()["data"]
    assert added.status == 201
    assert added.json()["data"] == listed[1]
    assert listed[1]["phoneNumber"] == "+819012345678"
    assert again.status == 400


@pytest.mark.parametrize(
    ("location", "where", "answer"),
    [
        ({"type": "address", "address": "Main St 1"}, "Main St 1", "inPerson"),
        ({"type": "link", "link": "https://a.example.com/x"}, "https://a.example.com/x", "link"),
        ({"type": "phone", "phone": "+4930123456"}, "+4930123456", "userPhone"),
        ({"type": "attendeePhone", "phone": "+4930123456"}, "+4930123456", "phone"),
        ({"type": "attendeeAddress", "address": "Home 2"}, "Home 2", "attendeeInPerson"),
        ({"type": "attendeeDefined", "location": "Mill"}, "Mill", "somewhereElse"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_location_changes_without_telling_anybody(
    sandbox: Sandbox, tell: Ask, location: dict[str, str], where: str, answer: str
) -> None:
    booking = ask_for(sandbox, tell, "30min")
    sandbox.outbox.webhooks.clear()

    body = tell(
        f"/v2/bookings/{booking['uid']}/location", {"location": location}, method="PATCH"
    ).json()["data"]

    assert body["location"] == where
    assert body["bookingFieldsResponses"]["location"]["value"] == answer
    assert body["updatedAt"] > booking["updatedAt"]
    assert not sandbox.outbox.mails
    assert not sandbox.outbox.webhooks


def test_location_refusals(sandbox: Sandbox, tell: Ask) -> None:
    booking = ask_for(sandbox, tell, "30min")
    path = f"/v2/bookings/{booking['uid']}/location"
    good = {"location": {"type": "address", "address": "Main St 1"}}

    nothing = tell(path, {}, method="PATCH")
    stranger = tell(path, good, method="PATCH", key="solo")
    unknown = tell("/v2/bookings/nope/location", good, method="PATCH")
    sandbox.world.delete_event_type(booking["eventTypeId"])
    orphan = tell(path, good, method="PATCH")

    assert nothing.json()["data"]["location"] == booking["location"]
    assert [stranger.status, unknown.status, orphan.status] == [403, 404, 404]
    assert "No event type found" in message(orphan)


@pytest.fixture
def rotating(sandbox: Sandbox, tell: Ask) -> Any:
    """A round-robin booking among the owner, the admin and a host who is always there."""
    key = key_of(sandbox.world, "discovery", None)
    hosts = [Host(1001, is_fixed=False), Host(1002, is_fixed=False)]
    sandbox.world.edit("event_types", key, hosts=hosts, settings={})
    booking = tell("/v2/bookings", asked(key)).json()["data"]
    sandbox.outbox.mails.clear()
    sandbox.clock.advance(timedelta(minutes=1))
    return booking


def test_reassign_moves_the_booking_at_every_call(
    sandbox: Sandbox, tell: Ask, rotating: Any
) -> None:
    path = f"/v2/bookings/{rotating['uid']}/reassign"

    takers = [tell(path).json()["data"]["reassignedTo"]["id"] for _ in range(3)]

    row = sandbox.world.bookings.by_uid(rotating["uid"])
    assert row is not None
    assert takers == [1002, 1001, 1002]
    assert row.user_id == 1002
    assert str(sandbox.world.users[1002].name) in row.title
    assert {mail.kind for mail in sandbox.outbox.mails} == {"reassigned_to_you", "reassigned_away"}


def test_reassign_without_another_free_host_is_refused(
    sandbox: Sandbox, tell: Ask, rotating: Any, make_booking: Make
) -> None:
    start = sandbox.world.bookings[rotating["id"]].start
    sandbox.world.add_booking(make_booking(1, start=start, user_id=1002))
    personal = tell(
        "/v2/bookings", asked(key_of(sandbox.world, "30min"), "2026-11-23T14:00:00Z")
    ).json()["data"]

    answers = [tell(f"/v2/bookings/{uid}/reassign") for uid in (rotating["uid"], personal["uid"])]

    assert {(a.status, message(a)) for a in answers} == {
        (400, "Can't reassign the booking because no other host is available at that time."),
    }


def test_reassign_to_the_present_host_changes_nothing_and_mails_again(
    sandbox: Sandbox, tell: Ask, rotating: Any
) -> None:
    path = f"/v2/bookings/{rotating['uid']}/reassign/1001"

    answer = tell(path, {"reason": "Load"})

    assert answer.json()["data"]["reassignedTo"]["id"] == 1001
    assert sandbox.world.bookings[rotating["id"]].title == rotating["title"]
    assert sandbox.outbox.mails


def test_reassign_swaps_a_co_host_where_the_organiser_is_fixed(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "discovery", None)
    hosts = [
        Host(1001, is_fixed=True),
        Host(1002, is_fixed=False),
        Host(1003, is_fixed=False),
    ]
    sandbox.world.edit("event_types", key, hosts=hosts, settings={})
    booking = tell("/v2/bookings", asked(key)).json()["data"]

    tell(f"/v2/bookings/{booking['uid']}/reassign/1003")
    fixed = tell(f"/v2/bookings/{booking['uid']}/reassign/1001")

    row = sandbox.world.bookings[booking["id"]]
    assert row.user_id == 1001
    assert row.attendees[1].email == sandbox.world.users[1003].email
    assert fixed.json() == {"statusCode": 500, "message": "Internal server error"}


def test_reassign_refusals(sandbox: Sandbox, tell: Ask, rotating: Any) -> None:
    path = f"/v2/bookings/{rotating['uid']}/reassign"

    answers = [
        tell("/v2/bookings/nope/reassign"),
        tell("/v2/bookings/nope/reassign/1002"),
        tell(f"{path}/999999"),
        tell(f"{path}/1011"),
        tell(path, key="solo"),
        tell(f"{path}/abc"),
        tell(f"{path}/1002", {"reason": 7}),
    ]
    sandbox.world.delete_event_type(rotating["eventTypeId"])

    assert [answer.status for answer in answers] == [404, 404, 404, 400, 403, 500, 400]
    assert "is not a valid Round Robin host" in message(answers[3])
    assert tell(path).status == 400


def test_writes_need_credentials(sandbox: Sandbox, tell: Ask, past: Booking) -> None:
    path = f"/v2/bookings/{past.uid}"
    verbs = ["confirm", "decline", "mark-absent", "reassign", "guests", "attendees"]

    statuses = {tell(f"{path}/{verb}", {}, key=None).status for verb in verbs}

    assert statuses <= {401, 403}
