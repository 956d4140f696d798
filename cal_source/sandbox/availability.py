"""Free slots of an event type: its hosts' working hours without absences and accepted bookings.

Source: BEHAVIOUR.md section 11; recordings `slots*`, `rate_unauth_headers`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cal_source.sandbox.records import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cal_source.sandbox.records import EventType
    from cal_source.sandbox.world import World

Span = tuple[datetime, datetime]
_MIDNIGHT: Final = "23:59"
_USUAL_HOURS: Final = [
    {
        "days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
        "startTime": "09:00",
        "endTime": "17:00",
    },
]


def free_slots(
    world: World,
    event_type: EventType,
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[datetime]:
    """Starts of free slots between two instants, ascending.

    Collective event types need every host, round-robin ones any; without a host none is free.
    """
    hosts = event_type.host_ids
    if not hosts:
        return []
    found = [set(_slots_of_host(world, event_type, host, (start, end))) for host in hosts]
    is_any = event_type.scheduling_type == "roundRobin"
    slots = set.union(*found) if is_any else set.intersection(*found)
    notice = timedelta(minutes=event_type.settings.get("minimumBookingNotice", 120))
    return sorted(slot for slot in slots if slot >= now + notice)


def is_host_free(
    world: World,
    event_type: EventType,
    user_id: int,
    span: Span,
    *,
    ignored_uid: str | None = None,
) -> bool:
    """Whether a host works all through a span and has nothing else then.

    Buffers before and after count as part of the span when it is held against other bookings.

    Args:
        world: The state with schedules, absences and bookings.
        event_type: What is to be booked; its schedule, if any, replaces the host's.
        user_id: The host.
        span: Start and end.
        ignored_uid: A booking that does not count, because it is the one being moved.
    """
    works = any(
        low <= span[0] and span[1] <= high
        for low, high in _joined(_working_spans(world, event_type, user_id, span))
    )
    before = timedelta(minutes=event_type.settings.get("beforeEventBuffer") or 0)
    after = timedelta(minutes=event_type.settings.get("afterEventBuffer") or 0)
    low, high = span[0] - before, span[1] + after
    busy = _busy(world, event_type, user_id, (low, high), ignored_uid)
    return works and all(high <= one or low >= other for one, other in busy)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch made one, as at a midnight worked through."""
    joined: list[Span] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _slots_of_host(
    world: World,
    event_type: EventType,
    user_id: int,
    window: Span,
) -> Iterator[datetime]:
    length = timedelta(minutes=event_type.length_minutes)
    interval = event_type.settings.get("slotInterval")
    step = length if interval is None else timedelta(minutes=interval)
    busy = _busy(world, event_type, user_id, window)
    for low, high in _working_spans(world, event_type, user_id, window):
        slot = low
        while slot + length <= high:
            is_free = all(slot + length <= one or slot >= other for one, other in busy)
            if window[0] <= slot < window[1] and is_free:
                yield slot
            slot += step


def _busy(
    world: World,
    event_type: EventType,
    user_id: int,
    window: Span,
    ignored_uid: str | None = None,
) -> list[Span]:
    """Accepted bookings hosted or attended; a seated one leaves its remaining seats free."""
    user = world.users[user_id]
    ids = world.bookings.ids(hosts=[user_id], emails=[user.email])
    spans = []
    for booking in (world.bookings[key] for key in ids):
        seats = event_type.seats_per_slot
        has_seats = seats is not None and booking.event_type_id == event_type.id
        is_open = has_seats and len(booking.attendees) < (seats or 0)
        overlaps = booking.start < window[1] and booking.end > window[0]
        if booking.uid == ignored_uid or is_open:
            continue
        if booking.status == "accepted" and overlaps:
            spans.append((booking.start, booking.end))
    absences = world.out_of_office.values()
    return spans + [(row.start, row.end) for row in absences if row.user_id == user_id]


def _working_spans(
    world: World,
    event_type: EventType,
    user_id: int,
    window: Span,
) -> Iterator[Span]:
    schedule = _schedule(world, event_type, user_id)
    zone = ZoneInfo(schedule.time_zone)
    day = window[0].astimezone(zone).date() - timedelta(days=1)
    while day <= window[1].astimezone(zone).date():
        for low, high in _hours_of(schedule, day):
            yield _instant(day, low, zone), _instant(day, high, zone)
        day += timedelta(days=1)


def _schedule(world: World, event_type: EventType, user_id: int) -> Schedule:
    """The event type's schedule, else the user's default, first, or usual working hours."""
    user = world.users[user_id]
    chosen = world.schedules.get(event_type.schedule_id or user.default_schedule_id or 0)
    own = (row for row in world.schedules.values() if row.owner_id == user_id)
    return chosen or next(own, None) or Schedule(0, user_id, "", user.time_zone, _USUAL_HOURS, [])


def _hours_of(schedule: Schedule, day: date) -> Iterable[tuple[str, str]]:
    """Overrides replace the whole day; one of no length is a day off."""
    overrides = [row for row in schedule.overrides if row["date"] == day.isoformat()]
    rows = overrides or [row for row in schedule.availability if f"{day:%A}" in row["days"]]
    return [(row["startTime"], row["endTime"]) for row in rows]


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """A wall-clock time of a day; an end of 23:59 means midnight."""
    if clock == _MIDNIGHT:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    hour, minute = clock.split(":")
    return datetime.combine(day, time(int(hour), int(minute)), zone)
