"""The bookings of an invented world, with everything that makes real ones hard.

Reschedule chains, series, seats, co-hosts as attendees, no-shows, pending bookings of the past,
hosts and event types that are gone, unreadable answers, e-mails that repeat, hours in which clocks
change, missing `updatedAt`, and long runs of equal timestamps from imports and bulk cancellation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count as counting
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.generate.attendance import (
    attendees_of,
    cohosts_of,
    responses_of,
    seats_of,
)
from cal_source.sandbox.generate.calendar import clock_changes, working_time
from cal_source.sandbox.generate.customers import Customer, invent_customers
from cal_source.sandbox.generate.wear import wear
from cal_source.sandbox.records import Booking, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from random import Random

    from cal_source.sandbox.records import EventType, User
    from cal_source.sandbox.world import World

FIRST_ID: Final = 100_001
_PAST_SHARE: Final = 0.7
_CHAIN_SHARE, _CLOCK_SHARE = 0.04, 0.01
# Shares of accepted bookings never changed, with a video room, and, of past ones, of attendees
# and hosts who did not come and of bookings rated.
_UNTOUCHED, _WITH_VIDEO = 0.8, 0.3
_ABSENT, _HOST_ABSENT, _RATED = 0.08, 0.015, 0.15
# Shares of cancelled bookings.
_WITH_REASON, _CANCELLED_BY_BOOKER = 0.8, 0.4
_REASONS: Final = ("Ill today", "Found another time", "No longer needed", "Travelling", "Conflict")
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# How past and coming bookings stand, in percent.
_PAST: Final = {"accepted": 80, "cancelled": 12, "rejected": 4, "pending": 4}
_COMING: Final = {"accepted": 82, "cancelled": 6, "rejected": 2, "pending": 10}
_ON_REQUEST: Final = {"accepted": 50, "cancelled": 10, "rejected": 15, "pending": 25}


@dataclass(frozen=True, slots=True)
class _Studio:
    """What making a booking needs; ids count up."""

    world: World
    rng: Random
    customers: list[Customer]
    offers: list[tuple[EventType, list[User]]]
    clock_changes: dict[str, list[datetime]]
    booking_ids: Iterator[int]
    attendee_ids: Iterator[int]
    reference_ids: Iterator[int]


def add_bookings(world: World, count: int, rng: Random) -> None:
    """Add exactly `count` bookings, then wear some of them down."""
    studio = _studio(world, count, rng)
    made: list[Booking] = []
    while len(made) < count:
        made += _some(studio)[: count - len(made)]
    wear(world, made, rng)
    for booking in made:
        world.bookings.add(booking)
    world.touch()


def _studio(world: World, count: int, rng: Random) -> _Studio:
    offers = []
    for event_type in world.event_types.values():
        hosts = [host.user_id for host in event_type.hosts] or [event_type.owner_id or 0]
        if event_type.scheduling_type != "managed":
            offers += [(event_type, [world.users[i] for i in hosts])] * _popularity(event_type)
    zones = {user.time_zone for user in world.users.values()}
    return _Studio(
        world,
        rng,
        invent_customers(max(20, count // 8), rng),
        offers,
        {zone: clock_changes(world.now, zone) for zone in sorted(zones)},
        counting(FIRST_ID),
        counting(1),
        counting(1),
    )


def _popularity(event_type: EventType) -> int:
    """Team events are booked most, so that every host has a fair share."""
    if event_type.slug == "weekly":
        return 2
    return 8 if event_type.team_id is not None else 3 if event_type.parent_id is not None else 1


def _some(studio: _Studio) -> list[Booking]:
    """One booking, or several that belong together."""
    event_type, hosts = studio.rng.choice(studio.offers)
    if event_type.slug == "weekly":
        return _series(studio, event_type, hosts[0])
    if studio.rng.random() < _CHAIN_SHARE and not event_type.is_seated:
        return _chain(studio, event_type, hosts)
    is_past = studio.rng.random() < _PAST_SHARE
    host = _host(studio, event_type, hosts)
    start = _start(studio, host, is_past=is_past)
    return [_booking(studio, event_type, host, start)]


def _host(studio: _Studio, event_type: EventType, hosts: list[User]) -> User:
    return studio.rng.choice(hosts) if event_type.scheduling_type == "roundRobin" else hosts[0]


def _start(studio: _Studio, host: User, *, is_past: bool) -> datetime:
    changes = studio.clock_changes[host.time_zone]
    if changes and studio.rng.random() < _CLOCK_SHARE:
        return studio.rng.choice(changes) + timedelta(minutes=studio.rng.choice((-60, -30, 0, 30)))
    return working_time(studio.world.now, host.time_zone, is_past=is_past, rng=studio.rng)


def _booking(
    studio: _Studio,
    event_type: EventType,
    host: User,
    start: datetime,
    customer: Customer | None = None,
) -> Booking:
    rng, now = studio.rng, studio.world.now
    customer = customer or rng.choice(studio.customers)
    minutes = rng.choice(event_type.length_options or [event_type.length_minutes])
    end = start + timedelta(minutes=minutes)
    status = _status(event_type, rng, is_past=end < now)
    earliest = min(start, now)
    created = earliest - timedelta(
        seconds=rng.randint(3_600, 30 * 86_400), milliseconds=rng.randint(0, 999)
    )
    booking = Booking(
        id=next(studio.booking_ids),
        uid=_uid(rng),
        title=f"{event_type.title} between {host.name} and {customer.name}",
        start=start,
        end=end,
        status=status,
        created_at=created,
        updated_at=_updated(created, earliest, status, rng),
        user_id=host.id,
        event_type_id=event_type.id,
        location="integrations:daily",
    )
    booking.ical_uid = f"{booking.uid}@Cal.com"
    _fill(studio, booking, event_type, customer)
    return booking


def _status(event_type: EventType, rng: Random, *, is_past: bool) -> str:
    shares = _PAST if is_past else _COMING
    if "confirmationPolicy" in event_type.settings:
        shares = _ON_REQUEST
    return rng.choices(list(shares), list(shares.values()))[0]


def _updated(created: datetime, earliest: datetime, status: str, rng: Random) -> datetime:
    """Untouched bookings were last written when made, others between then and their start."""
    if status == "pending" or (status == "accepted" and rng.random() < _UNTOUCHED):
        return created + timedelta(milliseconds=rng.randint(0, 40))
    seconds = max(1, int((earliest - created).total_seconds()))
    return created + timedelta(seconds=rng.randint(1, seconds), milliseconds=rng.randint(0, 999))


def _fill(
    studio: _Studio,
    booking: Booking,
    event_type: EventType,
    customer: Customer,
) -> None:
    """Add people, answers and what follows from the status."""
    rng = studio.rng
    is_past = booking.end < studio.world.now
    if event_type.is_seated:
        _fill_seats(studio, booking, event_type)
    else:
        booking.attendees, guests = attendees_of(
            customer, studio.customers, studio.attendee_ids, rng
        )
        booking.responses = responses_of(event_type, customer, guests, rng)
        booking.attendees += cohosts_of(studio.world, event_type, booking, studio.attendee_ids)
    if booking.status == "cancelled":
        booking.cancellation_reason = rng.choice(_REASONS) if rng.random() < _WITH_REASON else None
        booking.cancelled_by = customer.email if rng.random() < _CANCELLED_BY_BOOKER else None
    if booking.status == "accepted" and is_past:
        for person in booking.attendees:
            person.is_absent = rng.random() < _ABSENT
        booking.is_host_absent = rng.random() < _HOST_ABSENT
        booking.rating = rng.randint(1, 5) if rng.random() < _RATED else None
    if booking.status == "accepted" and rng.random() < _WITH_VIDEO:
        booking.metadata = {"videoCallUrl": f"https://meet.example.com/{booking.uid[:8]}"}
        reference = next(studio.reference_ids)
        booking.references = [Reference(reference, "daily_video", f"daily-{booking.uid[:12]}")]


def _fill_seats(studio: _Studio, booking: Booking, event_type: EventType) -> None:
    """A cancelled seated booking has lost its attendees."""
    host = studio.world.users[booking.user_id or 0]
    booking.title = f"{event_type.title} between {host.name} and group"
    if booking.status != "cancelled":
        booking.attendees = seats_of(event_type, studio.customers, studio.attendee_ids, studio.rng)


def _chain(studio: _Studio, event_type: EventType, hosts: list[User]) -> list[Booking]:
    """A booking that was moved one to three times; each move leaves a cancelled row behind."""
    rng = studio.rng
    customer = rng.choice(studio.customers)
    host = _host(studio, event_type, hosts)
    start = _start(studio, host, is_past=rng.random() < _PAST_SHARE)
    rows = [_booking(studio, event_type, host, start, customer)]
    for _ in range(rng.randint(1, 3)):
        old = rows[-1]
        moved = _booking(
            studio, event_type, host, old.start + timedelta(days=rng.randint(1, 5)), customer
        )
        moved.created_at = old.created_at + timedelta(minutes=rng.randint(5, 600))
        moved.updated_at = moved.created_at
        moved.from_reschedule, moved.rescheduled_by = old.uid, customer.email
        _leave_behind(old, moved)
        rows.append(moved)
    return rows


def _leave_behind(old: Booking, moved: Booking) -> None:
    old.status, old.is_rescheduled, old.rescheduled_by = "cancelled", True, moved.rescheduled_by
    old.updated_at = moved.created_at
    old.cancellation_reason = old.cancelled_by = old.rating = None
    old.is_host_absent = False
    for person in old.attendees:
        person.is_absent = False


def _series(studio: _Studio, event_type: EventType, host: User) -> list[Booking]:
    """Weekly occurrences made in one go: equal `createdAt`, one `recurringBookingUid`."""
    rng = studio.rng
    customer = rng.choice(studio.customers)
    series = _uid(rng)
    start = _start(studio, host, is_past=rng.random() < _PAST_SHARE)
    rows: list[Booking] = []
    for week in range(rng.randint(3, 8)):
        row = _booking(studio, event_type, host, start + timedelta(weeks=week), customer)
        row.recurring_event_id = series
        if rows:
            row.created_at = rows[0].created_at
            if row.updated_at is not None and row.updated_at < row.created_at:
                row.updated_at = row.created_at
        rows.append(row)
    return rows


def _uid(rng: Random) -> str:
    return "".join(rng.choices(_ALPHABET, k=22))
