"""What years of use do to bookings: imports, bulk changes, deletions, columns never written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from cal_source.sandbox.records import Booking
    from cal_source.sandbox.world import World

# A page holds 250 rows: runs beyond that cannot be walked by one key.
_LONG_RUN: Final = 300
_LONG_RUNS_FROM: Final = 3000
_NULL_SHARE, _NO_EVENT_TYPE_SHARE, _NO_HOST_SHARE = 0.01, 0.02, 0.004


def wear(world: World, bookings: list[Booking], rng: Random) -> None:
    """Change bookings in place, before they are added to the world."""
    for booking in bookings:
        if rng.random() < _NO_EVENT_TYPE_SHARE and not _is_seated(world, booking):
            booking.event_type_id = None
        if rng.random() < _NO_HOST_SHARE:
            booking.user_id = None
        if rng.random() < _NULL_SHARE:
            booking.updated_at = None
    _import_in_bulk(world, bookings, rng)
    _cancel_in_bulk(world, bookings, rng)


def _import_in_bulk(world: World, bookings: list[Booking], rng: Random) -> None:
    """Move of an old calendar into Cal.com: many rows made in the same millisecond."""
    plain = [row for row in bookings if row.from_reschedule is None and not row.is_rescheduled]
    for days_ago, size in ((200, _run_length(len(bookings))), (90, len(bookings) // 100)):
        instant = world.now - timedelta(days=days_ago, hours=3)
        later = [row for row in plain if row.created_at > instant]
        for row in _sample(later, size, rng):
            row.created_at = instant
            if row.updated_at is not None and row.status in {"accepted", "pending"}:
                row.updated_at = instant


def _cancel_in_bulk(world: World, bookings: list[Booking], rng: Random) -> None:
    """A closed office: many bookings cancelled by one statement."""
    instant = world.now - timedelta(days=40, minutes=17)
    open_then = [
        row
        for row in bookings
        if row.status == "accepted"
        and row.start > instant
        and row.created_at < instant
        and not _is_seated(world, row)
    ]
    for row in _sample(open_then, _run_length(len(bookings)), rng):
        row.status, row.updated_at = "cancelled", instant
        row.cancellation_reason, row.rating, row.is_host_absent = "Office closed", None, False
        for person in row.attendees:
            person.is_absent = False


def _run_length(count: int) -> int:
    return max(_LONG_RUN, count // 25) if count >= _LONG_RUNS_FROM else count // 25


def _sample(rows: list[Booking], size: int, rng: Random) -> Iterable[Booking]:
    return rng.sample(rows, min(size, len(rows)))


def _is_seated(world: World, booking: Booking) -> bool:
    event_type = world.event_types.get(booking.event_type_id or 0)
    return event_type is not None and event_type.is_seated
