"""Who takes a booking: which hosts are free, which of them it falls to, and the limits.

Source: BEHAVIOUR.md sections 7.2 and 11; recordings `create_a_new_booking__repeat`,
`create_a_new_booking__ok_round_robin_4`, `reassign_booking_with_uid__*`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cal_source.sandbox.availability import is_host_free
from cal_source.sandbox.errors import BadRequestError

if TYPE_CHECKING:
    from cal_source.sandbox.availability import Span
    from cal_source.sandbox.records import Booking, EventType, Json
    from cal_source.sandbox.world import World

_PRIORITIES: Final = {"lowest": 0, "low": 1, "medium": 2, "high": 3, "highest": 4}
_FRIDAY: Final = 5
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_OUT_OF_BOUNDS: Final = (
    "The event type can't be booked at the \"start\" time provided. This could be because it's too "
    "soon (violating the minimum booking notice) or too far in the future (outside the event's "
    "scheduling window). Try fetching available slots first using the GET /v2/slots endpoint and "
    'then make a booking with "start" time equal to one of the available slots: '
    "https://cal.com/docs/api-reference/v2/slots"
)


class NoHostError(Exception):
    """Nobody, or not everybody needed, is free."""


def hosts_of_booking(
    world: World,
    event_type: EventType,
    span: Span,
    *,
    ignored_uid: str | None = None,
) -> list[int]:
    """The users a booking falls to, its organiser first.

    Round robin: the fixed hosts and one of the others. Otherwise all hosts, or the owner.

    Raises:
        NoHostError: Somebody needed is not free, or a limit of the event type is reached.
    """
    if _is_full(world, event_type, span, ignored_uid):
        raise NoHostError
    if event_type.scheduling_type == "roundRobin":
        fixed = [host.user_id for host in event_type.hosts if host.is_fixed]
        free = free_rotating_hosts(world, event_type, span, ignored_uid=ignored_uid)
        if not free:
            raise NoHostError
        needed, chosen = fixed, [next_host(world, event_type, free)]
    else:
        needed, chosen = event_type.host_ids, []
        if not needed:
            raise NoHostError
    for user_id in needed:
        if not is_host_free(world, event_type, user_id, span, ignored_uid=ignored_uid):
            raise NoHostError
    return needed + chosen


def free_rotating_hosts(
    world: World,
    event_type: EventType,
    span: Span,
    *,
    ignored_uid: str | None = None,
) -> list[int]:
    """The hosts of a round robin who take turns and are free."""
    return [
        host.user_id
        for host in event_type.hosts
        if not host.is_fixed
        and is_host_free(world, event_type, host.user_id, span, ignored_uid=ignored_uid)
    ]


def next_host(world: World, event_type: EventType, user_ids: list[int]) -> int:
    """Of the highest priority, whoever was last given an accepted booking the longest ago."""
    ranks = {host.user_id: _PRIORITIES.get(host.priority, 2) for host in event_type.hosts}
    last = dict.fromkeys(user_ids, _NEVER)
    for booking in world.bookings.of_event_type(event_type.id):
        if booking.user_id in last and booking.status == "accepted":
            last[booking.user_id] = max(last[booking.user_id], booking.created_at)
    return min(user_ids, key=lambda user_id: (-ranks[user_id], last[user_id]))


def refuse_out_of_bounds(event_type: EventType, start: datetime, now: datetime) -> None:
    """Refuse a start in the past, too soon, or outside the booking window.

    Raises:
        BadRequestError: It is one of those.
    """
    if start < now:
        text = "Attempting to book a meeting in the past."
        raise BadRequestError(text)
    notice = timedelta(minutes=event_type.settings.get("minimumBookingNotice", 120))
    if start < now + notice or not _is_in_window(event_type, start, now):
        raise BadRequestError(_OUT_OF_BOUNDS)


def _is_in_window(event_type: EventType, start: datetime, now: datetime) -> bool:
    """Days are counted on the calendar; business days are Monday to Friday."""
    window: Json = event_type.settings.get("bookingWindow") or {}
    kind = window.get("type")
    if kind == "range":
        first, last = window["value"]
        return bool(first <= start.date().isoformat() <= last)
    if kind == "calendarDays":
        return start.date() <= now.date() + timedelta(days=window["value"])
    if kind == "businessDays":
        day, left = now.date(), int(window["value"])
        while left > 0:
            day += timedelta(days=1)
            left -= day.isoweekday() <= _FRIDAY
        return start.date() <= day
    return True


def _is_full(
    world: World,
    event_type: EventType,
    span: Span,
    ignored_uid: str | None,
) -> bool:
    """Whether the booking would exceed a limit per day, week, month or year."""
    counts: Json = event_type.settings.get("bookingLimitsCount") or {}
    minutes: Json = event_type.settings.get("bookingLimitsDuration") or {}
    if not counts and not minutes:
        return False
    zone = _zone(world, event_type)
    accepted = [
        booking
        for booking in world.bookings.of_event_type(event_type.id)
        if booking.status == "accepted" and booking.uid != ignored_uid
    ]
    length = (span[1] - span[0]).total_seconds() / 60
    for unit in ("day", "week", "month", "year"):
        same = [
            row
            for row in accepted
            if _period(row.start, unit, zone) == _period(span[0], unit, zone)
        ]
        if unit in counts and len(same) >= counts[unit]:
            return True
        if unit in minutes and _minutes(same) + length > minutes[unit]:
            return True
    return False


def _minutes(bookings: list[Booking]) -> float:
    return sum((row.end - row.start).total_seconds() / 60 for row in bookings)


def _period(instant: datetime, unit: str, zone: ZoneInfo) -> tuple[int, ...]:
    day = instant.astimezone(zone).date()
    if unit == "week":
        return day.isocalendar()[:2]
    return (day.year, day.month, day.day)[: {"year": 1, "month": 2, "day": 3}[unit]]


def _zone(world: World, event_type: EventType) -> ZoneInfo:
    key = event_type.owner_id or next((host.user_id for host in event_type.hosts), 0)
    user = world.users.get(key)
    return ZoneInfo(user.time_zone if user else "UTC")
