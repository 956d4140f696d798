"""Kinds of values that occur in many bodies, each with the rule that Cal.com states for it.

Every string kind carries an example, so that tests can make a valid body from a model alone.
Sources: OpenAPI of March 2026 and the recorded validation errors (`*__invalid`, `*__missing`).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_EMAIL: Final = re.compile(r"[^\s@<>,;]+@[^\s@.]+(\.[^\s@.]+)+")
_CALENDAR_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_METADATA_KEY_LENGTH: Final = 40
_METADATA_TEXT_LENGTH: Final = 500


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_time_zone(value: str) -> str:
    if value not in _time_zones():
        raise PydanticCustomError("time_zone", "must be an IANA time zone such as Europe/Berlin")
    return value


def _check_email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise PydanticCustomError("email", "must be an e-mail address")
    return value


def _check_instant(value: str) -> str:
    rule = PydanticCustomError(
        "instant", "must be an ISO 8601 instant with its offset, such as 2026-11-24T09:30:00Z"
    )
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise rule from None
    if instant.tzinfo is None:
        raise rule
    return value


def _check_calendar_date(value: str) -> str:
    rule = PydanticCustomError("calendar_date", "must be a date such as 2026-12-31")
    if not _CALENDAR_DATE.fullmatch(value):
        raise rule
    try:
        date.fromisoformat(value)
    except ValueError:
        raise rule from None
    return value


def _check_web_address(value: str) -> str:
    if not _is_web_address(value):
        raise PydanticCustomError("web_address", "must be an address that begins with http(s)://")
    return value


def _check_ics_address(value: str) -> str:
    if not _is_web_address(value) or not urlsplit(value).path.endswith(".ics"):
        raise PydanticCustomError("ics_address", "must be an http(s) address ending with .ics")
    return value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _check_metadata(value: dict[str, MetadataValue]) -> dict[str, MetadataValue]:
    for key, entry in value.items():
        if len(key) > _METADATA_KEY_LENGTH:
            raise PydanticCustomError("metadata_key", "must have keys of up to 40 characters")
        if isinstance(entry, str) and len(entry) > _METADATA_TEXT_LENGTH:
            raise PydanticCustomError("metadata_text", "must have texts of up to 500 characters")
    return value


def _check_quarter_hours(value: int) -> int:
    if value % 15:
        raise PydanticCustomError("quarter_hours", "must be a multiple of 15")
    return value


MetadataValue = str | int | float | bool
Metadata = Annotated[
    dict[str, MetadataValue],
    AfterValidator(_check_metadata),
    Field(max_length=50, examples=[{"crm": "42"}]),
]

NonEmpty = Annotated[str, Field(min_length=1, examples=["text"])]
TimeZone = Annotated[str, AfterValidator(_check_time_zone), Field(examples=["Europe/Berlin"])]
Email = Annotated[str, AfterValidator(_check_email), Field(examples=["ada@example.com"])]
Instant = Annotated[
    str, AfterValidator(_check_instant), Field(examples=["2026-12-03T10:00:00.000Z"])
]
CalendarDate = Annotated[str, AfterValidator(_check_calendar_date), Field(examples=["2026-12-31"])]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:30"])]
PhoneNumber = Annotated[str, Field(pattern=r"^\+[1-9]\d{1,14}$", examples=["+15550100100"])]
HexColour = Annotated[
    str, Field(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", examples=["#292929"])
]
WebAddress = Annotated[
    str, AfterValidator(_check_web_address), Field(examples=["https://example.com/hook"])
]
IcsAddress = Annotated[
    str, AfterValidator(_check_ics_address), Field(examples=["https://example.com/feed.ics"])
]

Id = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Minutes = Annotated[int, Field(ge=0)]
QuarterHours = Annotated[int, Field(ge=15, examples=[30]), AfterValidator(_check_quarter_hours)]

Role = Literal["MEMBER", "OWNER", "ADMIN"]
HourFormat = Literal[12, 24]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
Language = Literal[
    "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "es-419", "et", "eu", "fi",
    "fr", "he", "hr", "hu", "id", "it", "iw", "ja", "km", "ko", "lv", "nl", "no", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sr", "sv", "ta", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
]  # fmt: skip
Conferencing = Literal[
    "cal-video", "google-meet", "zoom", "whereby-video", "whatsapp-video", "webex-video",
    "telegram-video", "tandem", "sylaps-video", "skype-video", "sirius-video", "signal-video",
    "shimmer-video", "salesroom-video", "roam-video", "riverside-video", "ping-video",
    "office365-video", "mirotalk-video", "jitsi", "jelly-video", "jelly-conferencing", "huddle",
    "facetime-video", "element-call-video", "eightxeight-video", "discord-video",
    "demodesk-video", "campfire-video",
]  # fmt: skip
