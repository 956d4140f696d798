"""When invented bookings take place: working hours, and the hours in which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from random import Random

PAST_DAYS: Final = 255
FUTURE_DAYS: Final = 110
_SATURDAY: Final = 5
# How many of the days that fall on a weekend are moved to a weekday.
_WEEKEND_MOVED: Final = 0.9


def working_time(now: datetime, zone: str, *, is_past: bool, rng: Random) -> datetime:
    """A quarter of an hour between nine and five, mostly on a weekday, in a host's zone.

    Args:
        now: The present.
        zone: The host's time zone.
        is_past: Whether it lies at least two hours ago, or at least one ahead.
        rng: Source of chance.

    Returns:
        The start, in UTC.
    """
    days = -rng.randint(1, PAST_DAYS) if is_past else rng.randint(1, FUTURE_DAYS)
    day = (now + timedelta(days=days)).date()
    if day.weekday() >= _SATURDAY and rng.random() < _WEEKEND_MOVED:
        day += timedelta(days=-2 if is_past else 2)
    local = datetime(
        day.year,
        day.month,
        day.day,
        rng.randint(9, 16),
        rng.choice((0, 15, 30, 45)),
        tzinfo=ZoneInfo(zone),
    )
    start = local.astimezone(UTC)
    if is_past:
        return min(start, now - timedelta(hours=2))
    return max(start, now + timedelta(hours=1))


def clock_changes(now: datetime, zone: str) -> list[datetime]:
    """The hours, in UTC, after which a zone's offset differs, within the year around `now`."""
    info = ZoneInfo(zone)
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=PAST_DAYS)
    changes = []
    step = timedelta(days=1)
    for _ in range(PAST_DAYS + FUTURE_DAYS):
        following = hour + step
        if hour.astimezone(info).utcoffset() != following.astimezone(info).utcoffset():
            changes.append(_first_changed_hour(hour, info))
        hour = following
    return changes


def _first_changed_hour(day: datetime, zone: ZoneInfo) -> datetime:
    hour = day
    before = day.astimezone(zone).utcoffset()
    while hour.astimezone(zone).utcoffset() == before:
        hour += timedelta(hours=1)
    return hour
