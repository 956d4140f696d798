"""Settings inside an event type that can be switched off (`cal-api-version` 2024-06-14)."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import (
    AtLeastOne,
    CalendarDate,
    HexColour,
    Id,
    Minutes,
    QuarterHours,
    WebAddress,
)


class Disabled(RequestBody):
    """Switches a setting off."""

    disabled: Literal[True]


def _on_or_off(setting: object) -> str:
    is_off = isinstance(setting, dict) and setting.get("disabled") is True
    return "#off" if is_off else "#on"


SettingT = TypeVar("SettingT")
OrDisabled = Annotated[
    Annotated[SettingT, Tag("#on")] | Annotated[Disabled, Tag("#off")],
    Discriminator(_on_or_off),
]
"""A setting, or `{"disabled": true}`."""


class BookingLimitsCount(RequestBody):
    """At most so many bookings in each period."""

    day: AtLeastOne | None = None
    week: AtLeastOne | None = None
    month: AtLeastOne | None = None
    year: AtLeastOne | None = None
    disabled: Literal[False] | None = None


class BookingLimitsDuration(RequestBody):
    """At most so many booked minutes in each period."""

    day: QuarterHours | None = None
    week: QuarterHours | None = None
    month: QuarterHours | None = None
    year: QuarterHours | None = None


class BookerActiveBookingsLimit(RequestBody):
    """How many coming bookings one booker may hold."""

    maximum_active_bookings: AtLeastOne | None = None
    offer_reschedule: bool | None = None


class DaysWindow(RequestBody):
    """Bookable for so many days ahead."""

    type: Literal["businessDays", "calendarDays"]
    value: AtLeastOne
    rolling: bool | None = None


class RangeWindow(RequestBody):
    """Bookable between two dates."""

    type: Literal["range"]
    value: list[CalendarDate] = Field(min_length=2, max_length=2)


BookingWindow = Annotated[DaysWindow | RangeWindow, Discriminator("type")]


class BookerLayouts(RequestBody):
    """How the booking page may be laid out."""

    default_layout: Literal["month", "week", "column"]
    enabled_layouts: list[Literal["month", "week", "column"]]


class NoticeThreshold(RequestBody):
    """A time before the start."""

    unit: Literal["minutes", "hours"]
    count: AtLeastOne


class ConfirmationPolicy(RequestBody):
    """Which bookings wait until they are confirmed."""

    type: Literal["always", "time"]
    block_unconfirmed_bookings_in_booker: bool
    notice_threshold: NoticeThreshold | None = None

    @model_validator(mode="after")
    def _has_its_threshold(self) -> Self:
        if self.type == "time" and self.notice_threshold is None:
            raise PydanticCustomError(
                "notice_threshold", "must have noticeThreshold when type is 'time'"
            )
        return self


class Recurrence(RequestBody):
    """How often and how many times an event repeats."""

    interval: AtLeastOne
    occurrences: AtLeastOne
    frequency: Literal["yearly", "monthly", "weekly"]


class Seats(RequestBody):
    """Several attendees to one booking."""

    seats_per_time_slot: AtLeastOne
    show_attendee_info: bool
    show_availability_count: bool


class EventTypeColour(RequestBody):
    """Colours in the two themes."""

    light_theme_hex: HexColour
    dark_theme_hex: HexColour


class EventTypeCalendar(RequestBody):
    """The calendar that events are written to."""

    integration: str
    external_id: str


class CalVideoSettings(RequestBody):
    """What Cal Video records, transcribes and sends."""

    disable_recording_for_organizer: bool | None = None
    disable_recording_for_guests: bool | None = None
    redirect_url_on_exit: WebAddress | None = None
    enable_automatic_recording_for_organizer: bool | None = None
    enable_automatic_transcription: bool | None = None
    disable_transcription_for_guests: bool | None = None
    disable_transcription_for_organizer: bool | None = None
    send_transcription_emails: bool | None = None


class DisableCancelling(RequestBody):
    """Whether bookings cannot be cancelled."""

    disabled: bool | None = None


class DisableRescheduling(RequestBody):
    """Whether, or how shortly before the start, bookings cannot be moved."""

    disabled: bool | None = None
    minutes_before: Minutes | None = None


class EmailSettings(RequestBody):
    """Which mails are not sent; organisations' team event types only."""

    disable_emails_to_attendees: bool | None = None
    disable_emails_to_hosts: bool | None = None


class Host(RequestBody):
    """A host of a team event type; the last two matter for round robin."""

    user_id: Id
    mandatory: bool | None = None
    priority: Literal["lowest", "low", "medium", "high", "highest"] | None = None
