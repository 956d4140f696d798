"""What webhooks say of a booking.

Each change has fields of its own; the differences, such as instants with and without offset, are
deliberate.

Source: BEHAVIOUR.md section 9.4; `recorded/_webhook_deliveries.jsonl`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.sandbox.bookings.access import is_switched_off
from cal_source.sandbox.bookings.locations import CAL_VIDEO
from cal_source.sandbox.bookings.notices import client_id, organization_id
from cal_source.sandbox.bookings.payload_parts import (
    asks_host,
    booker_url,
    event_type_of,
    is_host,
    labelled_responses,
    new_attendee,
    organizer_json,
    platform_json,
    recurrence,
    seat_attendee,
    seated_person,
    stored_answers,
    stored_attendee,
    team_json,
    to_seconds,
    with_offset,
)
from cal_source.sandbox.clock import to_iso

if TYPE_CHECKING:
    from cal_source.sandbox.records import Attendee, Booking, EventType, Json
    from cal_source.sandbox.world import World

_SCHEDULING: Final = {"collective": "COLLECTIVE", "roundRobin": "ROUND_ROBIN"}
# Without a video provider every request for a conference has the same id.
_CONFERENCE: Final = {"createRequest": {"requestId": "2db644eb-37a5-581a-99fa-ebe6ce513834"}}
_NO_VIDEO: Final = {"type": "daily_video", "id": None, "password": None, "url": None}


def created_payload(world: World, booking: Booking, *, seat_uid: str | None = None) -> Json:
    """A booking that was made, or asked for where it needs confirmation."""
    body = _new_payload(world, booking, seat_uid) | {"iCalUID": booking.ical_uid}
    if seat_uid is not None:
        body["attendeeSeatId"] = seat_uid
    if booking.recurring_event_id is not None:
        body["recurringEvent"] = recurrence(event_type_of(world, booking))
    if booking.location == CAL_VIDEO and client_id(world, booking) is None:
        body["conferenceData"] = _CONFERENCE
    return body


def added_seat_payload(world: World, booking: Booking, seat_uid: str, ical_uid: str) -> Json:
    """A further seat on a booking; its title and calendar id are the newcomer's own."""
    body = created_payload(world, booking, seat_uid=seat_uid)
    person = seated_person(booking, seat_uid)
    title = f"{body['eventTitle']} between {body['organizer']['name']} and {person.name}"
    if body.pop("conferenceData", None):
        body["videoCallData"] = _NO_VIDEO
    return body | {"title": title, "iCalUID": ical_uid}


def rescheduled_payload(
    world: World,
    booking: Booking,
    old: Booking,
    *,
    had_video: bool,
    seat_uid: str | None = None,
) -> Json:
    """A booking that replaces another; `old` is the row it was before."""
    body = _new_payload(world, booking, seat_uid)
    if had_video:
        body["videoCallData"] = _NO_VIDEO
    if booking.rescheduled_by is not None:
        body["rescheduledBy"] = booking.rescheduled_by
    if seat_uid is not None:
        body["attendeeSeatId"] = seat_uid
    return body | {
        "appsStatus": [],
        "rescheduleId": old.id,
        "rescheduleUid": old.uid,
        "rescheduleStartTime": to_seconds(old.start),
        "rescheduleEndTime": to_seconds(old.end),
    }


def confirmed_payload(world: World, booking: Booking) -> Json:
    """A booking whose host said yes."""
    event_type = event_type_of(world, booking)
    body = {
        "type": event_type.slug,
        "title": booking.title,
        "description": booking.description,
        "bookerUrl": booker_url(world, booking),
        "startTime": to_iso(booking.start),
        "endTime": to_iso(booking.end),
        "organizer": organizer_json(world, booking),
        "attendees": [stored_attendee(person, booking.start) for person in booking.attendees],
        "uid": booking.uid,
        "requiresConfirmation": True,
        "hideCalendarNotes": False,
        "hideCalendarEventDetails": False,
        "additionalNotes": booking.description or "",
        "eventTypeId": event_type.id,
        "price": event_type.settings.get("price", 0),
        "length": event_type.length_minutes,
        "status": "ACCEPTED",
    }
    if booking.location == CAL_VIDEO:
        body["conferenceData"] = _CONFERENCE
    if booking.recurring_event_id is not None:
        body["recurringEvent"] = recurrence(event_type)
    return body | _stored_parts(world, booking) | team_json(world, booking)


def rejected_payload(world: World, booking: Booking, reason: str | None) -> Json:
    """A booking whose host said no."""
    body = confirmed_payload(world, booking) | {"status": "REJECTED"}
    body.pop("conferenceData", None)
    return body | ({} if reason is None else {"rejectionReason": reason})


