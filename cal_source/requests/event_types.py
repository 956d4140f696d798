"""Bodies of the event-type writes (`cal-api-version` 2024-06-14).

Lists (`locations`, `bookingFields`, `hosts`) replace what was there; they do not add to it.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from cal_source.requests.body import RequestBody
from cal_source.requests.booking_fields import BookingField, NewBookingField
from cal_source.requests.event_type_settings import (
    BookerActiveBookingsLimit,
    BookerLayouts,
    BookingLimitsCount,
    BookingLimitsDuration,
    BookingWindow,
    CalVideoSettings,
    ConfirmationPolicy,
    DisableCancelling,
    DisableRescheduling,
    EmailSettings,
    EventTypeCalendar,
    EventTypeColour,
    Host,
    OrDisabled,
    Recurrence,
    Seats,
)
from cal_source.requests.fields import (
    AtLeastOne,
    Email,
    Id,
    Instant,
    Minutes,
    NonEmpty,
    PhoneNumber,
    WebAddress,
)
from cal_source.requests.locations import PersonalLocation, TeamLocation

InterfaceLanguage = Literal[
    "", "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "es-419", "et", "eu",
    "fi", "fr", "he", "hu", "it", "ja", "km", "ko", "nl", "no", "pl", "pt", "pt-BR", "ro", "ru",
    "sk-SK", "sr", "sv", "tr", "uk", "vi", "zh-CN", "zh-TW",
]  # fmt: skip


class EventTypeBody(RequestBody):
    """What every event-type body may hold."""

    length_in_minutes_options: list[AtLeastOne] | None = None
    description: str | None = None
    disable_guests: bool | None = None
    slot_interval: AtLeastOne | None = None
    minimum_booking_notice: Minutes | None = None
    before_event_buffer: Minutes | None = None
    after_event_buffer: Minutes | None = None
    schedule_id: Id | None = None
    booking_limits_count: OrDisabled[BookingLimitsCount] | None = None
    booker_active_bookings_limit: OrDisabled[BookerActiveBookingsLimit] | None = None
    only_show_first_available_slot: bool | None = None
    booking_limits_duration: OrDisabled[BookingLimitsDuration] | None = None
    booking_window: OrDisabled[BookingWindow] | None = None
    offset_start: Minutes | None = None
    booker_layouts: BookerLayouts | None = None
    confirmation_policy: OrDisabled[ConfirmationPolicy] | None = None
    recurrence: OrDisabled[Recurrence] | None = None
    requires_booker_email_verification: bool | None = None
    hide_calendar_notes: bool | None = None
    lock_time_zone_toggle_on_booking_page: bool | None = None
    color: EventTypeColour | None = None
    seats: OrDisabled[Seats] | None = None
    custom_name: str | None = None
    destination_calendar: EventTypeCalendar | None = None
    use_destination_calendar_email: bool | None = None
    hide_calendar_event_details: bool | None = None
    success_redirect_url: WebAddress | None = None
    hide_organizer_email: bool | None = None
    cal_video_settings: CalVideoSettings | None = None
    hidden: bool | None = None
    booking_requires_authentication: bool | None = None
    disable_cancelling: DisableCancelling | None = None
    disable_rescheduling: DisableRescheduling | None = None
    interface_language: InterfaceLanguage | None = None
    allow_rescheduling_past_bookings: bool | None = None
    allow_rescheduling_cancelled_bookings: bool | None = None
    show_optimized_slots: bool | None = None


class EventTypeChange(EventTypeBody):
    """What every change of an event type may hold."""

    length_in_minutes: AtLeastOne | None = None
    title: NonEmpty | None = None
    slug: NonEmpty | None = None
    booking_fields: list[BookingField] | None = None

    @model_validator(mode="after")
    def _offers_its_own_length(self) -> Self:
        _check_lengths(self.length_in_minutes, self.length_in_minutes_options)
        return self


class UpdateEventType(EventTypeChange):
    """Change a personal event type."""

    locations: list[PersonalLocation] | None = None


class TeamFields(RequestBody):
    """What the bodies of team event types add."""

    hosts: list[Host] | None = None
    assign_all_team_members: bool | None = None
    locations: list[TeamLocation] | None = None
    email_settings: EmailSettings | None = None
    reschedule_with_same_round_robin_host: bool | None = None

    @model_validator(mode="after")
    def _names_hosts_one_way(self) -> Self:
        if self.hosts and self.assign_all_team_members:
            raise PydanticCustomError("hosts", "must have hosts or assignAllTeamMembers, not both")
        return self


class CreateTeamEventType(EventTypeBody, TeamFields):
    """Create a team event type. Cal.com documents the words in lower case and takes both."""

    length_in_minutes: AtLeastOne
    title: NonEmpty
    slug: NonEmpty
    scheduling_type: Literal[
        "collective", "roundRobin", "managed", "COLLECTIVE", "ROUND_ROBIN", "MANAGED"
    ]
    booking_fields: list[NewBookingField] | None = None

    @model_validator(mode="after")
    def _offers_its_own_length(self) -> Self:
        _check_lengths(self.length_in_minutes, self.length_in_minutes_options)
        return self


class UpdateTeamEventType(EventTypeChange, TeamFields):
    """Change a team event type; another scheduling type needs its hosts in the same call."""

    scheduling_type: Literal["collective", "roundRobin"] | None = None

    @model_validator(mode="after")
    def _brings_hosts_for_another_scheduling(self) -> Self:
        if self.scheduling_type and not (self.hosts or self.assign_all_team_members):
            raise PydanticCustomError(
                "scheduling_hosts",
                "must have hosts or assignAllTeamMembers where schedulingType changes",
            )
        return self


def _check_lengths(length: int | None, options: list[int] | None) -> None:
    if length is not None and options is not None and length not in options:
        raise PydanticCustomError(
            "lengths", "must have lengthInMinutes among lengthInMinutesOptions"
        )


class CreatePhoneCall(RequestBody):
    """Have Cal.com's voice agent call somebody; costs money."""

    your_phone_number: PhoneNumber
    number_to_call: PhoneNumber
    cal_api_key: NonEmpty
    enabled: bool | None = None
    template_type: Literal["CHECK_IN_APPOINTMENT", "CUSTOM_TEMPLATE"] | None = None
    scheduler_name: str | None = None
    guest_name: str | None = None
    guest_email: Email | None = None
    guest_company: str | None = None
    begin_message: str | None = None
    general_prompt: str | None = None


class UpdatePrivateLink(RequestBody):
    """When a private link ends: at an instant, or after so many uses."""

    expires_at: Instant | None = None
    max_usage_count: AtLeastOne | None = None
