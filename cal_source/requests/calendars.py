"""Bodies of the writes and credential flows about calendars and tokens."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import IcsAddress, Id, NonEmpty


class AddSelectedCalendar(RequestBody):
    """Let a calendar count as busy time."""

    integration: NonEmpty
    external_id: NonEmpty
    credential_id: Id
    delegation_credential_id: str | None = None


class DisconnectCalendar(RequestBody):
    """Drop a calendar connection by its credential's id."""

    id: Id


class SaveIcsFeeds(RequestBody):
    """Connect calendars by their ICS addresses."""

    urls: list[IcsAddress] = Field(min_length=1)
    read_only: bool | None = None


class UpdateDestinationCalendar(RequestBody):
    """Choose the calendar that new bookings are written to."""

    integration: Literal["apple_calendar", "google_calendar", "office365_calendar"]
    external_id: NonEmpty
    delegation_credential_id: str | None = None


class CalendarCredentials(RequestBody):
    """Apple's user name and app-specific password."""

    username: NonEmpty
    password: NonEmpty


class RefreshToken(RequestBody):
    """A managed user's refresh token."""

    refresh_token: NonEmpty
