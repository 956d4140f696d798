"""Making, moving, cancelling and deciding on bookings.

Source: recordings `create_a_new_booking__*`, `reschedule_booking_by_uid__*`,
`cancel_booking_via_uid__*`, `confirm_booking_by_uid__*`, `decline_booking_with_reason__*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    is_date_string,
    is_number,
    is_object,
    is_string,
    is_time_zone,
)
from cal_source.sandbox.bookings.cancellation import cancel
from cal_source.sandbox.bookings.creation import create
from cal_source.sandbox.bookings.decisions import confirm, decline
from cal_source.sandbox.bookings.inputs import cancel_input, creation_input, reschedule_input
from cal_source.sandbox.bookings.rescheduling import reschedule
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import BookingNotFoundError
from cal_source.sandbox.guards import authenticated, maybe_authenticated, permission
from cal_source.sandbox.render.legacy_bookings import legacy_booking_json
from cal_source.sandbox.router import OLDEST_VERSION, write
from cal_source.sandbox.routes.bookings import VERSION, one, shown_alone

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Booking, Json

_LEGACY_VERSIONS: Final = (OLDEST_VERSION, "2024-06-11", "2024-06-14")
_DECLINE: Final = BodyRules((BodyField("reason", (is_string("reason"),), is_optional=True),))
_LEGACY: Final = BodyRules((
    BodyField("start", (is_date_string("start"),)),
    BodyField("eventTypeId", (is_number("eventTypeId"),)),
    BodyField("timeZone", (is_time_zone("timeZone"),)),
    BodyField("language", (is_string("language"),)),
    BodyField("metadata", (is_object("metadata"),)),
    BodyField("responses", (is_object("responses"),), is_optional=True),
))  # fmt: skip


def make(call: Call) -> Any:
    """A new booking; a series answers its occurrences, a seated one names the new seat."""
    bookings, seat_uid = create(call, creation_input(call))
    if bookings[0].recurring_event_id is not None:
        return success([_with_seat(call, booking, None) for booking in bookings])
    return success(_with_seat(call, bookings[0], seat_uid))


def make_legacy(call: Call) -> Any:
    """A new booking from the body of older versions."""
    body = _LEGACY.read(call)
    responses: Json = body.get("responses") or {}
    attendee = {
        "name": responses.get("name", ""),
        "email": responses.get("email", ""),
        "timeZone": body["timeZone"],
        "language": body["language"],
    }
    asked = {
        "start": body["start"],
        "eventTypeId": body["eventTypeId"],
        "attendee": attendee,
        "metadata": body["metadata"],
        "guests": responses.get("guests"),
    }
    bookings, _ = create(call, asked)
    return success(legacy_booking_json(call.world, bookings[0]))


def move(call: Call) -> Any:
    """A booking at another start: a new one, or the seat's."""
    booking, seat_uid = reschedule(call, call.params["bookingUid"], reschedule_input(call))
    return success(_with_seat(call, booking, seat_uid))


def call_off(call: Call) -> Any:
    """The booking as it is now, or every occurrence of its series."""
    call.params["bookingUid"] = cancel(call, call.params["bookingUid"], cancel_input(call))
    return one(call)


def accept(call: Call) -> Any:
    """The booking, accepted."""
    confirm(call, existing_booking(call))
    return one(call)


def reject(call: Call) -> Any:
    """The booking, rejected."""
    reason = _DECLINE.read(call).get("reason")
    decline(call, existing_booking(call), reason)
    return one(call)


def existing_booking(call: Call) -> Booking:
    """The booking that the path names.

    Raises:
        BookingNotFoundError: There is none.
    """
    booking = call.world.bookings.by_uid(call.params["bookingUid"])
    if booking is None:
        raise BookingNotFoundError(call.params["bookingUid"])
    return booking


def _with_seat(call: Call, booking: Booking, seat_uid: str | None) -> Any:
    shown = shown_alone(call, booking)
    if seat_uid is None:
        return shown
    return msgspec.json.decode(shown) | {"seatUid": seat_uid}


_ONE: Final = "/v2/bookings/{bookingUid}"
_MAY_WRITE: Final = (permission("BOOKING_WRITE"), authenticated)
ROUTES = (
    write("POST", "/v2/bookings", make, maybe_authenticated, versions=VERSION),
    write("POST", "/v2/bookings", make_legacy, maybe_authenticated, versions=_LEGACY_VERSIONS),
    write("POST", f"{_ONE}/reschedule", move, maybe_authenticated, versions=VERSION),
    write("POST", f"{_ONE}/cancel", call_off, maybe_authenticated, versions=VERSION, status=200),
    write("POST", f"{_ONE}/confirm", accept, *_MAY_WRITE, versions=VERSION, status=200),
    write("POST", f"{_ONE}/decline", reject, *_MAY_WRITE, versions=VERSION, status=200),
)
