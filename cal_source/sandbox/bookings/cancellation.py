"""Calling off a booking, the rest of a series, or one seat.

Source: recordings `cancel_booking_via_uid__*`, `w_booking_cancel*`, `w_booking_seat_cancel_one`;
BEHAVIOUR.md section 7.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.sandbox.auth import Credentials
from cal_source.sandbox.bookings.access import is_switched_off, may_manage
from cal_source.sandbox.bookings.notices import client_id, mail_everybody, notify
from cal_source.sandbox.bookings.payloads import cancelled_payload
from cal_source.sandbox.errors import BadRequestError, BareError, NotFoundError

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Attendee, Booking, Json

_LEAST_TO_GO_ON: Final = 2


def cancel(call: Call, uid: str, body: Json) -> str:
    """Call off what the body asks for.

    Returns:
        The uid to answer with: the booking's, or that of its series.

    Raises:
        BadRequestError: It is cancelled already, or (once it is done) was not of a series.
        BareError: This caller, this event type or the time does not allow it.
        NotFoundError: There is neither a booking nor a series of this uid.
    """
    seat = None
    if "seatUid" in body:
        seat = _seat(call, uid, body["seatUid"])
    series = call.world.bookings.of_series(uid)
    is_following = bool(body.get("cancelSubsequentBookings"))
    if series and is_following:
        text = (
            "Cannot cancel subsequent bookings for recurring event - you have to provide uid of "
            "one of the individual bookings of a recurring booking."
        )
        raise BadRequestError(text)
    booking = series[0] if series else call.world.bookings.by_uid(uid)
    if booking is None:
        text = f"Booking with uid={uid} not found"
        raise NotFoundError(text)
    reason = "" if "seatUid" in body else body.get("cancellationReason")
    _refuse_uncancellable(call, booking, reason, has_seat=seat is not None)
    if seat is not None and len(booking.attendees) >= _LEAST_TO_GO_ON:
        _cancel_seat(call, booking, seat)
    else:
        _cancel_bookings(call, booking, reason, is_all=bool(series), is_following=is_following)
    if is_following and booking.recurring_event_id is None:
        text = f"Booking with bookingUid={uid} is not part of a recurring booking."
        raise BadRequestError(text)
    return (booking.recurring_event_id or uid) if is_following else uid


def _seat(call: Call, uid: str, seat_uid: str) -> Attendee:
    for booking in call.world.bookings:
        for person in booking.attendees:
            if person.seat is not None and person.seat.uid == seat_uid:
                if booking.uid == uid:
                    return person
                text = "Invalid seatUid: this seat does not belong to this booking."
                raise BadRequestError(text)
    text = "Invalid seatUid: this seat does not exist or has already been cancelled."
    raise BadRequestError(text)


def _refuse_uncancellable(
    call: Call,
    booking: Booking,
    reason: str | None,
    *,
    has_seat: bool,
) -> None:
    if booking.status == "cancelled":
        raise BadRequestError(
            f"Can't cancel booking with uid={booking.uid} because it has been cancelled already. "
            "Please provide uid of a booking that is not cancelled.",
        )
    if booking.user_id is None:
        raise BareError(400, "User not found")
    user_id = _bearer_user(call)
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    if event_type is not None and is_switched_off(event_type, "disableCancelling"):
        raise BareError(400, "This event type does not allow cancellations")
    is_platform = client_id(call.world, booking) is not None
    if not reason and not is_platform and user_id == booking.user_id:
        raise BareError(400, "Cancellation reason is required when you are the host")
    if booking.end < call.now:
        raise BareError(400, "Cannot cancel a booking that has already ended")
    if event_type is None or not event_type.is_seated or has_seat:
        return
    if user_id is None or not may_manage(call.world, user_id, event_type):
        raise BareError(401, "User not a host of this event")


def _bearer_user(call: Call) -> int | None:
    """The user of a key or token; a platform client does not count as the host."""
    has_bearer = Credentials.of(call.headers).bearer is not None
    return call.user.id if call.principal is not None and has_bearer else None


def _cancel_seat(call: Call, booking: Booking, person: Attendee) -> None:
    """Take one person off; the booking lives on and its `updatedAt` stays."""
    rest = [row for row in booking.attendees if row is not person]
    call.world.edit_booking(booking.uid, attendees=rest)
    payload = cancelled_payload(call.world, booking, "", seat=person)
    notify(call, "BOOKING_CANCELLED", booking, payload)
    host = call.world.users.get(booking.user_id or 0)
    recipients = [person.email] if host is None else [host.email, person.email]
    call.outbox.mail("cancelled", recipients, call.now, booking.uid)


def _cancel_bookings(
    call: Call,
    booking: Booking,
    reason: str | None,
    *,
    is_all: bool,
    is_following: bool,
) -> None:
    """Webhook first, rows after it. Of a series one webhook tells, with its first booking."""
    world = call.world
    payload = cancelled_payload(world, booking, reason, is_series=is_all)
    notify(call, "BOOKING_CANCELLED", booking, payload)
    mail_everybody(call, "cancelled", booking)
    changes: Json = {
        "status": "cancelled",
        "cancellation_reason": reason,
        "references": [],
        "updated_at": call.now,
    }
    event_type = world.event_types.get(booking.event_type_id or 0)
    is_recurring = event_type is not None and bool(event_type.settings.get("recurrence"))
    if booking.recurring_event_id and is_recurring and (is_all or is_following):
        since = booking.start if is_following else call.now
        for row in world.bookings.of_series(booking.recurring_event_id):
            if row.start >= since:
                world.edit_booking(row.uid, **changes)
        return
    if event_type is not None and event_type.is_seated:
        changes["attendees"] = []
    world.edit_booking(booking.uid, ical_sequence=booking.ical_sequence + 1, **changes)
