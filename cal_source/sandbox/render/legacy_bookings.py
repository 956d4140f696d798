"""Bookings in the shape of API version 2024-04-15.

A client gets it when the version header is missing, unknown or wrong: the status is 200 and the
filters it sent are ignored.

Source: recordings `bookings_no_version_*`, `bookings_bad_version_header`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.render.legacy_event_types import (
    SCHEDULING_TYPES,
    color_json,
    recurring_event_json,
)

if TYPE_CHECKING:
    from cal_source.sandbox.records import Attendee, Booking, EventType, Json, User
    from cal_source.sandbox.world import World

_STATUSES: Final = ("ACCEPTED", "CANCELLED", "REJECTED", "PENDING", "AWAITING_HOST")


def legacy_booking_json(world: World, booking: Booking) -> Json:
    """A booking as the web application's list has it."""
    user = world.users.get(booking.user_id or 0)
    event_type = world.event_types.get(booking.event_type_id or 0)
    return {
        "id": booking.id,
        "title": booking.title,
        "userPrimaryEmail": user and user.email,
        "description": booking.description,
        "customInputs": None,
        "startTime": to_iso(booking.start),
        "createdAt": to_iso(booking.created_at),
        "updatedAt": booking.updated_at and to_iso(booking.updated_at),
        "endTime": to_iso(booking.end),
        "metadata": booking.metadata,
        "uid": booking.uid,
        "responses": booking.responses,
        "recurringEventId": booking.recurring_event_id,
        "location": booking.location,
        "status": booking.status.upper(),
        "paid": False,
        "fromReschedule": booking.from_reschedule,
        "rescheduled": booking.is_rescheduled or None,
        "rescheduledBy": booking.rescheduled_by,
        "cancelledBy": booking.cancelled_by,
        "isRecorded": False,
        "cancellationReason": booking.cancellation_reason,
        "rejectionReason": None,
        "routedFromRoutingFormReponse": None,
        "eventType": {} if event_type is None else _booked_event_type(world, event_type),
    } | _booking_relations(world, booking)


def _booking_relations(world: World, booking: Booking) -> Json:
    user = world.users.get(booking.user_id or 0)
    return {
        "references": [_reference(row, booking) for row in booking.references],
        "payment": [],
        "user": user and _user(user) | {"timeZone": user.time_zone},
        "attendees": [_attendee(world, person, booking) for person in booking.attendees],
        "seatsReferences": [
            {"referenceUid": person.seat.uid, "attendee": {"email": person.email}}
            for person in booking.attendees
            if person.seat is not None
        ],
        "assignmentReason": [],
        "report": None,
        "rescheduler": None,
    }


def series_json(series: str, rows: list[Booking]) -> Json:
    """A recurring booking in short: its size, first start and starts by status."""
    starts: dict[str, list[str]] = {status: [] for status in _STATUSES}
    for row in rows:
        starts[row.status.upper()].append(to_iso(row.start))
    return {
        "recurringEventId": series,
        "count": len(rows),
        "firstDate": to_iso(rows[0].start),
        "bookings": starts,
    }


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "avatarUrl": user.avatar_url,
        "username": user.username,
    }


def _attendee(world: World, person: Attendee, booking: Booking) -> Json:
    user = next((row for row in world.users.values() if row.email == person.email), None)
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "timeZone": person.time_zone,
        "bookingId": booking.id,
        "locale": person.locale,
        "phoneNumber": person.phone_number,
        "noShow": person.is_absent,
        "user": {
            "name": user and user.name,
            "email": person.email,
            "avatarUrl": user and user.avatar_url,
            "username": user and user.username,
        },
    }


def _reference(row: Any, booking: Booking) -> Json:
    return {
        "id": row.id,
        "type": row.type,
        "uid": row.event_uid,
        "bookingId": booking.id,
        "externalCalendarId": row.destination_calendar_id,
        "deleted": None,
    }


def _booked_event_type(world: World, row: EventType) -> Json:
    team = world.teams.get(row.team_id or 0)
    settings = row.settings
    return {
        "slug": row.slug,
        "id": row.id,
        "title": row.title,
        "eventName": None,
        "price": settings.get("price", 0),
        "recurringEvent": recurring_event_json(settings),
        "currency": settings.get("currency", "usd"),
        "metadata": settings.get("metadata", {}),
        "disableGuests": settings.get("disableGuests", False),
        "bookingFields": None,
        "seatsPerTimeSlot": row.seats_per_slot,
        "seatsShowAttendees": row.seats_show_attendees,
        "seatsShowAvailabilityCount": True,
        "eventTypeColor": color_json(settings),
        "customReplyToEmail": None,
        "allowReschedulingPastBookings": False,
        "hideOrganizerEmail": False,
        "disableCancelling": False,
        "disableRescheduling": False,
        "minimumRescheduleNotice": None,
        "teamId": row.team_id,
        "parentId": row.parent_id,
        "schedulingType": SCHEDULING_TYPES.get(row.scheduling_type or ""),
        "hosts": [
            {
                "userId": host.user_id,
                "user": {"id": host.user_id, "email": world.users[host.user_id].email},
            }
            for host in row.hosts
        ],
        "length": row.length_minutes,
        "team": team and {"id": team.id, "name": team.name, "slug": team.slug},
        "hostGroups": [],
    }
