"""The two booking writes that only API v1 has, as self-hosted installations may still run it.

They change a row and nothing else: no mail, no webhook, no check of availability. The key comes in
the query. Answers and refusals have shapes of their own.

Source: notes of `edit_booking_by_id` and `edit_attendee_by_id`; none could be recorded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    Rule,
    is_date_string,
    is_email,
    is_enum,
    is_int,
    is_object,
    is_string,
    is_time_zone,
    json_body,
)
from cal_source.sandbox.bookings.access import may_decide
from cal_source.sandbox.bookings.draft import instant
from cal_source.sandbox.call import Reply
from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.errors import InvalidInputError
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Attendee, Booking, Json, User

_STATUSES: Final = ("ACCEPTED", "PENDING", "CANCELLED", "REJECTED")
# The field of a body, the column it changes, and how its value is stored.
_COLUMNS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "title": ("title", str),
    "description": ("description", str),
    "startTime": ("start", instant),
    "endTime": ("end", instant),
    "status": ("status", str.lower),
    "userId": ("user_id", int),
    "eventTypeId": ("event_type_id", int),
    "rescheduledBy": ("rescheduled_by", str),
    "cancelledBy": ("cancelled_by", str),
    "responses": ("responses", dict),
}


def _optional(name: str, *rules: Rule) -> BodyField:
    return BodyField(name, rules, is_optional=True)


_BOOKING: Final = BodyRules((
    _optional("title", is_string("title")),
    _optional("description", is_string("description")),
    _optional("startTime", is_date_string("startTime")),
    _optional("endTime", is_date_string("endTime")),
    _optional("status", is_enum("status", _STATUSES)),
    _optional("userId", is_int("userId")),
    _optional("eventTypeId", is_int("eventTypeId")),
    _optional("rescheduledBy", is_string("rescheduledBy")),
    _optional("cancelledBy", is_string("cancelledBy")),
    _optional("responses", is_object("responses")),
))  # fmt: skip
_ATTENDEE: Final = BodyRules((
    _optional("name", is_string("name")),
    _optional("email", is_email("email")),
    _optional("timeZone", is_time_zone("timeZone")),
    _optional("bookingId", is_int("bookingId")),
))  # fmt: skip


class V1RefusedError(Exception):
    """A refusal in v1's shape."""

    def __init__(self, status: int, text: str) -> None:
        self.reply = Reply(status, {"message": text})
        super().__init__(text)


def edit_booking(call: Call) -> Any:
    """The booking with its columns changed; `updatedAt` moves."""
    try:
        user, booking = v1_caller(call), _booking(call, call.number("id"))
        _refuse_strangers(call, user, booking)
        body = v1_body(call, _BOOKING)
    except V1RefusedError as refused:
        return refused.reply
    changes = {
        column: store(body[name]) for name, (column, store) in _COLUMNS.items() if name in body
    }
    changed = call.world.edit_booking(booking.uid, **changes, updated_at=call.now)
    return {"booking": _booking_json(changed)}


def edit_attendee(call: Call) -> Any:
    """The attendee, changed or moved to another booking; no `updatedAt` moves."""
    try:
        user = v1_caller(call)
        booking, person = _attendee(call, call.number("id"))
        _refuse_strangers(call, user, booking)
        body = v1_body(call, _ATTENDEE)
        target = _booking(call, body.get("bookingId", booking.id))
        _refuse_strangers(call, user, target)
    except V1RefusedError as refused:
        return refused.reply
    columns = {"name": "name", "email": "email", "time_zone": "timeZone"}
    changes = {column: body[name] for column, name in columns.items() if name in body}
    changed = replace(person, **changes)
    rest = [row for row in booking.attendees if row is not person]
    call.world.edit_booking(booking.uid, attendees=rest)
    present = call.world.bookings[target.id].attendees
    call.world.edit_booking(target.uid, attendees=[*present, changed])
    return {"attendee": _attendee_json(changed, target)}


def v1_caller(call: Call) -> User:
    """The user of the key in the query.

    Raises:
        V1RefusedError: There is no key, or it is not (or no longer) good.
    """
    key = call.value("apiKey")
    if not key:
        raise V1RefusedError(401, "No apiKey provided")
    row = call.world.api_keys.get(key)
    if row is None:
        raise V1RefusedError(401, "Your API key is not valid.")
    if row.expires_at is not None and row.expires_at < call.now:
        raise V1RefusedError(401, "This API key is expired.")
    return call.world.users[row.user_id]


def _booking(call: Call, booking_id: int) -> Booking:
    try:
        return call.world.bookings[booking_id]
    except KeyError:
        raise V1RefusedError(404, "Booking not found") from None


def _attendee(call: Call, attendee_id: int) -> tuple[Booking, Attendee]:
    for row in call.world.bookings:
        for person in row.attendees:
            if person.id == attendee_id:
                return row, person
    raise V1RefusedError(404, "Attendee not found")


def _refuse_strangers(call: Call, user: User, booking: Booking) -> None:
    if not may_decide(call.world, user.id, booking):
        raise V1RefusedError(403, "Forbidden")


def v1_body(call: Call, rules: BodyRules) -> Json:
    """The body; v1 refuses unknown fields.

    Raises:
        V1RefusedError: A field is unknown or breaks a rule.
    """
    body = json_body(call)
    unknown = sorted(body.keys() - {item.name for item in rules.fields})
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        raise V1RefusedError(400, f"Unrecognized key(s) in object: {names}")
    try:
        return rules.check(body)
    except InvalidInputError as error:
        texts = [text for one in error.errors for text in one["constraints"].values()]
        raise V1RefusedError(400, "; ".join(texts)) from error


def _booking_json(booking: Booking) -> Json:
    return {
        "id": booking.id,
        "userId": booking.user_id,
        "description": booking.description,
        "eventTypeId": booking.event_type_id,
        "uid": booking.uid,
        "title": booking.title,
        "startTime": to_iso(booking.start),
        "endTime": to_iso(booking.end),
        "attendees": [_attendee_json(person, booking) for person in booking.attendees],
        "metadata": booking.metadata,
        "status": booking.status.upper(),
        "responses": booking.responses,
        "rescheduledBy": booking.rescheduled_by,
        "cancelledBy": booking.cancelled_by,
    }


def _attendee_json(person: Attendee, booking: Booking) -> Json:
    return {
        "id": person.id,
        "bookingId": booking.id,
        "name": person.name,
        "email": person.email,
        "timeZone": person.time_zone,
    }


ROUTES = (
    write("PATCH", "/v1/bookings/{id}", edit_booking),
    write("PATCH", "/v1/attendees/{id}", edit_attendee),
)
