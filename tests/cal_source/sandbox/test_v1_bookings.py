"""Rows changed through API v1, which tells nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cal_source.sandbox import Answer, Sandbox, World
from cal_source.sandbox.records import Attendee, Booking
from tests.cal_source.sandbox.conftest import NOW

Send = Callable[..., Answer]


@pytest.fixture
def sandbox(empty_world: World, make_booking: Callable[..., Booking]) -> Sandbox:
    person = Attendee(7, "Sam Lee", "sam@example.com", "UTC")
    empty_world.add_booking(make_booking(1))
    empty_world.add_booking(make_booking(2, attendees=[person]))
    return Sandbox(empty_world, rate_limits=False)


@pytest.fixture
def send(sandbox: Sandbox) -> Send:
    def send(path: str, body: Any, key: str | None = "cal_sandbox_owner") -> Answer:
        query = [] if key is None else [("apiKey", key)]
        return sandbox.respond("PATCH", path, query, {}, msgspec.json.encode(body))

    return send


def test_booking_is_changed_without_telling_anybody(sandbox: Sandbox, send: Send) -> None:
    start = "2026-11-29T10:00:00Z"
    sandbox.clock.advance(timedelta(minutes=1))

    answer = send("/v1/bookings/1", {"title": "New", "startTime": start, "status": "CANCELLED"})

    row = sandbox.world.bookings[1]
    assert answer.json()["booking"]["title"] == row.title == "New"
    assert (row.status, row.start.isoformat()) == ("cancelled", "2026-11-29T10:00:00+00:00")
    assert row.updated_at == NOW + timedelta(minutes=1)
    assert not sandbox.outbox.mails
    assert not sandbox.outbox.webhooks


def test_attendee_is_changed_without_moving_updated_at(sandbox: Sandbox, send: Send) -> None:
    before = sandbox.world.bookings[2].updated_at

    answer = send("/v1/attendees/7", {"name": "Samira Lee", "timeZone": "Asia/Tokyo"})

    [person] = sandbox.world.bookings[2].attendees
    assert answer.json()["attendee"]["name"] == person.name == "Samira Lee"
    assert person.time_zone == "Asia/Tokyo"
    assert sandbox.world.bookings[2].updated_at == before


def test_attendee_moves_to_another_booking(sandbox: Sandbox, send: Send) -> None:
    send("/v1/attendees/7", {"bookingId": 1})

    assert sandbox.world.bookings[2].attendees == []
    assert [person.id for person in sandbox.world.bookings[1].attendees] == [1, 7]


@pytest.mark.parametrize(
    ("path", "body", "key", "status", "message"),
    [
        ("/v1/bookings/1", {}, None, 401, "No apiKey provided"),
        ("/v1/bookings/1", {}, "cal_nobody", 401, "Your API key is not valid."),
        ("/v1/bookings/1", {}, "cal_sandbox_expired", 401, "This API key is expired."),
        ("/v1/bookings/1", {}, "cal_sandbox_solo", 403, "Forbidden"),
        ("/v1/bookings/9", {}, "cal_sandbox_owner", 404, "Booking not found"),
        ("/v1/attendees/9", {}, "cal_sandbox_owner", 404, "Attendee not found"),
        ("/v1/attendees/7", {"bookingId": 9}, "cal_sandbox_owner", 404, "Booking not found"),
        (
            "/v1/bookings/1",
            {"subject": "x"},
            "cal_sandbox_owner",
            400,
            "Unrecognized key(s) in object: 'subject'",
        ),
        ("/v1/bookings/1", {"title": 7}, "cal_sandbox_owner", 400, "title must be a string"),
    ],
    ids=[
        "no key",
        "bad key",
        "expired",
        "stranger",
        "no booking",
        "no attendee",
        "no target",
        "unknown field",
        "wrong type",
    ],
)
def test_refusals_say_why(
    send: Send, path: str, body: Any, key: str | None, status: int, message: str
) -> None:
    answer = send(path, body, key)

    assert (answer.status, answer.json()) == (status, {"message": message})
