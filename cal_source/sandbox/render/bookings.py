"""Bookings in the shape of API version 2024-08-13.

Regular, recurring and seated bookings have different fields; the differences are deliberate.

Source: BEHAVIOUR.md section 4.5; `world/bookings.json`; recordings `booking_*`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.clock import to_iso

if TYPE_CHECKING:
    from cal_source.sandbox.records import Attendee, Booking, Json, User
    from cal_source.sandbox.world import World

_MANAGED_SUFFIX: Final = re.compile(r"\+[a-zA-Z0-9]{25}")
_UNREADABLE_RESPONSES: Final = {
    "name": "unknown",
    "email": "unknown",
    "guests": [],
    "rescheduledReason": "unknown",
}


class BookingRenderer:
    """Renders bookings as JSON text and keeps it until the world changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = -1
        self._texts: dict[int, msgspec.Raw] = {}

    def raw(self, booking: Booking) -> msgspec.Raw:
        """The booking as lists show it, ready to be put into an answer."""
        if self._version != self._world.version:
            self._version = self._world.version
            self._texts.clear()
        text = self._texts.get(booking.id)
        if text is None:
            text = msgspec.Raw(msgspec.json.encode(booking_json(self._world, booking)))
            self._texts[booking.id] = text
        return text


def booking_json(world: World, booking: Booking) -> Json:
    """One booking, attendees included."""
    if is_seated(world, booking):
        return _seated(world, booking)
    return unseated_booking_json(world, booking)


def unseated_booking_json(world: World, booking: Booking) -> Json:
    """One booking, never in the seated shape: what marking absences answers."""
    if booking.recurring_event_id is not None:
        return _recurring(world, booking)
    return _regular(world, booking)


def is_seated(world: World, booking: Booking) -> bool:
    """Whether a booking is answered in the seated shape, which its event type decides."""
    event_type = world.event_types.get(booking.event_type_id or 0)
    return event_type is not None and event_type.is_seated


def display_email(email: str) -> str:
    """An e-mail without the client id that managed users carry in theirs."""
    return _MANAGED_SUFFIX.sub("", email, count=1)


def _regular(world: World, booking: Booking) -> Json:
    responses = _responses(booking)
    body = _head(world, booking) | {"cancelledByEmail": booking.cancelled_by or ""}
    if "rescheduledReason" in responses:
        body["reschedulingReason"] = responses["rescheduledReason"]
    body |= _moves(world, booking) | _middle(world, booking)
    body |= {"metadata": _user_metadata(booking)} | _tail(booking)
    body["attendees"] = [_attendee(person) | _phone(person) for person in booking.attendees]
    return body | _guests(responses) | {"bookingFieldsResponses": responses}


def _recurring(world: World, booking: Booking) -> Json:
    responses = _responses(booking)
    body: Json = {"attendees": [_attendee(person) for person in booking.attendees]}
    body |= _guests(responses) | {"bookingFieldsResponses": responses}
    body |= _head(world, booking) | {"cancelledByEmail": booking.cancelled_by or ""}
    if "rescheduledReason" in responses:
        body["reschedulingReason"] = responses["rescheduledReason"]
    if booking.from_reschedule is not None:
        body["rescheduledFromUid"] = booking.from_reschedule
    body |= _middle(world, booking) | {"metadata": _user_metadata(booking)} | _tail(booking)
    return body | {"recurringBookingUid": booking.recurring_event_id}


def _seated(world: World, booking: Booking) -> Json:
    body = _head(world, booking)
    if booking.recurring_event_id is None:
        body |= _moves(world, booking)
    elif booking.from_reschedule is not None:
        body["rescheduledFromUid"] = booking.from_reschedule
    body |= _middle(world, booking) | _tail(booking)
    body["attendees"] = [_attendee(person) | _seat(person) for person in booking.attendees]
    if booking.recurring_event_id is not None:
        body["recurringBookingUid"] = booking.recurring_event_id
    return body


def _head(world: World, booking: Booking) -> Json:
    return {
        "id": booking.id,
        "uid": booking.uid,
        "title": booking.title,
        "description": booking.description,
        "hosts": [_host(world.users.get(booking.user_id or 0))],
        "status": booking.status,
        "cancellationReason": booking.cancellation_reason or "",
    }


def _host(user: User | None) -> Json:
    if user is None:
        return dict.fromkeys(("id", "name", "email", "displayEmail", "username"), "unknown")
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "displayEmail": display_email(user.email),
        "username": user.username or "unknown",
        "timeZone": user.time_zone,
    }


def _moves(world: World, booking: Booking) -> Json:
    """Where a booking was moved from and to; who moved it stands on the later of the two rows."""
    successor = world.bookings.successor(booking.uid) if booking.is_rescheduled else None
    body: Json = {"rescheduledByEmail": (successor or booking).rescheduled_by}
    if booking.from_reschedule is not None:
        body["rescheduledFromUid"] = booking.from_reschedule
    if successor is not None:
        body["rescheduledToUid"] = successor.uid
    return body


def _middle(world: World, booking: Booking) -> Json:
    event_type = world.event_types.get(booking.event_type_id or 0)
    seconds = (booking.end - booking.start).total_seconds()
    location = booking.metadata.get("videoCallUrl") or booking.location
    return {
        "start": to_iso(booking.start),
        "end": to_iso(booking.end),
        "duration": int(seconds // 60) if seconds % 60 == 0 else seconds / 60,
        "eventTypeId": booking.event_type_id,
        "eventType": event_type and {"id": event_type.id, "slug": event_type.slug},
        "meetingUrl": location,
        "location": location,
        "absentHost": booking.is_host_absent,
        "createdAt": to_iso(booking.created_at),
        "updatedAt": booking.updated_at and to_iso(booking.updated_at),
    }


def _tail(booking: Booking) -> Json:
    return {"rating": booking.rating, "icsUid": booking.ical_uid}


def _attendee(person: Attendee) -> Json:
    return {
        "name": person.name,
        "email": person.email,
        "displayEmail": display_email(person.email),
        "timeZone": person.time_zone,
        "language": person.locale,
        "absent": person.is_absent,
    }


def _phone(person: Attendee) -> Json:
    return {} if person.phone_number is None else {"phoneNumber": person.phone_number}


def _seat(person: Attendee) -> Json:
    if person.seat is None:
        return {"bookingFieldsResponses": {}, "metadata": {}}
    answers = {name: value for name, value in person.seat.responses.items() if name != "email"}
    return {
        "seatUid": person.seat.uid,
        "bookingFieldsResponses": answers,
        "metadata": person.seat.metadata,
    }


def _responses(booking: Booking) -> Json:
    responses = _UNREADABLE_RESPONSES if booking.responses is None else booking.responses
    shown: Json = dict(responses)
    if isinstance(shown.get("email"), str):
        shown["displayEmail"] = display_email(shown["email"])
    if isinstance(shown.get("guests"), list):
        shown["displayGuests"] = [display_email(guest) for guest in shown["guests"]]
    return shown


def _guests(responses: Json) -> Json:
    guests: Any = responses.get("guests")
    return {} if guests is None else {"guests": guests}


def _user_metadata(booking: Booking) -> Json:
    return {name: value for name, value in booking.metadata.items() if name != "videoCallUrl"}
