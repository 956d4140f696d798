"""The sandbox's clock, and instants as Cal.com writes and reads them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What class-validator's strict ISO 8601 check accepts, as far as the recordings show it.
_ISO = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$",
)


class Clock:
    """The sandbox's time: frozen at a start, moved by `advance`, or ticking with the machine.

    Args:
        start: First instant; time zone aware.
        monotonic: Seconds from a clock that never goes back. Rate limits always follow it.
        is_ticking: Whether `now` moves with `monotonic` as well.
    """

    def __init__(
        self,
        start: datetime,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        is_ticking: bool = False,
    ) -> None:
        self._start = start
        self._monotonic = monotonic
        self._origin = monotonic()
        self._advanced = timedelta()
        self._is_ticking = is_ticking
        self._before_advance: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The present instant, in UTC, cut to milliseconds as Cal.com stores it."""
        elapsed = timedelta(seconds=self._monotonic() - self._origin) * self._is_ticking
        now = self._start + self._advanced + elapsed
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def uptime_seconds(self) -> float:
        """Seconds since the start, advances included; what rate limits are counted in."""
        return self._monotonic() - self._origin + self._advanced.total_seconds()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by `by`."""
        for callback in self._before_advance:
            callback()
        self._advanced += by

    def before_advance(self, callback: Callable[[], None]) -> None:
        """Have `callback` called each time before the clock is moved."""
        self._before_advance.append(callback)

    def start_ticking(self) -> None:
        """Let the clock run with the machine's from now on."""
        if not self._is_ticking:
            self._start -= timedelta(seconds=self._monotonic() - self._origin)
            self._is_ticking = True


def to_iso(instant: datetime) -> str:
    """Write an aware instant the way Cal.com answers it, for example `2026-11-22T09:00:00.000Z`."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def parse_iso(text: str) -> datetime | None:
    """Read an ISO 8601 date or date-time as Cal.com does, or None where it answers 400.

    A value without a zone is UTC (recorded: `bookings_after_updated_dateonly`).
    """
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        naive = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return naive - _offset(zone)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
