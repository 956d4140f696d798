"""Bodies of the writes that exist in API v1 only (self-hosted servers that still run it).

They change columns of the database directly: no mail, no calendar, no availability check.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import Email, Id, Instant, NonEmpty, TimeZone


class EditAttendee(RequestBody):
    """Change an attendee; `bookingId` moves them to another booking."""

    name: NonEmpty | None = None
    email: Email | None = None
    time_zone: TimeZone | None = None
    booking_id: Id | None = None


class EditAvailability(RequestBody):
    """Change one range of working hours; day 0 is Sunday."""

    days: list[Annotated[int, Field(ge=0, le=6)]] | None = None
    start_time: Instant | None = None
    end_time: Instant | None = None
    date: Instant | None = None


class EditBooking(RequestBody):
    """Change columns of a booking."""

    title: NonEmpty | None = None
    description: str | None = None
    start_time: Instant | None = None
    end_time: Instant | None = None
    status: Literal["ACCEPTED", "PENDING", "CANCELLED", "REJECTED"] | None = None
    user_id: Id | None = None
    event_type_id: Id | None = None
    uid: NonEmpty | None = None
    rescheduled_by: Email | None = None
    cancelled_by: Email | None = None
    responses: dict[str, Any] | None = None


class EditSelectedCalendar(RequestBody):
    """Change a selected calendar; `userId` for system administrators only."""

    integration: NonEmpty | None = None
    external_id: NonEmpty | None = None
    credential_id: Id | None = None
    user_id: Id | None = None
