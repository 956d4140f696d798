"""Each of the 89 writes changes the sandbox's state, and a real server answered it alike.

The recorded series is replayed once; for every write at least one call that answers exactly as the
real server did has to leave the state other than it was. What no recording can show says why, and
is done here by hand.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cal_source.catalogue import OPERATIONS, Kind
from cal_source.sandbox.connections import SelectedCalendar
from tests.contract import test_recorded_writes as recorded
from tests.contract.recorded_writes import Replay

if TYPE_CHECKING:
    from cal_source.sandbox import Sandbox

pytestmark = pytest.mark.reference

WRITES = [row.key for row in OPERATIONS.values() if row.kind is Kind.WRITE]
NEVER_SUCCEEDS = {
    "create_phone_call_event": "needs a telephone provider; the real server answered 400 and 500",
    "create_phone_call_for_event_type": "needs a telephone provider; the real server answered 400",
}
ATTENDEE = {"name": "Ada", "timeZone": "Europe/Berlin", "email": "ada@example.com"}
HOURS = {"days": [1], "startTime": "1970-01-01T10:00:00Z", "endTime": "1970-01-01T12:00:00Z"}
CALENDAR = "/v1/selected-calendars/1001_google_calendar_a@example.com"
# Newer than the recorded server, or of API v1, which was not recorded: method, path, body.
BY_HAND = {
    "add_attendee": ("POST", "/v2/bookings/{uid}/attendees", ATTENDEE),
    "edit_booking_by_id": ("PATCH", "/v1/bookings/{id}", {"title": "Another title"}),
    "edit_attendee_by_id": ("PATCH", "/v1/attendees/{attendee}", {"name": "Ada Example"}),
    "edit_availability_by_id": ("PATCH", "/v1/availabilities/70100", HOURS),
    "edit_selected_calendar_by_id": ("PATCH", CALENDAR, {"externalId": "b@example.com"}),
    "delete_destination_calendar_by_id": ("DELETE", "/v1/destination-calendars/7", None),
}


def state_of(sandbox: Sandbox) -> tuple[Any, ...]:
    """Return what a change would change: every table but bookings whole, those by version."""
    world = sandbox.world
    tables = {n: repr(v) for n, v in vars(world).items() if n not in {"bookings", "version"}}
    outbox = (len(sandbox.outbox.mails), len(sandbox.outbox.webhooks))
    return world.version, tables, outbox


@cache
def changing_calls() -> dict[str, list[str]]:
    """Return the recorded calls that changed the state and answered as recorded, by action."""
    found: dict[str, list[str]] = defaultdict(list)

    class Watching(Replay):
        def play(self, call, token=None):
            before = state_of(self.sandbox)
            differences = super().play(call, token)
            if not differences and state_of(self.sandbox) != before:
                found[call.name.split("__")[0]].append(call.name)
            return differences

    original = recorded.Replay
    recorded.Replay = Watching
    try:
        recorded.play("recorded-actions")
    finally:
        recorded.Replay = original
    return found


@pytest.mark.parametrize("key", [k for k in WRITES if k not in {*NEVER_SUCCEEDS, *BY_HAND}])
def test_write_changes_the_state_as_recorded(reference_dir, key):
    assert changing_calls()[key], "no recorded call of this write changes the sandbox's state"


@pytest.mark.parametrize("key", BY_HAND)
def test_write_that_no_recording_shows_changes_the_state(recorded_sandbox, key):
    method, path, body = BY_HAND[key]
    world = recorded_sandbox.world
    world.connections.selected_calendars.append(
        SelectedCalendar(1001, "google_calendar", "a@example.com", 1)
    )
    world.connections.destination_calendars[1001] = {"id": 7}
    booking = next(
        b
        for b in world.bookings
        if b.user_id == 1001 and b.attendees and b.status == "accepted" and b.start > world.now
    )
    names = {"uid": booking.uid, "id": booking.id, "attendee": booking.attendees[0].id}
    before = state_of(recorded_sandbox)

    answer = recorded_sandbox.respond(
        method,
        path.format(**names),
        [("apiKey", "cal_sandbox_owner")],
        {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"},
        b"" if body is None else msgspec.json.encode(body),
    )

    assert answer.status in {200, 201}, answer.body
    assert state_of(recorded_sandbox) != before


@pytest.mark.parametrize("key", NEVER_SUCCEEDS)
def test_write_that_cannot_succeed_changes_nothing(reference_dir, key):
    assert changing_calls()[key] == []


def test_every_write_is_accounted_for():
    assert len(WRITES) == 89
    assert {*NEVER_SUCCEEDS, *BY_HAND} <= set(WRITES)
