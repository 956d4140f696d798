"""New bookings: what is stored, who is told, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.records import Host, OutOfOffice
from tests.cal_source.sandbox.booking_requests import BOOKER, MONDAY, asked, key_of, message
from tests.cal_source.sandbox.conftest import NOW, Ask, asking, telling


@pytest.fixture
def sandbox(empty_world: World) -> Sandbox:
    return Sandbox(empty_world, rate_limits=False)


@pytest.fixture
def tell(sandbox: Sandbox) -> Ask:
    return telling(sandbox)


def test_booking_is_stored_and_read_back(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "30min")

    made = tell("/v2/bookings", asked(key, metadata={"crm": "42"}, guests=["sam@example.com"]))

    body = made.json()["data"]
    assert made.status == 201
    assert body["status"] == "accepted"
    assert body["end"] == "2026-11-23T10:30:00.000Z"
    assert [person["email"] for person in body["attendees"]] == [
        "lena@example.com",
        "sam@example.com",
    ]
    assert body["metadata"] == {"crm": "42"}
    read = asking(sandbox)(f"/v2/bookings/{body['uid']}", version="2024-08-13")
    assert read.json()["data"] == body


def test_booking_needs_no_credentials(sandbox: Sandbox, tell: Ask) -> None:
    assert tell("/v2/bookings", asked(key_of(sandbox.world, "30min")), key=None).status == 201


def test_booking_tells_host_and_booker_and_subscribers(sandbox: Sandbox, tell: Ask) -> None:
    body = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"))).json()["data"]

    host = sandbox.world.users[1001].email
    mails = {(mail.kind, mail.to, mail.booking_uid) for mail in sandbox.outbox.mails}
    assert mails == {
        ("scheduled", host, body["uid"]),
        ("scheduled", "lena@example.com", body["uid"]),
    }
    assert {sent.trigger for sent in sandbox.outbox.webhooks} == {"BOOKING_CREATED"}
    assert {sent.payload["uid"] for sent in sandbox.outbox.webhooks} == {body["uid"]}


def test_repeat_is_refused_because_the_host_is_busy(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "30min")
    tell("/v2/bookings", asked(key))

    again = tell("/v2/bookings", asked(key))

    assert again.status == 400
    assert again.json()["error"]["message"] == (
        "User either already has booking at this time or is not available"
    )


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-23T07:30:00Z",
        "2026-11-23T15:45:00Z",
        "2026-11-28T10:00:00Z",
        "2026-12-01T10:00:00Z",
    ],
    ids=["before hours", "runs past hours", "weekend", "day off"],
)
def test_booking_outside_working_hours_is_refused(sandbox: Sandbox, tell: Ask, start: str) -> None:
    answer = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"), start))

    assert answer.status == 400
    assert "is not available" in answer.json()["error"]["message"]


def test_booking_during_absence_is_refused(sandbox: Sandbox, tell: Ask) -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC)
    sandbox.world.out_of_office[1] = OutOfOffice(1, "uuid", 1001, day, day + timedelta(days=1))

    assert tell("/v2/bookings", asked(key_of(sandbox.world, "30min"))).status == 400


@pytest.mark.parametrize(
    ("settings", "start", "message"),
    [
        ({}, "2026-01-05T10:00:00Z", "Attempting to book a meeting in the past."),
        ({"minimumBookingNotice": 2880}, MONDAY, "minimum booking notice"),
        (
            {"bookingWindow": {"type": "calendarDays", "value": 3}},
            "2026-11-26T10:00:00Z",
            "outside the event's scheduling window",
        ),
        (
            {"bookingWindow": {"type": "businessDays", "value": 3}},
            "2026-11-26T10:00:00Z",
            "outside the event's scheduling window",
        ),
        (
            {"bookingWindow": {"type": "range", "value": ["2026-11-24", "2026-11-25"]}},
            MONDAY,
            "outside the event's scheduling window",
        ),
    ],
    ids=["past", "too soon", "beyond days", "beyond business days", "outside range"],
)
def test_start_out_of_bounds_is_refused(
    sandbox: Sandbox, tell: Ask, settings: dict[str, Any], start: str, message: str
) -> None:
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings=settings)

    answer = tell("/v2/bookings", asked(key, start))

    assert answer.status == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "limits",
    [{"bookingLimitsCount": {"day": 1}}, {"bookingLimitsDuration": {"week": 45}}],
    ids=["count", "duration"],
)
def test_limit_of_the_event_type_is_kept(
    sandbox: Sandbox, tell: Ask, limits: dict[str, Any]
) -> None:
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings=limits)

    first = tell("/v2/bookings", asked(key))
    second = tell("/v2/bookings", asked(key, "2026-11-23T12:00:00Z"))
    next_week = tell("/v2/bookings", asked(key, "2026-11-30T12:00:00Z"))

    assert [first.status, second.status, next_week.status] == [201, 400, 201]


def test_buffers_keep_bookings_apart(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings={"afterEventBuffer": 15})
    tell("/v2/bookings", asked(key))

    close = tell("/v2/bookings", asked(key, "2026-11-23T09:30:00Z"))
    apart = tell("/v2/bookings", asked(key, "2026-11-23T09:15:00Z"))

    assert [close.status, apart.status] == [400, 201]


def test_booking_that_needs_confirmation_is_pending(sandbox: Sandbox, tell: Ask) -> None:
    body = tell("/v2/bookings", asked(key_of(sandbox.world, "on-request"))).json()["data"]

    assert body["status"] == "pending"
    assert {mail.kind for mail in sandbox.outbox.mails} == {"requested"}


def test_confirmation_at_short_notice_only(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "30min")
    threshold = {"unit": "hours", "count": 48}
    policy = {"confirmationPolicy": {"type": "time", "noticeThreshold": threshold}}
    sandbox.world.edit("event_types", key, settings=policy)

    soon = tell("/v2/bookings", asked(key)).json()["data"]
    late = tell("/v2/bookings", asked(key, "2026-11-26T10:00:00Z")).json()["data"]

    assert [soon["status"], late["status"]] == ["pending", "accepted"]


def test_series_keeps_the_wall_clock_over_a_clock_change(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "weekly")
    body = asked(key, "2027-03-22T10:00:00Z", recurrenceCount=2)

    rows = tell("/v2/bookings", body).json()["data"]

    assert [row["start"][5:16] for row in rows] == ["03-22T10:00", "03-29T09:00"]
    assert len({row["recurringBookingUid"] for row in rows}) == 1
    assert len([mail for mail in sandbox.outbox.mails if mail.to == "lena@example.com"]) == 1


def test_series_longer_than_allowed_is_refused(sandbox: Sandbox, tell: Ask) -> None:
    answer = tell("/v2/bookings", asked(key_of(sandbox.world, "weekly"), recurrenceCount=9))

    assert answer.status == 400
    assert "recurrence count is higher" in answer.json()["error"]["message"]


def test_seats_fill_one_booking_without_moving_its_updated_at(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "class")
    sandbox.world.edit("event_types", key, seats_per_slot=2)
    first = tell("/v2/bookings", asked(key)).json()["data"]
    sandbox.clock.advance(timedelta(minutes=5))
    other = BOOKER | {"email": "sam@example.com"}

    second = tell("/v2/bookings", asked(key, attendee=other)).json()["data"]
    same = tell("/v2/bookings", asked(key))
    full = tell("/v2/bookings", asked(key, attendee=BOOKER | {"email": "ana@example.com"}))

    assert second["uid"] == first["uid"]
    assert second["updatedAt"] == first["updatedAt"]
    assert second["seatUid"] != first["seatUid"]
    assert same.status == 409
    assert same.json() == {"statusCode": 409, "message": "already_signed_up_for_this_booking_error"}
    assert full.status == 409
    assert full.json()["error"]["message"] == "No more seats left at this seated booking."


def test_collective_booking_has_its_other_hosts_as_attendees(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "demo", None)
    hours = [{"days": ["Monday"], "startTime": "00:00", "endTime": "23:59"}]
    for schedule in list(sandbox.world.schedules):
        sandbox.world.edit("schedules", schedule, availability=hours, overrides=[])
    answers = {"company": "Example Ltd", "team-size": "1-10"}

    body = tell("/v2/bookings", asked(key, bookingFieldsResponses=answers)).json()["data"]

    assert body["hosts"][0]["id"] == 1003
    assert [person["email"] for person in body["attendees"]] == [
        "lena@example.com",
        sandbox.world.users[1004].email,
    ]


def test_collective_booking_needs_every_host(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "demo", None)

    answer = tell("/v2/bookings", asked(key, bookingFieldsResponses={"company": "Example Ltd"}))

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith("One of the hosts")


def test_round_robin_goes_to_whoever_waited_longest(sandbox: Sandbox, tell: Ask) -> None:
    world = sandbox.world
    key = key_of(world, "discovery", None)
    hosts = [Host(1001, is_fixed=False), Host(1002, is_fixed=False)]
    world.edit("event_types", key, hosts=hosts, settings={})
    starts = ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T12:00:00Z"]

    taken = []
    for start in starts:
        sandbox.clock.advance(timedelta(minutes=1))
        body = tell("/v2/bookings", asked(key, start)).json()["data"]
        taken.append(body["hosts"][0]["id"])

    assert taken == [1001, 1002, 1001]


def test_round_robin_prefers_the_higher_priority(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "discovery", None)
    hosts = [Host(1001, is_fixed=False, priority="low"), Host(1002, is_fixed=False)]
    sandbox.world.edit("event_types", key, hosts=hosts, settings={})

    body = tell("/v2/bookings", asked(key)).json()["data"]

    assert body["hosts"][0]["id"] == 1002


def test_round_robin_keeps_its_fixed_host_as_organiser(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "discovery", None)
    hosts = [Host(1002, is_fixed=False), Host(1001, is_fixed=True)]
    sandbox.world.edit("event_types", key, hosts=hosts, settings={})

    body = tell("/v2/bookings", asked(key)).json()["data"]

    assert body["hosts"][0]["id"] == 1001
    assert body["attendees"][1]["email"] == sandbox.world.users[1002].email


def test_instant_meeting_has_no_host_yet(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "discovery", None)

    body = tell("/v2/bookings", asked(key, instant=True)).json()["data"]
    personal = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"), instant=True))

    assert body["status"] == "awaiting_host"
    assert body["hosts"][0]["id"] == "unknown"
    assert personal.status == 400
    assert "only supported for team event types" in personal.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({}, "integrations:daily"),
        ({"location": {"type": "integration", "integration": "cal-video"}}, "integrations:daily"),
        ({"location": "https://meet.example.com/room"}, "https://meet.example.com/room"),
        ({"meetingUrl": "https://meet.example.com/old"}, "https://meet.example.com/old"),
        ({"location": "+493012345678"}, "+493012345678"),
        ({"location": "The old mill"}, "The old mill"),
    ],
    ids=["default", "integration", "link text", "meeting url", "phone text", "place text"],
)
def test_booking_takes_place_where_it_is_asked_for(
    sandbox: Sandbox, tell: Ask, more: dict[str, Any], where: str
) -> None:
    body = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"), **more)).json()["data"]

    assert body["location"] == where


@pytest.mark.parametrize(
    ("offered", "location", "where"),
    [
        ({"type": "address", "address": "Main St 1"}, {"type": "address"}, "Main St 1"),
        ({"type": "phone", "phone": "+4930123456"}, {"type": "phone"}, "+4930123456"),
        (
            {"type": "attendeePhone"},
            {"type": "attendeePhone", "phone": "+4930123456"},
            "+4930123456",
        ),
        (
            {"type": "attendeeDefined"},
            {"type": "attendeeDefined", "location": "My place"},
            "My place",
        ),
    ],
    ids=["address", "phone", "attendee's phone", "attendee's choice"],
)
def test_booking_takes_place_as_the_event_type_offers(
    sandbox: Sandbox, tell: Ask, offered: dict[str, Any], location: dict[str, Any], where: str
) -> None:
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings={"locations": [offered]})

    body = tell("/v2/bookings", asked(key, location=location)).json()["data"]

    assert body["location"] == where


def test_guests_lose_the_booker_and_repeats(sandbox: Sandbox, tell: Ask) -> None:
    guests = ["LENA+x@example.com", "sam@example.com", "Sam+1@example.com"]

    body = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"), guests=guests)).json()

    assert body["data"]["guests"] == ["sam@example.com"]


def test_booker_with_a_phone_number_only_gets_an_address(sandbox: Sandbox, tell: Ask) -> None:
    attendee = {"name": "Lena", "timeZone": "Europe/Berlin", "phoneNumber": "+493012345678"}

    body = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"), attendee=attendee)).json()

    [person] = body["data"]["attendees"]
    assert person["email"] == "493012345678@sms.cal.com"
    assert person["phoneNumber"] == "+493012345678"


def test_length_can_be_chosen_among_the_event_types(sandbox: Sandbox, tell: Ask) -> None:
    flexible, plain = key_of(sandbox.world, "flexible"), key_of(sandbox.world, "30min")

    chosen = tell("/v2/bookings", asked(flexible, lengthInMinutes=60))
    wrong = tell("/v2/bookings", asked(flexible, lengthInMinutes=45))
    fixed = tell("/v2/bookings", asked(plain, lengthInMinutes=30))

    assert chosen.json()["data"]["duration"] == 60
    assert "possible lengths are: 15, 30, 60" in wrong.json()["error"]["message"]
    assert "does not have multiple possible lengths" in fixed.json()["error"]["message"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "Missing required booking field response: company"),
        (
            {"company": 7},
            "(compatible with field type 'text'), but received number",
        ),
        ({"company": "Ltd", "team-size": "many"}, "Allowed options are: 1-10, 11-50, 51+."),
    ],
    ids=["missing", "wrong type", "no option"],
)
def test_answers_to_booking_fields_are_checked(
    sandbox: Sandbox, tell: Ask, answers: dict[str, Any], message: str
) -> None:
    key = key_of(sandbox.world, "demo", None)

    answer = tell("/v2/bookings", asked(key, bookingFieldsResponses=answers))

    assert answer.status == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("named", "status", "message"),
    [
        ({"eventTypeSlug": "30min", "username": "ingrid"}, 201, ""),
        ({"eventTypeSlug": "30min", "username": "nobody"}, 404, "User with username nobody not"),
        (
            {"eventTypeSlug": "none", "username": "ingrid"},
            404,
            "Event type with slug none belonging to user ingrid not found.",
        ),
        ({"eventTypeSlug": "demo", "teamSlug": "none"}, 404, "Team with slug none not found"),
        (
            {"eventTypeSlug": "none", "teamSlug": "sales"},
            404,
            "Event type with slug none belonging to team sales not found.",
        ),
        ({"eventTypeId": 999999}, 404, "Event type with id 999999 not found."),
    ],
    ids=["by user", "no user", "no slug", "no team", "no team slug", "no id"],
)
def test_event_type_is_found_by_what_names_it(
    tell: Ask, named: dict[str, Any], status: int, message: str
) -> None:
    answer = tell("/v2/bookings", {"start": MONDAY, "attendee": BOOKER} | named)

    assert answer.status == status
    assert message in answer.json().get("error", {"message": ""})["message"]


def test_event_type_that_requires_authentication(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings={"bookingRequiresAuthentication": True})

    statuses = [tell("/v2/bookings", asked(key), key=who).status for who in (None, "solo", "owner")]

    assert statuses == [401, 403, 201]


def test_managed_parent_and_team_without_hosts_cannot_be_booked(
    sandbox: Sandbox, tell: Ask
) -> None:
    parent = key_of(sandbox.world, "introduction", None)
    bare = key_of(sandbox.world, "discovery", None)
    sandbox.world.edit("event_types", bare, hosts=[])

    assert tell("/v2/bookings", asked(parent)).status == 400
    assert tell("/v2/bookings", asked(bare)).status == 422


def test_old_version_takes_the_old_body(sandbox: Sandbox, tell: Ask) -> None:
    body = {
        "start": MONDAY,
        "eventTypeId": key_of(sandbox.world, "30min"),
        "timeZone": "Europe/Berlin",
        "language": "en",
        "metadata": {},
        "responses": {"name": "Lena Becker", "email": "lena@example.com"},
    }

    made = tell("/v2/bookings", body, version=None)

    assert made.status == 201
    assert made.json()["data"]["status"] == "ACCEPTED"


def test_ids_come_from_the_seed(empty_world: World) -> None:
    def uid(seed: int) -> str:
        world = World.generate(bookings=0, seed=3, now=NOW)
        tell = telling(Sandbox(world, seed=seed, rate_limits=False))
        made = tell("/v2/bookings", asked(key_of(world, "30min")))
        return str(made.json()["data"]["uid"])

    assert uid(1) == uid(1) != uid(2)


@pytest.mark.parametrize(
    ("frequency", "interval", "start", "following"),
    [
        ("daily", 1, MONDAY, "2026-11-24T10:00:00.000Z"),
        ("weekly", 2, MONDAY, "2026-12-07T10:00:00.000Z"),
        ("monthly", 1, "2027-12-31T10:00:00Z", "2028-01-31T10:00:00.000Z"),
        ("monthly", 2, "2027-12-31T10:00:00Z", "2028-02-29T10:00:00.000Z"),
        ("yearly", 1, "2027-12-31T10:00:00Z", "2028-12-31T10:00:00.000Z"),
    ],
    ids=["daily", "every second week", "monthly", "into a short month", "yearly"],
)
def test_series_repeats_as_its_event_type_says(
    sandbox: Sandbox, tell: Ask, frequency: str, interval: int, start: str, following: str
) -> None:
    rule = {"frequency": frequency, "interval": interval, "occurrences": 2}
    key = key_of(sandbox.world, "weekly")
    sandbox.world.edit("event_types", key, settings={"recurrence": rule})

    rows = tell("/v2/bookings", asked(key, start)).json()["data"]

    assert [row["start"] for row in rows][1:] == [following]


def test_event_type_is_found_within_an_organization(sandbox: Sandbox, tell: Ask) -> None:
    slug = sandbox.world.teams[101].slug
    named = {"eventTypeSlug": "30min", "username": "ingrid", "organizationSlug": slug}
    team = {"eventTypeSlug": "none", "teamSlug": "sales", "organizationSlug": slug}
    body = {"start": MONDAY, "attendee": BOOKER}

    found = tell("/v2/bookings", body | named)
    no_organization = tell("/v2/bookings", body | named | {"organizationSlug": "none"})
    no_slug = tell("/v2/bookings", body | team)

    assert [found.status, no_organization.status, no_slug.status] == [201, 404, 404]
    assert f"belonging to team sales within organization {slug} not" in message(no_slug)


@pytest.mark.parametrize(
    ("field", "answer", "text"),
    [
        ({"type": "boolean"}, "yes", "Expected type boolean"),
        ({"type": "number"}, True, "but received boolean."),
        ({"type": "multiselect", "options": ["a", "b"]}, ["a", "c"], "One or more invalid opti"),
        ({"type": "checkbox"}, {}, "Expected type array (compatible with field type 'checkbox'"),
    ],
    ids=["boolean", "number", "several", "checkbox"],
)
def test_answer_must_be_of_its_fields_kind(
    sandbox: Sandbox, tell: Ask, field: dict[str, Any], answer: object, text: str
) -> None:
    key = key_of(sandbox.world, "30min")
    own = field | {"slug": "own", "label": "Own", "isDefault": False}
    sandbox.world.edit("event_types", key, settings={"bookingFields": [own]})

    refused = tell("/v2/bookings", asked(key, bookingFieldsResponses={"own": answer}))

    assert refused.status == 400
    assert text in message(refused)


def test_required_phone_number_is_asked_for(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "30min")
    field = {"type": "phone", "slug": "attendeePhoneNumber", "isDefault": True, "required": True}
    sandbox.world.edit("event_types", key, settings={"bookingFields": [field]})

    without = tell("/v2/bookings", asked(key))
    number = BOOKER | {"phoneNumber": "+493012345678"}
    with_number = tell("/v2/bookings", asked(key, attendee=number))

    assert "Missing attendee phone number" in message(without)
    assert with_number.status == 201


def test_round_robin_without_a_free_host_is_refused(sandbox: Sandbox, tell: Ask) -> None:
    key = key_of(sandbox.world, "discovery", None)
    hosts = [Host(1001, is_fixed=False)]
    sandbox.world.edit("event_types", key, hosts=hosts, settings={})
    tell("/v2/bookings", asked(key))

    again = tell("/v2/bookings", asked(key))

    assert message(again).startswith("One of the hosts either already has booking")


def test_end_beyond_the_last_year_is_refused(sandbox: Sandbox, tell: Ask) -> None:
    answer = tell("/v2/bookings", asked(key_of(sandbox.world, "30min"), "9999-12-31T23:59:00Z"))

    assert (answer.status, message(answer)) == (400, "Invalid end date")


def test_booking_whose_place_only_the_booker_knows_meets_by_video(
    sandbox: Sandbox, tell: Ask
) -> None:
    key = key_of(sandbox.world, "30min")
    sandbox.world.edit("event_types", key, settings={"locations": [{"type": "attendeePhone"}]})

    body = tell("/v2/bookings", asked(key)).json()["data"]

    assert body["location"] == "integrations:daily"
