"""An invented world, a sandbox over it, and a short way to ask it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cal_source.sandbox import Answer, Sandbox, World
from cal_source.sandbox.records import Attendee, Booking

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOKINGS = "2024-08-13"
Ask = Callable[..., Answer]


@pytest.fixture
def world() -> World:
    return World.generate(bookings=600, seed=3, now=NOW)


@pytest.fixture
def empty_world() -> World:
    return World.generate(bookings=0, seed=3, now=NOW)


@pytest.fixture
def sandbox(world: World) -> Sandbox:
    return Sandbox(world, rate_limits=False)


def asking(sandbox: Sandbox) -> Ask:
    """Make a function that sends a GET and gives the answer."""

    def ask(
        path: str, key: str | None = "owner", version: str | None = None, **query: Any
    ) -> Answer:
        headers = {} if key is None else {"Authorization": f"Bearer cal_sandbox_{key}"}
        if version is not None:
            headers["cal-api-version"] = version
        pairs = [(name, str(value)) for name, value in query.items()]
        return sandbox.respond("GET", path, pairs, headers)

    return ask


@pytest.fixture
def ask(sandbox: Sandbox) -> Ask:
    return asking(sandbox)


def telling(sandbox: Sandbox) -> Ask:
    """Make a function that sends a body and gives the answer."""

    def tell(
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        key: str | None = "owner",
        version: str | None = BOOKINGS,
    ) -> Answer:
        headers = {} if key is None else {"Authorization": f"Bearer cal_sandbox_{key}"}
        if version is not None:
            headers["cal-api-version"] = version
        content = b"" if body is None else msgspec.json.encode(body)
        return sandbox.respond(method, path, (), headers, content)

    return tell


@pytest.fixture
def make_booking() -> Callable[..., Booking]:
    """Make a plain accepted booking of the owner, an hour long, with any column given."""

    def make(number: int, **columns: Any) -> Booking:
        start = columns.pop("start", NOW + timedelta(days=number))
        defaults: dict[str, Any] = {
            "end": start + timedelta(hours=1),
            "title": f"Meeting {number}",
            "status": "accepted",
            "created_at": NOW - timedelta(days=30, minutes=number),
            "updated_at": NOW - timedelta(days=20, minutes=number),
            "user_id": 1001,
            "event_type_id": None,
            "attendees": [Attendee(number, "Lena Becker", "lena@example.com", "Europe/Berlin")],
            "responses": {"name": "Lena Becker", "email": "lena@example.com", "guests": []},
        }
        return Booking(id=number, uid=f"uid{number}", start=start, **(defaults | columns))

    return make
