"""Typed records become the same rows as plain ones: values, types, quarantine and drift."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cal_source.columns import Drift
from cal_source.pages import parse_page
from cal_source.records import Stamp, parse_records
from cal_source.tables import TABLES
from cal_source.typed_records import Form, TypedRecord, has_form
from tests.cal_source.test_records_properties import json_values, put

BOOKINGS = TABLES["bookings"]
STAMP = Stamp("user:1", "run", 7, datetime(2026, 1, 1, tzinfo=UTC))
INSTANTS = [
    "2026-03-17T09:00:00.000Z",
    "2026-03-17T09:00:00.123Z",
    "2026-03-17 09:00:00.123Z",
    "2026-03-17T09:00:00+02:00",
    "2026-03-17T09:00:00.1234567Z",
    "0000-03-17T09:00:00.000Z",
    "2026-02-30T09:00:00.000Z",
    "2026-W12-2T09:00:00.000Z",
    "2026-03-17T24:00:00.000Z",
    "2026-03-17T23:59:60.000Z",
    "not an instant at all...Z",
]


def person(email="ada@example.com", **more):
    return {"name": "Ada", "email": email, "timeZone": "Europe/London", **more}


def booking(**more):
    return {
        "id": 1,
        "uid": "u1",
        "title": "Demo – ü",
        "status": "accepted",
        "hosts": [person("host@example.com", id=5, username="host")],
        "start": "2026-03-17T09:00:00.000Z",
        "end": "2026-03-17T09:45:00.000Z",
        "createdAt": "2026-03-01T10:00:00.123Z",
        "updatedAt": None,
        "eventTypeId": 7,
        "eventType": {"id": 7, "slug": "demo"},
        "metadata": {"b": 1, "a": {"y": None, "x": [1.5, 2**70]}},
        "attendees": [person(language="en", absent=False)],
        "guests": ["guest@example.com"],
        "bookingFieldsResponses": {"email": "ada@example.com", "n": 3, "yes": True, "o": {"z": 1}},
        **more,
    }


@st.composite
def bookings(draw):
    """Bookings that are as declared, or wrong in one to three places."""
    record = booking(
        uid=f"u{draw(st.integers(1, 10**6))}",
        updatedAt=draw(st.none() | st.sampled_from(INSTANTS)),
        attendees=draw(
            st.lists(
                st.builds(
                    person,
                    st.sampled_from(["a@x.io", "b@x.io", "c@x.io"]),
                    seatUid=st.none() | st.just("seat"),
                    bookingFieldsResponses=st.none() | st.dictionaries(st.text("ab"), json_values),
                ),
                max_size=3,
            )
        ),
        recurringBookingUid=draw(st.none() | st.just("series")),
    )
    paths = [path for column in BOOKINGS.columns for path in column.paths]
    places = [*paths, "hosts", "attendees", "guests", "brandNew", "eventType.title", "eventType"]
    for path in draw(st.lists(st.sampled_from(places), max_size=3)):
        put(record, path, draw(json_values | st.sampled_from(INSTANTS)))
    if draw(st.booleans()):
        record["attendees"] = draw(st.just(record["attendees"]) | st.none())
        record["hosts"] = [person("unknown", id="unknown", avatar=draw(json_values))]
    return record


def page_of(records):
    return json.dumps({"status": "success", "data": records}).encode()


def contents(tables):
    return {
        name: sorted(json.dumps(row, default=str) for row in table.to_pylist())
        for name, table in tables.items()
    }


def assert_same(form, records):
    """Compare both ways of making rows; returns the form that has learnt from the records."""
    content = page_of(records)
    typed = form.decode_page(content)["data"]
    plain = msgspec.json.decode(content)["data"]

    page = parse_page(BOOKINGS, typed, STAMP)

    parsed = parse_records(BOOKINGS, plain, STAMP)
    tables = parsed.arrow(BOOKINGS.family())
    assert contents(page.tables) == contents(tables)
    assert {n: t.schema for n, t in page.tables.items()} == {n: t.schema for n, t in tables.items()}
    assert page.drift == parsed.drift
    key = repr
    assert sorted(page.quarantined, key=key) == sorted(parsed.quarantined, key=key)
    return form.learning(page.drift)


@given(st.lists(bookings() | json_values, max_size=4))
@example([booking(), booking(uid="u2", surprise={"b": 1, "a": [None]}, eventType=None)])
@example([booking(eventTypeId=None, eventType={"id": 7})])
@example([booking(attendees=[person(), person()])])
@example([booking(id=2**64), booking(uid="u2", duration=45.0), booking(uid="u3", rating=True)])
@example([booking(start=instant, uid=f"u{n}") for n, instant in enumerate(INSTANTS)])
def test_typed_and_plain_records_give_the_same_rows_and_go_on_doing_so_after_learning(records):
    learned = assert_same(Form(BOOKINGS), records)

    assert_same(learned, records)


def typed_count(form, records):
    return sum(isinstance(r, TypedRecord) for r in form.decode_page(page_of(records))["data"])


@pytest.mark.parametrize(
    "more",
    [
        {"brandNew": {"deep": [1]}},
        {"eventType": {"id": 7, "slug": "demo", "title": "Demo"}},
        {"attendees": [person(vip=True)]},
        {"a.b": 1},
        {"class": None},
    ],
    ids=["top", "inside an object", "inside a list", "with a dot", "keyword"],
)
def test_unknown_field_takes_the_plain_path_once_only(more):
    form = Form(BOOKINGS)
    records = [booking(), booking(uid="u2", **more)]
    assert typed_count(form, records) == 1

    learned = assert_same(form, records)

    assert typed_count(learned, records) == 2
    assert assert_same(learned, records) is learned


def test_form_keeps_a_bounded_number_of_unknown_fields():
    form = Form(BOOKINGS)

    for number in range(0, 400, 20):
        drift = [
            Drift("bookings", f"new{n}", "unknown", "text") for n in range(number, number + 20)
        ]
        form = form.learning(drift)

    assert len(form.learned) == 100


def test_plain_bookings_are_typed():
    assert has_form(BOOKINGS)
    assert typed_count(Form(BOOKINGS), [booking(), booking(uid="u2", attendees=None)]) == 2


def test_form_leaves_a_page_of_another_shape_as_it_came():
    body = {"status": "success", "data": {"bookings": [1]}}

    assert Form(BOOKINGS).decode_page(json.dumps(body).encode()) == body


def test_page_that_is_cut_off_is_no_json():
    with pytest.raises(msgspec.DecodeError):
        Form(BOOKINGS).decode_page(page_of([booking()])[:-20])
