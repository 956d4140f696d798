"""Bodies of the schedule writes (`cal-api-version` 2024-06-11).

`availability` and `overrides` replace the whole list when they are given.
"""

from __future__ import annotations

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import CalendarDate, ClockTime, TimeZone, Weekday


class Availability(RequestBody):
    """Working hours on some weekdays, in the schedule's zone; an end of 23:59 means midnight."""

    days: list[Weekday]
    start_time: ClockTime
    end_time: ClockTime


class Override(RequestBody):
    """Working hours of one date, in place of the usual ones; 00:00 to 00:00 is a day off."""

    date: CalendarDate
    start_time: ClockTime
    end_time: ClockTime


class CreateSchedule(RequestBody):
    """Create a schedule; without `availability` it is Monday to Friday, 09:00 to 17:00."""

    name: str
    time_zone: TimeZone
    is_default: bool
    availability: list[Availability] | None = None
    overrides: list[Override] | None = None


class UpdateSchedule(RequestBody):
    """Change a schedule."""

    name: str | None = None
    time_zone: TimeZone | None = None
    is_default: bool | None = None
    availability: list[Availability] | None = None
    overrides: list[Override] | None = None
