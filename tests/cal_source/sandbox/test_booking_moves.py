"""Moving and cancelling bookings, series and seats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.records import Booking, Host
from tests.cal_source.sandbox.booking_requests import BOOKER, MONDAY, asked, key_of, message
from tests.cal_source.sandbox.conftest import Ask, asking, telling

LATER = "2026-11-23T14:00:00.000Z"
Make = Callable[..., Booking]


@pytest.fixture
def sandbox(empty_world: World) -> Sandbox:
    return Sandbox(empty_world, rate_limits=False)


@pytest.fixture
def tell(sandbox: Sandbox) -> Ask:
    return telling(sandbox)


@pytest.fixture
def make(sandbox: Sandbox, tell: Ask) -> Callable[..., Any]:
    """Book an event type by slug and forget the mails and webhooks of it."""

    def make(slug: str = "30min", start: str = MONDAY, **more: Any) -> Any:
        body = tell("/v2/bookings", asked(key_of(sandbox.world, slug), start, **more)).json()
        sandbox.outbox.mails.clear()
        sandbox.outbox.webhooks.clear()
        sandbox.clock.advance(timedelta(minutes=1))
        return body["data"]

    return make


def read(sandbox: Sandbox, uid: str) -> Any:
    return asking(sandbox)(f"/v2/bookings/{uid}", version="2024-08-13").json()["data"]


def test_reschedule_replaces_the_booking(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    old = make(guests=["sam@example.com"])
    body = {"start": LATER, "reschedulingReason": "Ill", "rescheduledBy": "lena@example.com"}

    answer = tell(f"/v2/bookings/{old['uid']}/reschedule", body)

    new = answer.json()["data"]
    before = read(sandbox, old["uid"])
    assert answer.status == 201
    assert new["start"] == LATER
    assert new["rescheduledFromUid"] == old["uid"]
    assert new["reschedulingReason"] == "Ill"
    assert new["guests"] == ["sam@example.com"]
    assert before["status"] == "cancelled"
    assert before["rescheduledToUid"] == new["uid"]
    assert before["rescheduledByEmail"] == "lena@example.com"
    assert before["updatedAt"] > old["updatedAt"]
    assert {sent.trigger for sent in sandbox.outbox.webhooks} == {"BOOKING_RESCHEDULED"}
    assert {mail.kind for mail in sandbox.outbox.mails} == {"rescheduled"}


def test_reschedule_does_not_stumble_over_the_booking_itself(tell: Ask, make: Any) -> None:
    old = make()

    answer = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": "2026-11-23T10:15:00Z"})

    assert answer.status == 201


def test_reschedule_to_a_busy_time_is_refused(tell: Ask, make: Any) -> None:
    make(start=LATER)
    old = make()

    answer = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER})

    assert answer.status == 400
    assert "already has booking at this time" in message(answer)


def test_reschedule_again_names_the_new_booking(tell: Ask, make: Any) -> None:
    old = make()
    new = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER}).json()["data"]

    answer = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER})

    assert answer.status == 400
    assert f"rescheduled already to booking with uid={new['uid']}." in message(answer)


def test_reschedule_of_a_cancelled_or_rejected_booking_is_refused(
    sandbox: Sandbox, tell: Ask, make: Any
) -> None:
    cancelled, rejected = make(), make(start=LATER)
    sandbox.world.edit_booking(cancelled["uid"], status="cancelled")
    sandbox.world.edit_booking(rejected["uid"], status="rejected")
    body = {"start": "2026-11-24T10:00:00Z"}

    first = tell(f"/v2/bookings/{cancelled['uid']}/reschedule", body)
    second = tell(f"/v2/bookings/{rejected['uid']}/reschedule", body)

    assert first.status == 400
    assert "because it has been cancelled." in message(first)
    assert second.json() == {"statusCode": 404, "message": "Could not find original booking"}


@pytest.mark.parametrize(
    ("moved_by", "status"),
    [(None, "pending"), ("lena@example.com", "pending"), ("host", "accepted")],
    ids=["nobody named", "booker", "host"],
)
def test_reschedule_needs_confirmation_again_unless_the_host_moves(
    sandbox: Sandbox, tell: Ask, make: Any, moved_by: str | None, status: str
) -> None:
    old = make("on-request")
    named = sandbox.world.users[1001].email if moved_by == "host" else moved_by
    body = {"start": LATER} | ({} if named is None else {"rescheduledBy": named})

    new = tell(f"/v2/bookings/{old['uid']}/reschedule", body).json()["data"]

    assert new["status"] == status


def test_reschedule_uses_the_length_of_the_event_type(tell: Ask, make: Any) -> None:
    old = make("flexible", lengthInMinutes=60)

    new = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER}).json()["data"]

    assert [old["duration"], new["duration"]] == [60, 30]


def test_reschedule_without_event_type_or_booking_is_not_found(
    sandbox: Sandbox, tell: Ask, make: Any
) -> None:
    old = make()
    sandbox.world.delete_event_type(key_of(sandbox.world, "30min"))

    gone = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER})
    unknown = tell("/v2/bookings/nope/reschedule", {"start": LATER})

    assert [gone.status, unknown.status] == [404, 404]
    assert message(gone).endswith("is missing event type")


def test_reschedule_can_be_switched_off(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    old = make()
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings={"disableRescheduling": {"disabled": True}})

    answer = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER})

    assert answer.status == 400
    assert "does not allow rescheduling" in message(answer)


def test_reschedule_keeps_a_free_round_robin_host(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "discovery", None)
    hosts = [Host(1001, is_fixed=False), Host(1002, is_fixed=False)]
    settings = {"rescheduleWithSameRoundRobinHost": True}
    sandbox.world.edit("event_types", key, hosts=hosts, settings=settings)
    old = tell("/v2/bookings", asked(key)).json()["data"]

    new = tell(f"/v2/bookings/{old['uid']}/reschedule", {"start": LATER}).json()["data"]

    assert new["hosts"] == old["hosts"]


def test_seat_moves_to_a_booking_of_its_own(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    stays = make("class")
    moves = make("class", attendee=BOOKER | {"email": "sam@example.com"})
    body = {"start": LATER, "seatUid": moves["seatUid"]}

    new = tell(f"/v2/bookings/{stays['uid']}/reschedule", body, key=None).json()["data"]

    source = sandbox.world.bookings.by_uid(stays["uid"])
    assert source is not None
    assert source.status == "accepted"
    assert [person.email for person in source.attendees] == ["lena@example.com"]
    assert new["uid"] != stays["uid"]
    assert new["seatUid"] == moves["seatUid"]
    assert "rescheduledFromUid" not in new


def test_last_seat_that_moves_leaves_a_cancelled_booking(
    sandbox: Sandbox, tell: Ask, make: Any
) -> None:
    target = make("class", LATER, attendee=BOOKER | {"email": "sam@example.com"})
    source = make("class")
    body = {"start": LATER, "seatUid": source["seatUid"]}

    new = tell(f"/v2/bookings/{source['uid']}/reschedule", body).json()["data"]

    left = sandbox.world.bookings.by_uid(source["uid"])
    assert left is not None
    assert (left.status, left.is_rescheduled, left.attendees) == ("cancelled", False, [])
    assert new["uid"] == target["uid"]
    assert new["updatedAt"] == target["updatedAt"]


def test_whole_class_moves_in_place_for_its_owner_only(
    sandbox: Sandbox, tell: Ask, make: Any
) -> None:
    old = make("class")
    body = {"start": LATER, "reschedulingReason": "Room"}

    refused = tell(f"/v2/bookings/{old['uid']}/reschedule", body, key="solo")
    moved = tell(f"/v2/bookings/{old['uid']}/reschedule", body).json()["data"]

    assert refused.status == 400
    assert moved["uid"] == old["uid"]
    assert moved["start"] == LATER
    assert moved["cancellationReason"] == "Room"
    assert moved["updatedAt"] > old["updatedAt"]


def test_class_moved_onto_another_joins_it(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    target = make("class", LATER, attendee=BOOKER | {"email": "sam@example.com"})
    source = make("class")

    moved = tell(f"/v2/bookings/{source['uid']}/reschedule", {"start": LATER}).json()["data"]

    assert moved["uid"] == target["uid"]
    assert len(moved["attendees"]) == 2
    assert read(sandbox, source["uid"])["status"] == "cancelled"


def test_seat_does_not_move_to_a_full_booking(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    make("class", LATER, attendee=BOOKER | {"email": "sam@example.com"})
    source = make("class")
    sandbox.world.edit("event_types", key_of(sandbox.world, "class"), seats_per_slot=1)
    path = f"/v2/bookings/{source['uid']}/reschedule"

    one = tell(path, {"start": LATER, "seatUid": source["seatUid"]})
    everybody = tell(path, {"start": LATER})
    unknown = tell(path, {"start": LATER, "seatUid": "none"})

    assert [one.status, everybody.status, unknown.status] == [409, 400, 404]


def test_cancel_is_final(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    booking = make()
    path = f"/v2/bookings/{booking['uid']}/cancel"

    first = tell(path, {"cancellationReason": "Ill"})
    second = tell(path, {"cancellationReason": "Ill"})

    body = first.json()["data"]
    assert first.status == 200
    assert (body["status"], body["cancellationReason"]) == ("cancelled", "Ill")
    assert body["cancelledByEmail"] == ""
    assert body["updatedAt"] > booking["updatedAt"]
    assert second.status == 400
    assert "has been cancelled already" in message(second)
    assert {mail.kind for mail in sandbox.outbox.mails} == {"cancelled"}
    assert len(sandbox.outbox.webhooks) == len({s.subscriber for s in sandbox.outbox.webhooks})


def test_host_must_give_a_reason_and_others_need_not(tell: Ask, make: Any) -> None:
    one, two = make(), make(start=LATER)

    by_host = tell(f"/v2/bookings/{one['uid']}/cancel")
    by_anybody = tell(f"/v2/bookings/{two['uid']}/cancel", key=None)

    assert by_host.json() == {
        "statusCode": 400,
        "message": "Cancellation reason is required when you are the host",
    }
    assert by_anybody.status == 200


def test_cancel_refusals(sandbox: Sandbox, tell: Ask, make: Any, make_booking: Make) -> None:
    world = sandbox.world
    ended = world.add_booking(make_booking(1, start=sandbox.clock.now() - timedelta(days=1)))
    hostless = world.add_booking(make_booking(2, user_id=None))
    locked = make()
    key = key_of(world, "30min")
    world.edit("event_types", key, settings={"disableCancelling": {"disabled": True}})
    body = {"cancellationReason": "x"}

    answers = [
        tell(f"/v2/bookings/{uid}/cancel", body)
        for uid in (ended.uid, hostless.uid, locked["uid"], "nope")
    ]

    assert [(answer.status, message(answer)) for answer in answers] == [
        (400, "Cannot cancel a booking that has already ended"),
        (400, "User not found"),
        (400, "This event type does not allow cancellations"),
        (404, "Booking with uid=nope not found"),
    ]


def test_rejected_booking_can_be_cancelled(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    booking = make()
    sandbox.world.edit_booking(booking["uid"], status="rejected")

    answer = tell(f"/v2/bookings/{booking['uid']}/cancel", {"cancellationReason": "x"})

    assert answer.json()["data"]["status"] == "cancelled"


def test_cancel_of_a_series_spares_its_past(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    rows = make("weekly")
    sandbox.clock.advance(timedelta(days=4))
    past = sandbox.world.edit_booking(rows[0]["uid"], end=sandbox.clock.now() + timedelta(hours=1))
    path = f"/v2/bookings/{rows[0]['recurringBookingUid']}/cancel"

    answer = tell(path, {"cancellationReason": "x"}).json()["data"]

    assert [row["status"] for row in answer] == ["accepted", *["cancelled"] * 7]
    assert answer[0]["uid"] == past.uid
    assert len({row["updatedAt"] for row in answer[1:]}) == 1
    assert len({sent.payload["uid"] for sent in sandbox.outbox.webhooks}) == 1


def test_cancel_from_one_occurrence_on(tell: Ask, make: Any) -> None:
    rows = make("weekly")
    body = {"cancellationReason": "x", "cancelSubsequentBookings": True}

    answer = tell(f"/v2/bookings/{rows[5]['uid']}/cancel", body).json()["data"]
    by_series = tell(f"/v2/bookings/{rows[0]['recurringBookingUid']}/cancel", body)

    assert [row["status"] for row in answer] == ["accepted"] * 5 + ["cancelled"] * 3
    assert by_series.status == 400
    assert "provide uid of one of the individual bookings" in message(by_series)


def test_cancel_of_what_follows_a_single_booking_is_done_and_refused(
    sandbox: Sandbox, tell: Ask, make: Any
) -> None:
    booking = make()
    body = {"cancellationReason": "x", "cancelSubsequentBookings": True}

    answer = tell(f"/v2/bookings/{booking['uid']}/cancel", body)

    assert answer.status == 400
    assert "is not part of a recurring booking." in message(answer)
    assert read(sandbox, booking["uid"])["status"] == "cancelled"


def test_seat_is_given_up_without_credentials(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    booking = make("class")
    other = make("class", attendee=BOOKER | {"email": "sam@example.com"})
    path = f"/v2/bookings/{booking['uid']}/cancel"

    first = tell(path, {"seatUid": other["seatUid"]}, key=None)
    again = tell(path, {"seatUid": other["seatUid"]}, key=None)

    row = sandbox.world.bookings.by_uid(booking["uid"])
    assert first.status == 200
    assert row is not None
    assert row.status == "accepted"
    assert row.updated_at == sandbox.world.bookings[booking["id"]].created_at
    assert [person.email for person in row.attendees] == ["lena@example.com"]
    assert again.status == 400
    assert "does not exist or has already been cancelled" in message(again)
    [attendees] = {str(sent.payload["attendees"][0]["email"]) for sent in sandbox.outbox.webhooks}
    assert attendees == "sam@example.com"


def test_last_seat_given_up_cancels_the_booking(sandbox: Sandbox, tell: Ask, make: Any) -> None:
    booking, other = make("class"), make("class", LATER)
    path = f"/v2/bookings/{booking['uid']}/cancel"

    elsewhere = tell(path, {"seatUid": other["seatUid"]}, key=None)
    answer = tell(path, {"seatUid": booking["seatUid"]}, key=None).json()["data"]

    assert message(elsewhere) == "Invalid seatUid: this seat does not belong to this booking."
    assert (answer["status"], answer["attendees"]) == ("cancelled", [])


def test_whole_class_is_cancelled_by_who_runs_it(tell: Ask, make: Any) -> None:
    booking = make("class")
    path = f"/v2/bookings/{booking['uid']}/cancel"

    stranger = tell(path, {"cancellationReason": "x"}, key="solo")
    owner = tell(path, {"cancellationReason": "x"})

    assert stranger.json() == {"statusCode": 401, "message": "User not a host of this event"}
    assert owner.json()["data"]["attendees"] == []
