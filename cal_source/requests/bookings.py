"""Bodies of the booking writes (`cal-api-version` 2024-08-13)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, RootModel, Tag, model_validator
from pydantic_core import PydanticCustomError

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import (
    AtLeastOne,
    Conferencing,
    Email,
    Id,
    Instant,
    Language,
    Metadata,
    NonEmpty,
    TimeZone,
    WebAddress,
)


class NewAttendee(RequestBody):
    """An attendee to add to a booking."""

    name: str
    time_zone: TimeZone
    email: Email
    phone_number: str | None = None
    language: Language | None = None


class Booker(RequestBody):
    """The attendee who books; e-mail or phone number must be there."""

    name: str
    time_zone: TimeZone
    email: Email | None = None
    phone_number: str | None = None
    language: Language | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.email is None and self.phone_number is None:
            raise PydanticCustomError("reachable", "must have email or phoneNumber")
        return self


class OrganizerLocation(RequestBody):
    """One of the places that the organiser has set on the event type."""

    type: Literal["address", "link", "phone", "organizersDefaultApp"]


class AttendeeAddress(RequestBody):
    """An address given by the attendee."""

    type: Literal["attendeeAddress"]
    address: NonEmpty


class AttendeePhone(RequestBody):
    """A number of the attendee's to call."""

    type: Literal["attendeePhone"]
    phone: NonEmpty


class AttendeeDefined(RequestBody):
    """A place of the attendee's choice."""

    type: Literal["attendeeDefined"]
    location: NonEmpty


class ConferencingLocation(RequestBody):
    """A video call."""

    type: Literal["integration"]
    integration: Conferencing


BookingLocation = Annotated[
    OrganizerLocation | AttendeeAddress | AttendeePhone | AttendeeDefined | ConferencingLocation,
    Discriminator("type"),
]


class Routing(RequestBody):
    """The routing form's answer that chose the host."""

    nullable: ClassVar[frozenset[str]] = frozenset({"queued_response_id", "response_id"})

    team_member_ids: list[Id]
    response_id: Id | None = None
    queued_response_id: str | None = None
    team_member_email: Email | None = None
    skip_contact_owner: bool | None = None
    crm_app_slug: str | None = None
    crm_owner_record_type: str | None = None


class NewBooking(RequestBody):
    """One booking; of a recurring event type, the whole series at its usual length.

    The event type is named by its id, or by its slug with the owner's username or the team's slug.
    """

    start: Instant
    attendee: Booker
    event_type_id: Id | None = None
    event_type_slug: NonEmpty | None = None
    username: NonEmpty | None = None
    team_slug: NonEmpty | None = None
    organization_slug: NonEmpty | None = None
    guests: list[Email] | None = None
    location: BookingLocation | None = None
    meeting_url: WebAddress | None = None
    booking_fields_responses: dict[str, Any] | None = None
    metadata: Metadata | None = None
    length_in_minutes: AtLeastOne | None = None
    routing: Routing | None = None
    email_verification_code: str | None = None

    @model_validator(mode="after")
    def _names_an_event_type(self) -> Self:
        by_slug = self.event_type_slug is not None and (self.username or self.team_slug)
        if self.event_type_id is None and not by_slug:
            raise PydanticCustomError(
                "event_type", "must have eventTypeId, or eventTypeSlug with username or teamSlug"
            )
        return self


class NewInstantBooking(NewBooking):
    """A team booking that begins at once, with the host who answers first."""

    instant: Literal[True]


class NewSeries(NewBooking):
    """A series with a length of its own."""

    recurrence_count: AtLeastOne


def _kind_of_booking(body: object) -> str:
    if isinstance(body, dict) and "instant" in body:
        return "#instant"
    return "#series" if isinstance(body, dict) and "recurrenceCount" in body else "#booking"


class CreateBooking(
    RootModel[
        Annotated[
            Annotated[NewBooking, Tag("#booking")]
            | Annotated[NewInstantBooking, Tag("#instant")]
            | Annotated[NewSeries, Tag("#series")],
            Discriminator(_kind_of_booking),
        ]
    ]
):
    """A booking, an instant booking (`instant`) or a series (`recurrenceCount`)."""


def _one_seat_or_all(body: object) -> str:
    return "#seat" if isinstance(body, dict) and "seatUid" in body else "#booking"


class CancelWhole(RequestBody):
    """Cancel a booking; the reason is required when the key's user is its host."""

    cancellation_reason: str | None = None
    cancel_subsequent_bookings: bool | None = None


class CancelSeat(RequestBody):
    """Cancel one seat of a booking."""

    seat_uid: NonEmpty
    cancellation_reason: str | None = None


class CancelBooking(
    RootModel[
        Annotated[
            Annotated[CancelWhole, Tag("#booking")] | Annotated[CancelSeat, Tag("#seat")],
            Discriminator(_one_seat_or_all),
        ]
    ]
):
    """Cancel a booking, or one seat of it (`seatUid`)."""


class RescheduleWhole(RequestBody):
    """Move a booking to another start."""

    start: Instant
    rescheduled_by: Email | None = None
    rescheduling_reason: str | None = None
    email_verification_code: str | None = None


class RescheduleSeat(RequestBody):
    """Move one seat to another start."""

    start: Instant
    seat_uid: NonEmpty
    rescheduled_by: Email | None = None
    email_verification_code: str | None = None


class RescheduleBooking(
    RootModel[
        Annotated[
            Annotated[RescheduleWhole, Tag("#booking")] | Annotated[RescheduleSeat, Tag("#seat")],
            Discriminator(_one_seat_or_all),
        ]
    ]
):
    """Move a booking, or one seat of it (`seatUid`)."""


class DeclineBooking(RequestBody):
    """Decline a booking that waits for confirmation."""

    reason: str | None = None


class ReassignBooking(RequestBody):
    """Give a booking to a named host."""

    reason: str | None = None


class AttendeeAbsence(RequestBody):
    """Whether one attendee was absent; Cal.com compares the e-mail exactly, case included."""

    email: NonEmpty
    absent: bool


class MarkAbsent(RequestBody):
    """Who did not come: the host, attendees, or both."""

    host: bool | None = None
    attendees: list[AttendeeAbsence] | None = Field(default=None, min_length=1)


class ReserveSlot(RequestBody):
    """Hold a slot; a duration of the reservation needs credentials."""

    event_type_id: Id
    slot_start: Instant
    slot_duration: AtLeastOne | None = None
    reservation_duration: AtLeastOne | None = None
