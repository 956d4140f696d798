"""Bookings of a recorded world, back from the shape they were answered in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cal_source.sandbox.records import Attendee, Booking, Json, Reference, Seat, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cal_source.sandbox.load import Recording
    from cal_source.sandbox.world import World


def load_bookings(world: World, recording: Recording) -> None:
    """Fill `world.bookings` from every list of bookings, ids ascending."""
    rows: dict[int, Json] = {}
    for _, _, found in recording.matching("/v2/bookings"):
        rows |= {row["id"]: row for row in found}
    references = recording.read("booking_references_first120") or {}
    attendee_ids = iter(range(1, 10**9))
    for key in sorted(rows):
        row = rows[key]
        _add_unknown_host(world, row)
        booking = booking_row(row, attendee_ids)
        listed = references.get(booking.uid)
        if isinstance(listed, list):
            booking.references = [_reference(item) for item in listed]
        world.add_booking(booking)


def booking_row(row: Json, attendee_ids: Iterator[int]) -> Booking:
    """A row from the 2024-08-13 shape; attendee ids are given in order, as no list shows them."""
    responses = row.get("bookingFieldsResponses")
    location, metadata = row["location"], dict(row.get("metadata", {}))
    booked = ((responses or {}).get("location") or {}).get("value", location)
    if location != booked:
        location, metadata["videoCallUrl"] = booked, location
    host_id = row["hosts"][0]["id"]
    return Booking(
        id=row["id"],
        uid=row["uid"],
        title=row["title"],
        start=datetime.fromisoformat(row["start"]),
        end=datetime.fromisoformat(row["end"]),
        status=row["status"],
        created_at=datetime.fromisoformat(row["createdAt"]),
        updated_at=row["updatedAt"] and datetime.fromisoformat(row["updatedAt"]),
        user_id=host_id if isinstance(host_id, int) else None,
        event_type_id=row["eventTypeId"],
        attendees=[_attendee(person, next(attendee_ids)) for person in row["attendees"]],
        description=row["description"],
        location=location,
        responses=_stored_responses(responses),
        metadata=metadata,
        cancellation_reason=row["cancellationReason"] or None,
        cancelled_by=row.get("cancelledByEmail") or None,
        rescheduled_by=row.get("rescheduledByEmail"),
        from_reschedule=row.get("rescheduledFromUid"),
        is_rescheduled="rescheduledToUid" in row,
        recurring_event_id=row.get("recurringBookingUid"),
        is_host_absent=row["absentHost"],
        rating=row["rating"],
        ical_uid=row["icsUid"],
    )


def _add_unknown_host(world: World, row: Json) -> None:
    """A host whom no list of users shows is known from the booking itself."""
    host = row["hosts"][0]
    if isinstance(host["id"], int) and host["id"] not in world.users:
        world.users[host["id"]] = User(
            id=host["id"],
            email=host["email"],
            name=host["name"],
            username=host["username"],
            time_zone=host["timeZone"],
            created_at=datetime.fromisoformat("2025-11-04T10:00:00.000Z"),
            week_start="Monday",
            time_format=24,
        )


def _attendee(row: Json, attendee_id: int) -> Attendee:
    seat = None
    if "seatUid" in row:
        responses = row["bookingFieldsResponses"] | {"email": row["email"]}
        seat = Seat(row["seatUid"], responses, row["metadata"])
    return Attendee(
        id=attendee_id,
        name=row["name"],
        email=row["email"],
        time_zone=row["timeZone"],
        locale=row["language"],
        phone_number=row.get("phoneNumber"),
        is_absent=row["absent"],
        seat=seat,
    )


def _stored_responses(responses: Any) -> Json | None:
    if responses is None or responses.get("name") == "unknown":
        return None
    shown_only = {"displayEmail", "displayGuests"}
    return {name: value for name, value in responses.items() if name not in shown_only}


def _reference(row: Json) -> Reference:
    return Reference(row["id"], row["type"], row["eventUid"], row["destinationCalendarId"])
