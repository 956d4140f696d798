"""Moving a booking: a new row takes its place. Seated ones move in place or seat by seat.

Source: recordings `reschedule_booking_by_uid__*`, `w_booking_reschedule*`; BEHAVIOUR.md 7.2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cal_source.sandbox.bookings.access import is_switched_off, may_manage
from cal_source.sandbox.bookings.creation import (
    free_hosts,
    needs_confirmation,
    new_row,
    standing_booking,
    video_references,
)
from cal_source.sandbox.bookings.draft import Draft, end_of, instant
from cal_source.sandbox.bookings.hosts import refuse_out_of_bounds
from cal_source.sandbox.bookings.locations import Place
from cal_source.sandbox.bookings.notices import mail_everybody, notify
from cal_source.sandbox.bookings.payloads import created_payload, rescheduled_payload
from cal_source.sandbox.errors import (
    BadRequestError,
    BareError,
    BookingNotFoundError,
    ConflictError,
    NotFoundError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Attendee, Booking, EventType, Json


def reschedule(call: Call, uid: str, body: Json) -> tuple[Booking, str | None]:
    """Move a booking, or one seat of it, to another start.

    Returns:
        The booking at the new start and, where one seat was moved, that seat's uid.

    Raises:
        BookingNotFoundError: There is no such booking.
        NotFoundError: Its event type is gone, or there is no such seat.
        BadRequestError: It cannot be moved, or not to then, or not by this caller.
    """
    booking = call.world.bookings.by_uid(uid)
    if booking is None:
        raise BookingNotFoundError(uid)
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    if event_type is None:
        text = f"Booking with uid={uid} is missing event type"
        raise NotFoundError(text)
    seat_uid = body.get("seatUid")
    person = None if seat_uid is None else _person_of(booking, seat_uid)
    has_seats = any(row.seat is not None for row in booking.attendees)
    if person is None and has_seats:
        _refuse_strangers(call, event_type)
    _refuse_unmovable(call, booking, event_type)
    start = instant(body["start"])
    refuse_out_of_bounds(event_type, start, call.now)
    if person is not None:
        return _move_seat(call, booking, event_type, person, start)
    if has_seats:
        return _move_all_seats(call, booking, event_type, start, body), None
    return _replace(call, booking, event_type, start, body), None


def _person_of(booking: Booking, seat_uid: str) -> Attendee:
    for person in booking.attendees:
        if person.seat is not None and person.seat.uid == seat_uid:
            return person
    text = f"Seat with uid={seat_uid} does not exist."
    raise NotFoundError(text)


def _refuse_strangers(call: Call, event_type: EventType) -> None:
    """Only who runs the event may move everybody.

    Raises:
        BadRequestError: The caller does not, and must name a seat.
    """
    if call.principal is None or not may_manage(call.world, call.user.id, event_type):
        text = (
            "Only the event type owner or an admin can reschedule a whole seated booking. Provide "
            "seatUid to reschedule one seat."
        )
        raise BadRequestError(text)


def _refuse_unmovable(call: Call, booking: Booking, event_type: EventType) -> None:
    uid = booking.uid
    if booking.status == "cancelled" and not booking.is_rescheduled:
        raise BadRequestError(
            f"Can't reschedule booking with uid={uid} because it has been cancelled. Please "
            "provide uid of a booking that is not cancelled.",
        )
    if booking.status == "cancelled":
        successor = call.world.bookings.successor(uid)
        following = successor.uid if successor else "undefined"
        raise BadRequestError(
            f"Can't reschedule booking with uid={uid} because it has been cancelled and "
            f"rescheduled already to booking with uid={following}. You probably want to "
            f"reschedule {following} instead by passing it within the request URL.",
        )
    if booking.status == "rejected":
        raise BareError(404, "Could not find original booking")
    if is_switched_off(event_type, "disableRescheduling"):
        raise BareError(400, "This event type does not allow rescheduling")


def _replace(
    call: Call,
    old: Booking,
    event_type: EventType,
    start: datetime,
    body: Json,
) -> Booking:
    """Cancel the row and make another, in the length of the event type."""
    draft = _draft_from(old, event_type, start, body.get("reschedulingReason"))
    hosts = free_hosts(call, draft, ignored_uid=old.uid)
    if old.user_id in hosts or event_type.settings.get("rescheduleWithSameRoundRobinHost"):
        hosts = [old.user_id or hosts[0], *(host for host in hosts if host != old.user_id)]
    moved_by = body.get("rescheduledBy")
    row = replace(
        new_row(call, draft, hosts),
        status=_status_after(call, old, event_type, start, moved_by),
        ical_uid=old.ical_uid,
        ical_sequence=old.ical_sequence + 1,
        from_reschedule=old.uid,
        rescheduled_by=moved_by,
        recurring_event_id=old.recurring_event_id,
        metadata=old.metadata,
    )
    is_pending = row.status == "pending"
    row = replace(row, references=[] if is_pending else video_references(call, row.location))
    call.world.edit_booking(
        old.uid,
        status="cancelled",
        is_rescheduled=True,
        rescheduled_by=moved_by,
        updated_at=call.now,
    )
    booking = call.world.add_booking(row)
    _tell_moved(call, booking, old)
    return booking


def _draft_from(
    old: Booking,
    event_type: EventType,
    start: datetime,
    reason: str | None,
) -> Draft:
    """The old booking asked for again; guests keep their addresses only."""
    booker = _booker_of(old)
    responses = dict(old.responses or {"name": booker.name, "email": booker.email})
    if reason is not None:
        responses["rescheduledReason"] = reason
    return Draft(
        event_type=event_type,
        start=start,
        end=end_of(start, event_type.length_minutes),
        name=booker.name,
        email=booker.email,
        time_zone=booker.time_zone,
        language=booker.locale or "en",
        phone_number=booker.phone_number,
        guests=tuple(responses.get("guests") or ()),
        responses=responses,
        metadata=old.metadata,
        place=Place(old.location or "", old.metadata.get("videoCallUrl")),
    )


def _booker_of(booking: Booking) -> Attendee:
    """Whoever booked it, by the e-mail among the answers; without answers, the first attendee.

    Raises:
        NotFoundError: That e-mail is not on the booking.
    """
    if booking.responses is None and booking.attendees:
        return booking.attendees[0]
    email = (booking.responses or {}).get("email")
    for person in booking.attendees:
        if person.email == email:
            return person
    text = f"Attendee with e-mail {email} for booking with uid={booking.uid} not found"
    raise NotFoundError(text)


def _status_after(
    call: Call,
    old: Booking,
    event_type: EventType,
    start: datetime,
    moved_by: str | None,
) -> str:
    """Pending where the event needs confirmation, unless its host is the one who moves it."""
    if not needs_confirmation(event_type, start, call.now):
        return "accepted"
    host = call.world.users.get(old.user_id or 0)
    return "accepted" if host is not None and host.email == moved_by else "pending"


def _move_seat(
    call: Call,
    source: Booking,
    event_type: EventType,
    person: Attendee,
    start: datetime,
) -> tuple[Booking, str | None]:
    """Take one person to another start: to the booking there, or to a new one without a past.

    Raises:
        ConflictError: All seats there are taken.
    """
    target = standing_booking(call, event_type, start)
    if target is not None and len(target.attendees) >= (event_type.seats_per_slot or 0):
        text = "No more seats left at this seated booking."
        raise ConflictError(text)
    if target is None:
        draft = _draft_from(replace(source, attendees=[person]), event_type, start, None)
        row = new_row(call, draft, free_hosts(call, draft, ignored_uid=source.uid))
        target = call.world.add_booking(replace(row, attendees=[person]))
    else:
        people = [*target.attendees, person]
        target = call.world.edit_booking(target.uid, attendees=people)
    rest = [row for row in source.attendees if row is not person]
    gone: Json = {} if rest else {"status": "cancelled", "updated_at": call.now}
    call.world.edit_booking(source.uid, attendees=rest, **gone)
    seat_uid = None if person.seat is None else person.seat.uid
    payload = rescheduled_payload(
        call.world, target, source, had_video=bool(source.references), seat_uid=seat_uid
    )
    notify(call, "BOOKING_RESCHEDULED", target, payload)
    call.outbox.mail("rescheduled", [person.email], call.now, target.uid)
    return target, seat_uid


def _move_all_seats(
    call: Call,
    booking: Booking,
    event_type: EventType,
    start: datetime,
    body: Json,
) -> Booking:
    """Move everybody: in place, or onto the booking that stands there if the seats suffice."""
    target = standing_booking(call, event_type, start)
    if target is not None and target.uid != booking.uid:
        return _merge(call, booking, target, event_type)
    draft = _draft_from(booking, event_type, start, None)
    free_hosts(call, draft, ignored_uid=booking.uid)
    moved = call.world.edit_booking(
        booking.uid,
        start=start,
        end=draft.end,
        cancellation_reason=body.get("reschedulingReason"),
        ical_sequence=booking.ical_sequence + 1,
        updated_at=call.now,
    )
    _tell_moved(call, moved, booking)
    return moved


def _merge(call: Call, source: Booking, target: Booking, event_type: EventType) -> Booking:
    people = [*target.attendees, *source.attendees]
    if len(people) > (event_type.seats_per_slot or 0):
        raise BareError(400, "Booking does not have enough available seats")
    merged = call.world.edit_booking(target.uid, attendees=people)
    call.world.edit_booking(source.uid, attendees=[], status="cancelled", updated_at=call.now)
    _tell_moved(call, merged, source)
    return merged


def _tell_moved(call: Call, booking: Booking, old: Booking) -> None:
    if booking.status == "pending":
        notify(call, "BOOKING_REQUESTED", booking, created_payload(call.world, booking))
        mail_everybody(call, "requested", booking)
        return
    payload = rescheduled_payload(call.world, booking, old, had_video=bool(old.references))
    notify(call, "BOOKING_RESCHEDULED", booking, payload)
    mail_everybody(call, "rescheduled", booking)