def cancelled_payload(
    world: World,
    booking: Booking,
    reason: str | None,
    *,
    is_series: bool = False,
    seat: Attendee | None = None,
) -> Json:
    """A booking, a series, or one seat that was called off; the rest of a series is not named."""
    event_type = event_type_of(world, booking)
    people = [stored_attendee(person, booking.start) for person in booking.attendees]
    if seat is not None:
        people = [seat_attendee(seat, booking)]
    body = {
        "bookerUrl": booker_url(world, booking),
        "title": booking.title,
        "length": event_type.length_minutes,
        "type": event_type.slug,
        "additionalNotes": booking.description,
        "description": event_type.description or booking.description,
        "eventTypeId": booking.event_type_id,
        "startTime": with_offset(booking.start),
        "endTime": with_offset(booking.end),
        "organizer": organizer_json(world, booking),
        "attendees": people,
        "uid": booking.uid,
        "seatsPerTimeSlot": event_type.seats_per_slot,
        "seatsShowAttendees": event_type.seats_show_attendees,
        "iCalUID": booking.ical_uid,
        "iCalSequence": booking.ical_sequence + 1,
        "requiresConfirmation": asks_host(event_type) or None,
        "price": event_type.settings.get("price") or None,
        "status": "CANCELLED",
        "requestReschedule": False,
    }
    if reason is not None:
        body["cancellationReason"] = reason
    if is_series:
        body["recurringEvent"] = recurrence(event_type, with_count=True)
    return body | _stored_parts(world, booking) | team_json(world, booking)


def no_show_payload(booking: Booking, marks: list[tuple[str, bool]]) -> Json:
    """Attendees, by e-mail, marked absent or present in one call."""
    words = [f"{email} {'' if is_absent else 'un'}marked as no-show" for email, is_absent in marks]
    return {
        "message": " and ".join(words),
        "attendees": [{"email": email, "noShow": is_absent} for email, is_absent in marks],
        "bookingUid": booking.uid,
        "bookingId": booking.id,
    }


def _new_payload(world: World, booking: Booking, seat_uid: str | None) -> Json:
    event_type = event_type_of(world, booking)
    seats = seat_uid and [seated_person(booking, seat_uid)]
    people = seats or [
        person for person in booking.attendees if not is_host(world, booking, person)
    ]
    settings = event_type.settings
    body: Json = {
        "bookerUrl": booker_url(world, booking),
        "title": booking.title,
        "startTime": to_seconds(booking.start),
        "endTime": to_seconds(booking.end),
        "additionalNotes": booking.description or "",
        "type": event_type.slug,
        "description": event_type.description or "",
        "eventTypeId": event_type.id,
        "schedulingType": _SCHEDULING.get(event_type.scheduling_type or ""),
        "seatsPerTimeSlot": event_type.seats_per_slot,
        "seatsShowAttendees": True,
        "seatsShowAvailabilityCount": settings.get("showAvailabilityCount", True),
        "organizer": organizer_json(world, booking),
        "attendees": [new_attendee(person, booking.start) for person in people],
        "responses": labelled_responses(event_type, booking, people),
        "iCalSequence": booking.ical_sequence,
        "requiresConfirmation": asks_host(event_type),
        "uid": booking.uid,
        "price": settings.get("price", 0),
        "length": event_type.length_minutes,
        "bookingId": booking.id,
        "metadata": booking.metadata,
        "status": booking.status.upper(),
    }
    parts = (_shared_parts, team_json, platform_json)
    for part in parts:
        body |= part(world, booking)
    return body | _switches(event_type)


def _switches(event_type: EventType) -> Json:
    """What a new booking's payload says of its event type's settings."""
    settings = event_type.settings
    return {
        "hideCalendarNotes": settings.get("hideCalendarNotes", False),
        "hideCalendarEventDetails": settings.get("hideCalendarEventDetails", False),
        "disableRescheduling": is_switched_off(event_type, "disableRescheduling"),
        "disableCancelling": is_switched_off(event_type, "disableCancelling"),
        "destinationCalendar": None if event_type.team_id is None else [],
        "userFieldsResponses": {},
        "oneTimePassword": None,
        "hashedLink": None,
    }


def _shared_parts(world: World, booking: Booking) -> Json:
    event_type = event_type_of(world, booking)
    return {
        "customInputs": {},
        "location": booking.location,
        "hideOrganizerEmail": event_type.settings.get("hideOrganizerEmail", False),
        "customReplyToEmail": None,
        "organizationId": organization_id(world, booking),
        "eventTitle": event_type.title,
        "eventDescription": event_type.description or None,
        "currency": event_type.settings.get("currency", "usd"),
        "bookingId": booking.id,
    }


def _stored_parts(world: World, booking: Booking) -> Json:
    """Parts of payloads made from the stored row rather than from a request."""
    answers = stored_answers(booking)
    labelled = {name: {"label": name, "value": value} for name, value in answers.items()}
    own = {name: entry for name, entry in labelled.items() if name == "rescheduledReason"}
    return _shared_parts(world, booking) | {
        "responses": labelled,
        "userFieldsResponses": own,
        "destinationCalendar": [],
    }
