"""API records become rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cal_source.columns import Drift
from cal_source.records import Stamp, parse_records
from cal_source.tables import TABLES

STAMP = Stamp("organization:1", "run", 1, datetime(2026, 1, 1, tzinfo=UTC))


def booking(**fields):
    record = {
        "id": 1,
        "uid": "u1",
        "title": "Call",
        "status": "accepted",
        "start": "2026-01-05T09:00:00.000Z",
        "end": "2026-01-05T09:30:00.000Z",
        "duration": 30,
        "eventTypeId": 7,
        "eventType": {"id": 7, "slug": "call"},
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": None,
        "hosts": [{"id": 3, "email": "h@example.com", "name": "H"}],
        "attendees": [],
    }
    return {**record, **fields}


def parse_one(record, table="bookings"):
    return parse_records(TABLES[table], [record], STAMP)


def only(rows):
    (row,) = rows
    return row


def test_parse_records_types_the_declared_columns():
    row = only(parse_one(booking()).rows["bookings"])

    assert row["start"] == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (row["uid"], row["event_type_id"], row["event_type_slug"]) == ("u1", 7, "call")
    assert row["_extra"] is None
    assert row["_scope"] == "organization:1"


def test_parse_records_keeps_an_unknown_field_and_reports_it():
    parsed = parse_one(booking(mood="sunny", eventType={"id": 7, "slug": "call", "icon": "star"}))

    extra = json.loads(only(parsed.rows["bookings"])["_extra"])
    assert extra == {"mood": "sunny", "eventType": {"icon": "star"}}
    assert set(parsed.drift) == {
        Drift("bookings", "mood", "unknown", "text"),
        Drift("bookings", "eventType.icon", "unknown", "text"),
    }


def test_parse_records_keeps_a_retyped_value_and_reports_it():
    parsed = parse_one(booking(rating="five", duration=2.5))

    row = only(parsed.rows["bookings"])
    assert (row["rating"], row["duration"]) == (None, None)
    assert json.loads(row["_extra"]) == {"rating": "five", "duration": 2.5}
    assert set(parsed.drift) == {
        Drift("bookings", "rating", "retyped", "text"),
        Drift("bookings", "duration", "retyped", "number"),
    }


def test_parse_records_keeps_an_alias_that_disagrees():
    parsed = parse_one(booking(eventType={"id": 8, "slug": "call"}))

    row = only(parsed.rows["bookings"])
    assert row["event_type_id"] == 7
    assert json.loads(row["_extra"]) == {"eventType": {"id": 8}}


def test_parse_records_takes_the_alias_where_the_first_path_is_gone():
    record = booking()
    del record["eventTypeId"]

    assert only(parse_one(record).rows["bookings"])["event_type_id"] == 7


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"uid": None}, "'uid' is missing"),
        ({"uid": 5}, "'uid' is number"),
        ({"start": "soon"}, "'start' is text"),
        ({"status": None}, "'status' is missing"),
    ],
    ids=["no uid", "numeric uid", "start is no instant", "no status"],
)
def test_parse_records_quarantines_a_record_without_a_required_value(fields, reason):
    parsed = parse_records(TABLES["bookings"], [booking(**fields), booking(uid="good")], STAMP)

    entry = only(parsed.quarantined)
    assert reason in entry.reason
    assert json.loads(entry.record)["title"] == "Call"
    assert [row["uid"] for row in parsed.rows["bookings"]] == ["good"]
    assert len(parsed.rows["booking_hosts"]) == 1


@pytest.mark.parametrize("record", [None, "text", 4, ["list"]], ids=repr)
def test_parse_records_quarantines_what_is_no_object(record):
    entry = only(parse_one(record).quarantined)

    assert entry.key == ""
    assert "not an object" in entry.reason


def test_parse_records_loads_the_unknown_host_without_an_id():
    host = {"id": "unknown", "name": "unknown", "email": "unknown", "username": "unknown"}
    parsed = parse_one(booking(hosts=[host]))

    row = only(parsed.rows["booking_hosts"])
    assert (row["id"], row["email"], row["_extra"]) == (None, "unknown", None)
    assert not parsed.drift


def test_parse_records_tells_repeated_emails_apart_whatever_their_order():
    first = {"name": "A", "email": "twin@example.com", "absent": True}
    second = {"name": "B", "email": "twin@example.com", "absent": False}

    def keyed(attendees):
        rows = parse_one(booking(attendees=attendees)).rows["booking_attendees"]
        return {(r["email"], r["ordinal"]): (r["name"], r["_content_hash"]) for r in rows}

    assert keyed([first, second]) == keyed([second, first])
    assert len(keyed([first, second])) == 2


def test_parse_records_keeps_list_elements_that_are_no_rows():
    parsed = parse_one(booking(attendees=[{"name": "no e-mail"}, "text"], guests=["a@b.c", 3]))

    assert json.loads(only(parsed.rows["bookings"])["_extra"]) == {
        "attendees": ["text", {"name": "no e-mail"}],
        "guests": [3],
    }
    assert [row["email"] for row in parsed.rows["booking_guests"]] == ["a@b.c"]


def test_parse_records_takes_answers_of_booker_and_seats():
    seat = {
        "email": "s@example.com",
        "name": "S",
        "seatUid": "seat",
        "bookingFieldsResponses": {"size": 3, "plan": {"tier": "gold"}},
    }
    parsed = parse_one(
        booking(bookingFieldsResponses={"email": "b@example.com", "why": "demo"}, attendees=[seat])
    )

    answers = {
        (r["email"], r["slug"]): (r["value_text"], json.loads(r["value"]))
        for r in parsed.rows["booking_answers"]
    }
    assert answers == {
        ("b@example.com", "email"): ("b@example.com", "b@example.com"),
        ("b@example.com", "why"): ("demo", "demo"),
        ("s@example.com", "size"): ("3", 3),
        ("s@example.com", "plan"): (None, {"tier": "gold"}),
    }


def test_parse_records_spreads_working_hours_over_weekdays():
    schedule = {
        "id": 5,
        "name": "Hours",
        "availability": [{"days": ["Monday", "Friday"], "startTime": "09:00", "endTime": "17:00"}],
        "overrides": [{"date": "2026-12-24", "startTime": "00:00", "endTime": "00:00"}],
    }
    rows = parse_one(schedule, "schedules").rows

    days = {(r["day"], r["start_time"], r["end_time"]) for r in rows["schedule_availability"]}
    assert days == {("Monday", "09:00", "17:00"), ("Friday", "09:00", "17:00")}
    assert str(only(rows["schedule_overrides"])["date"]) == "2026-12-24"


def test_parse_records_never_lets_a_webhook_secret_through():
    webhook = {"id": "w", "secret": "canary-secret", "active": True}
    good = parse_one(webhook, "webhooks")
    bad = parse_one({**webhook, "id": None}, "webhooks")

    assert only(good.rows["webhooks"])["has_secret"] is True
    assert "canary-secret" not in repr(good)
    assert "canary-secret" not in repr(bad)


def test_content_hash_ignores_key_order_and_sees_every_value():
    hashes = {
        name: only(parse_one(record).rows["bookings"])["_content_hash"]
        for name, record in {
            "plain": booking(),
            "reordered": dict(reversed(booking().items())),
            "rated": booking(rating=5),
            "new field": booking(mood="sunny"),
        }.items()
    }

    assert hashes["plain"] == hashes["reordered"]
    assert len(set(hashes.values())) == 3
