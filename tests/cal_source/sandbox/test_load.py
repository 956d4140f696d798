"""A recorded folder as a world: any server's lists, not only those beside the repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.unlisted import PLATFORM_CLIENT_ID
from tests.cal_source.sandbox.conftest import BOOKINGS, asking

if TYPE_CHECKING:
    from pathlib import Path

ME = {
    "id": 7,
    "email": "lena@example.com",
    "name": "Lena Becker",
    "avatarUrl": None,
    "bio": None,
    "timeFormat": 24,
    "defaultScheduleId": 3,
    "weekStart": "Monday",
    "timeZone": "Europe/Berlin",
    "username": "lena",
    "organizationId": None,
}
SCHEDULE = {
    "id": 3,
    "ownerId": 7,
    "name": "Working hours",
    "timeZone": "Europe/Berlin",
    "availability": [{"days": ["Monday"], "startTime": "09:00", "endTime": "17:00"}],
    "isDefault": True,
    "overrides": [],
}
HOST = {
    "id": 7,
    "name": "Lena Becker",
    "email": "lena@example.com",
    "displayEmail": "lena@example.com",
    "username": "lena",
    "timeZone": "Europe/Berlin",
}
BOOKING: dict[str, Any] = {
    "id": 1,
    "uid": "abc",
    "title": "Chat between Lena Becker and Ada Roy",
    "description": None,
    "hosts": [HOST],
    "status": "accepted",
    "cancellationReason": "",
    "cancelledByEmail": "",
    "rescheduledByEmail": None,
    "start": "2026-11-24T10:00:00.000Z",
    "end": "2026-11-24T10:25:00.000Z",
    "duration": 25,
    "eventTypeId": 11,
    "eventType": {"id": 11, "slug": "chat"},
    "meetingUrl": "https://meet.example.com/abc",
    "location": "https://meet.example.com/abc",
    "absentHost": False,
    "createdAt": "2026-11-01T00:00:00.000Z",
    "updatedAt": None,
    "metadata": {"source": "web"},
    "rating": 4,
    "icsUid": "abc@Cal.com",
    "attendees": [
        {
            "name": "Ada Roy",
            "email": "ada@example.com",
            "displayEmail": "ada@example.com",
            "timeZone": "UTC",
            "language": None,
            "absent": True,
            "phoneNumber": "+15550000",
        },
    ],
    "guests": [],
    "bookingFieldsResponses": {
        "email": "ada@example.com",
        "name": "Ada Roy",
        "guests": [],
        "location": {"value": "integrations:daily", "optionValue": ""},
        "displayEmail": "ada@example.com",
        "displayGuests": [],
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lists: dict[str, tuple[str, Any]] = {
        "me": ("/v2/me", ME),
        "schedules": ("/v2/schedules", [SCHEDULE]),
        "bookings": ("/v2/bookings", [BOOKING]),
    }
    index = {
        name: {"path": path, "version": None, "key": "owner", "params": None, "status": 200}
        for name, (path, _) in lists.items()
    }
    for name, (_, data) in lists.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(data), "utf-8")
    (tmp_path / "index.json").write_text(json.dumps(index), "utf-8")
    return tmp_path


def test_lists_of_any_server_come_back_as_they_were(folder: Path) -> None:
    ask = asking(Sandbox(World.from_folder(folder)))

    assert ask("/v2/me").json()["data"] == ME
    assert ask("/v2/schedules", version="2024-06-11").json()["data"] == [SCHEDULE]
    assert ask("/v2/bookings", version=BOOKINGS).json()["data"] == [BOOKING]


def test_event_type_that_only_a_booking_names_gets_the_defaults(folder: Path) -> None:
    ask = asking(Sandbox(World.from_folder(folder)))

    [row] = ask("/v2/event-types", version="2024-06-14").json()["data"]

    assert (row["id"], row["slug"], row["title"]) == (11, "chat", "Chat")
    assert row["lengthInMinutes"] == 25
    assert row["bookingUrl"] == "http://localhost:3000/lena/chat"


def test_another_server_does_not_get_what_the_recorded_one_had(folder: Path) -> None:
    world = World.from_folder(folder)

    assert set(world.api_keys) == {"cal_sandbox_owner"}
    assert PLATFORM_CLIENT_ID not in world.oauth_clients


def test_refused_lists_are_left_out(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_text("utf-8"))
    index["bookings"]["status"] = 403
    (folder / "index.json").write_text(json.dumps(index), "utf-8")

    assert len(World.from_folder(folder).bookings) == 0
