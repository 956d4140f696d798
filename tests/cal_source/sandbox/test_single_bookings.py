"""Bookings read alone, their shapes, and what hangs on them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.records import Attendee, Booking, Reference, Seat
from tests.cal_source.sandbox.conftest import BOOKINGS, Ask, asking

Make = Callable[..., Booking]


@pytest.fixture
def one(empty_world: World, make_booking: Make) -> Ask:
    empty_world.add_booking(make_booking(1))
    return asking(Sandbox(empty_world, rate_limits=False))


def _event_type(world: World, slug: str) -> int:
    return next(row.id for row in world.event_types.values() if row.slug == slug)


def test_booking_uid_is_a_capability(one: Ask) -> None:
    answer = one("/v2/bookings/uid1", None, BOOKINGS)

    assert (answer.status, answer.json()["data"]["uid"]) == (200, "uid1")


def test_unknown_uid_is_named(one: Ask) -> None:
    answer = one("/v2/bookings/nope", version=BOOKINGS)

    assert answer.status == 404
    message = "Booking with uid=nope was not found in the database"
    assert answer.json()["error"]["message"] == message


def test_bad_credentials_are_refused_even_where_none_are_needed(one: Ask) -> None:
    assert one("/v2/bookings/uid1", "nobody", BOOKINGS).status == 401


def test_uid_of_a_series_gives_its_occurrences_first_start_first(
    empty_world: World, make_booking: Make
) -> None:
    for number in (3, 1, 2):
        empty_world.add_booking(make_booking(number, recurring_event_id="series"))
    ask = asking(Sandbox(empty_world, rate_limits=False))

    rows = ask("/v2/bookings/series", version=BOOKINGS).json()["data"]

    assert [row["uid"] for row in rows] == ["uid1", "uid2", "uid3"]
    assert all(row["recurringBookingUid"] == "series" for row in rows)
    assert all("rescheduledByEmail" not in row for row in rows)


def test_host_that_is_gone_is_unknown(one: Ask, empty_world: World) -> None:
    empty_world.edit_booking("uid1", user_id=None)

    [host] = one("/v2/bookings/uid1", version=BOOKINGS).json()["data"]["hosts"]

    assert set(host.values()) == {"unknown"}
    assert "timeZone" not in host


def test_unreadable_answers_are_unknown(one: Ask, empty_world: World) -> None:
    empty_world.edit_booking("uid1", responses=None)

    row = one("/v2/bookings/uid1", version=BOOKINGS).json()["data"]

    assert row["bookingFieldsResponses"]["name"] == "unknown"
    assert row["reschedulingReason"] == "unknown"
    assert row["guests"] == []


def test_video_link_replaces_the_location_and_leaves_the_metadata(
    one: Ask, empty_world: World
) -> None:
    link = "https://meet.example.com/x"
    metadata = {"videoCallUrl": link, "source": "web"}
    empty_world.edit_booking("uid1", location="integrations:daily", metadata=metadata)

    row = one("/v2/bookings/uid1", version=BOOKINGS).json()["data"]

    assert row["location"] == row["meetingUrl"] == link
    assert row["metadata"] == {"source": "web"}


def test_client_id_in_a_managed_address_is_not_displayed(one: Ask, empty_world: World) -> None:
    email = "nora+cmlremhtume2m3shyouf11xq2@example.com"
    empty_world.edit_booking("uid1", attendees=[Attendee(1, "Nora", email, "UTC")])

    [person] = one("/v2/bookings/uid1", version=BOOKINGS).json()["data"]["attendees"]

    assert person["email"] == email
    assert person["displayEmail"] == "nora@example.com"


def test_moved_booking_names_its_successor_and_who_moved_it(
    empty_world: World, make_booking: Make
) -> None:
    empty_world.add_booking(make_booking(1, status="cancelled", is_rescheduled=True))
    moved = make_booking(2, from_reschedule="uid1", rescheduled_by="lena@example.com")
    empty_world.add_booking(moved)
    ask = asking(Sandbox(empty_world, rate_limits=False))

    old = ask("/v2/bookings/uid1", version=BOOKINGS).json()["data"]
    new = ask("/v2/bookings/uid2", version=BOOKINGS).json()["data"]

    assert old["rescheduledToUid"] == "uid2"
    assert old["rescheduledByEmail"] == new["rescheduledByEmail"] == "lena@example.com"
    assert new["rescheduledFromUid"] == "uid1"
    assert "rescheduledToUid" not in new


def test_seated_booking_has_answers_per_seat_and_none_of_its_own(
    empty_world: World, make_booking: Make
) -> None:
    seat = Seat("seat-1", {"name": "Lena", "email": "lena@example.com"})
    people = [Attendee(1, "Lena", "lena@example.com", "UTC", seat=seat)]
    group = _event_type(empty_world, "class")
    empty_world.add_booking(make_booking(1, event_type_id=group, attendees=people))
    ask = asking(Sandbox(empty_world, rate_limits=False))

    row = ask("/v2/bookings/uid1", version=BOOKINGS).json()["data"]

    [person] = row["attendees"]
    assert person["seatUid"] == "seat-1"
    assert person["bookingFieldsResponses"] == {"name": "Lena"}
    assert not {"guests", "bookingFieldsResponses", "cancelledByEmail"} & set(row)


@pytest.mark.parametrize(
    ("key", "seen"),
    [(None, 0), ("member", 0), ("admin", 1), ("owner", 1)],
    ids=["nobody", "member of the organisation", "admin of the team", "owner of the organisation"],
)
def test_seated_booking_read_alone_hides_its_attendees_from_strangers(
    empty_world: World, make_booking: Make, key: str | None, seen: int
) -> None:
    webinar = _event_type(empty_world, "webinar")
    empty_world.add_booking(make_booking(1, event_type_id=webinar, user_id=1008))
    ask = asking(Sandbox(empty_world, rate_limits=False))

    row = ask("/v2/bookings/uid1", key, BOOKINGS).json()["data"]

    assert len(row["attendees"]) == seen


def test_references_are_for_the_host_only(one: Ask, empty_world: World) -> None:
    references = [Reference(5, "google_calendar", "event-5", "lena@example.com")]
    empty_world.edit_booking("uid1", references=references)

    mine = one("/v2/bookings/uid1/references", version=BOOKINGS)
    other = one("/v2/bookings/uid1/references", "solo", BOOKINGS)
    filtered = one("/v2/bookings/uid1/references", version=BOOKINGS, type="daily_video")

    assert mine.json()["data"] == [
        {
            "type": "google_calendar",
            "eventUid": "event-5",
            "id": 5,
            "destinationCalendarId": "lena@example.com",
        },
    ]
    assert other.status == 400
    assert "does not belong to user" in other.json()["error"]["message"]
    assert filtered.json()["data"] == []


def test_attendees_have_ids_of_their_own(one: Ask) -> None:
    [person] = one("/v2/bookings/uid1/attendees", version=BOOKINGS).json()["data"]
    same = one(f"/v2/bookings/uid1/attendees/{person['id']}", version=BOOKINGS).json()["data"]

    assert same == person
    assert one("/v2/bookings/uid1/attendees/999", version=BOOKINGS).status == 404


def test_references_of_a_team_need_a_booking_of_the_team(
    empty_world: World, make_booking: Make
) -> None:
    discovery = _event_type(empty_world, "discovery")
    reference = [Reference(1, "daily_video", "daily-1")]
    empty_world.add_booking(make_booking(1, event_type_id=discovery, references=reference))
    empty_world.add_booking(make_booking(2))
    ask = asking(Sandbox(empty_world, rate_limits=False))
    path = "/v2/organizations/101/teams/102/bookings/{}/references"

    assert len(ask(path.format("uid1")).json()["data"]) == 1
    assert ask(path.format("uid2")).status == 400


def test_moved_occurrence_names_its_predecessor_only(
    empty_world: World, make_booking: Make
) -> None:
    series = {"recurring_event_id": "series", "from_reschedule": "uid0"}
    responses = {"name": "Lena", "email": "lena@example.com", "rescheduledReason": "Ill"}
    empty_world.add_booking(make_booking(1, responses=responses, **series))
    ask = asking(Sandbox(empty_world, rate_limits=False))

    row = ask("/v2/bookings/uid1", version=BOOKINGS).json()["data"]

    assert row["rescheduledFromUid"] == "uid0"
    assert row["reschedulingReason"] == "Ill"
    assert not {"rescheduledToUid", "rescheduledByEmail"} & set(row)


def test_occurrence_of_a_seated_event_has_seats_and_its_series(
    empty_world: World, make_booking: Make
) -> None:
    group = _event_type(empty_world, "class")
    columns = {"recurring_event_id": "series", "from_reschedule": "uid0", "event_type_id": group}
    empty_world.add_booking(make_booking(1, **columns))
    ask = asking(Sandbox(empty_world, rate_limits=False))

    row = ask("/v2/bookings/uid1", version=BOOKINGS).json()["data"]

    assert (row["recurringBookingUid"], row["rescheduledFromUid"]) == ("series", "uid0")
    assert row["attendees"][0]["bookingFieldsResponses"] == {}, "an attendee without a seat"
    assert not {"guests", "rescheduledByEmail"} & set(row)


def test_duration_is_in_minutes_and_may_be_broken(one: Ask, empty_world: World) -> None:
    booking = empty_world.bookings[1]

    empty_world.edit_booking("uid1", end=booking.start + timedelta(seconds=90))

    assert one("/v2/bookings/uid1", version=BOOKINGS).json()["data"]["duration"] == 1.5


def test_answers_without_guests_leave_the_field_out(one: Ask, empty_world: World) -> None:
    empty_world.edit_booking("uid1", responses={"name": "Lena", "attendeePhoneNumber": "+1555"})

    row = one("/v2/bookings/uid1", version=BOOKINGS).json()["data"]

    assert "guests" not in row
    assert row["bookingFieldsResponses"] == {"name": "Lena", "attendeePhoneNumber": "+1555"}
