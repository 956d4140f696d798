"""Changing a booking that stays where it is: absences, guests, attendees, location, host.

Source: recordings `mark_booking_absent_for_uid__*`, `reassign_booking_*`, `w_booking_guests_add*`,
`w_booking_location_patch*`; OpenAPI for attendees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    Rule,
    is_array,
    is_boolean,
    is_email,
    is_enum,
    is_nested_list,
    is_string,
    is_time_zone,
)
from cal_source.sandbox.bookings.access import may_manage
from cal_source.sandbox.bookings.attendance import add_attendee, add_guests, mark_absent
from cal_source.sandbox.bookings.inputs import LANGUAGES
from cal_source.sandbox.bookings.locations import answer_of, location_rule, updated_location
from cal_source.sandbox.bookings.reassignment import reassign, reassign_to
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import ForbiddenError, NotFoundError
from cal_source.sandbox.guards import authenticated, permission
from cal_source.sandbox.render.bookings import display_email, unseated_booking_json
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.booking_details import attendee_json
from cal_source.sandbox.routes.booking_writes import existing_booking
from cal_source.sandbox.routes.bookings import VERSION, one

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Booking, Json, User

_MOST_GUESTS: Final = 10


def _array_min_size(name: str) -> Rule:
    text = f"{name} must contain at least 1 elements"
    return Rule("arrayMinSize", lambda value: None if isinstance(value, list) and value else text)


def _at_most_ten(value: Any) -> str | None:
    is_fine = isinstance(value, list) and len(value) <= _MOST_GUESTS
    return None if is_fine else "Cannot add more than 10 guests at a time"


_ABSENCE: Final = BodyRules((
    BodyField("email", (is_email("email"),)),
    BodyField("absent", (is_boolean("absent"),)),
))  # fmt: skip
_ABSENCES: Final = BodyRules((
    BodyField("host", (is_boolean("host"),), is_optional=True),
    BodyField(
        "attendees",
        (is_array("attendees"), _array_min_size("attendees"), is_nested_list("attendees")),
        is_optional=True,
        nested=_ABSENCE,
        is_list=True,
    ),
))  # fmt: skip
_OPTIONAL_PARTS: Final = (
    BodyField("phoneNumber", is_optional=True),
    BodyField("language", (is_enum("language", LANGUAGES),), is_optional=True),
)
_GUEST: Final = BodyRules((
    BodyField("email", (is_email("email"),)),
    BodyField("name", (is_string("name"),), is_optional=True),
    BodyField("timeZone", (is_time_zone("timeZone"),), is_optional=True),
    *_OPTIONAL_PARTS,
))  # fmt: skip
_GUESTS: Final = BodyRules((
    BodyField(
        "guests",
        (
            is_nested_list("guests"),
            is_array("guests"),
            Rule("arrayMaxSize", _at_most_ten),
            _array_min_size("guests"),
        ),
        nested=_GUEST,
        is_list=True,
    ),
))  # fmt: skip
_ATTENDEE: Final = BodyRules((
    BodyField("name", (is_string("name"),)),
    BodyField("timeZone", (is_time_zone("timeZone"),)),
    *_OPTIONAL_PARTS,
    BodyField("email", (is_email("email"),)),
))  # fmt: skip
_LOCATION: Final = BodyRules((
    BodyField(
        "location",
        (location_rule("UpdateBookingInputLocationValidator_2024_08_13", is_update=True),),
        is_optional=True,
    ),
))  # fmt: skip
_REASON: Final = BodyRules((BodyField("reason", (is_string("reason"),), is_optional=True),))


def absences(call: Call) -> Any:
    """The booking, never in the seated shape."""
    body = _ABSENCES.read(call)
    uid = call.params["bookingUid"]
    mark_absent(call, _existing(call, f"Booking with uid={uid} not found."), body)
    return success(unseated_booking_json(call.world, existing_booking(call)))


def guests(call: Call) -> Any:
    """The booking with its new guests."""
    body = _GUESTS.read(call)
    uid = call.params["bookingUid"]
    add_guests(call, _existing(call, f"Booking with uid {uid} not found"), body["guests"])
    return one(call)


def attendee(call: Call) -> Any:
    """The new attendee, with an id."""
    body = _ATTENDEE.read(call)
    booking = existing_booking(call)
    person = add_attendee(call, booking, body)
    return success(attendee_json(booking, person))


def location(call: Call) -> Any:
    """The booking at another place; nobody is told.

    Raises:
        ForbiddenError: The caller does not manage the event type.
        NotFoundError: The booking has lost its host or its event type.
    """
    asked = _LOCATION.read(call).get("location")
    uid = call.params["bookingUid"]
    booking = _existing(call, f"Booking with uid={uid} not found")
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    if event_type is not None and not may_manage(call.world, call.user.id, event_type):
        text = (
            "User is not authorized to update this booking location. User must be the event type "
            "owner, host, team admin or owner, or org admin or owner."
        )
        raise ForbiddenError(text)
    if asked is None:
        return one(call)
    if booking.user_id is None:
        text = f"No user found for booking with uid={uid}"
        raise NotFoundError(text)
    if event_type is None:
        text = f"No event type found for booking with uid={uid}"
        raise NotFoundError(text)
    _relocate(call, booking, asked)
    return one(call)


def hand_over(call: Call) -> Any:
    """Who takes the booking now."""
    return _handed_over(call, reassign(call, existing_booking(call)))


def hand_over_to(call: Call) -> Any:
    """Who takes the booking now, as asked for."""
    user_id = call.guarded_number("userId")
    _REASON.read(call)
    return _handed_over(call, reassign_to(call, existing_booking(call), user_id))


def _relocate(call: Call, booking: Booking, asked: Json) -> None:
    metadata = {name: value for name, value in booking.metadata.items() if name != "videoCallUrl"}
    call.world.edit_booking(
        booking.uid,
        location=updated_location(asked),
        responses=(booking.responses or {}) | {"location": answer_of(asked)},
        metadata=metadata,
        updated_at=call.now,
    )


def _handed_over(call: Call, user: User) -> Json:
    new = {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "displayEmail": display_email(user.email),
    }
    return success({"bookingUid": call.params["bookingUid"], "reassignedTo": new})


def _existing(call: Call, text: str) -> Booking:
    """The booking that the path names; these operations word its absence differently.

    Raises:
        NotFoundError: There is none.
    """
    booking = call.world.bookings.by_uid(call.params["bookingUid"])
    if booking is None:
        raise NotFoundError(text)
    return booking


_ONE: Final = "/v2/bookings/{bookingUid}"
_MAY_WRITE: Final = (permission("BOOKING_WRITE"), authenticated)
ROUTES = (
    write("POST", f"{_ONE}/mark-absent", absences, *_MAY_WRITE, versions=VERSION, status=200),
    write("POST", f"{_ONE}/guests", guests, *_MAY_WRITE, versions=VERSION, status=200),
    write("POST", f"{_ONE}/attendees", attendee, *_MAY_WRITE, versions=VERSION),
    write("PATCH", f"{_ONE}/location", location, *_MAY_WRITE, versions=VERSION),
    write("POST", f"{_ONE}/reassign", hand_over, *_MAY_WRITE, versions=VERSION, status=200),
    write(
        "POST",
        f"{_ONE}/reassign/{{userId}}",
        hand_over_to,
        *_MAY_WRITE,
        versions=VERSION,
        status=200,
    ),
)
