"""Who was there and who comes along: absences, guests, attendees.

Source: recordings `mark_booking_absent_for_uid__*`, `w_absent_*`, `w_booking_guests_add*`;
BEHAVIOUR.md section 7.2; OpenAPI `AddAttendeeInput_2024_08_13`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cal_source.sandbox.bookings.access import may_decide, may_manage
from cal_source.sandbox.bookings.creation import new_attendee
from cal_source.sandbox.bookings.draft import without_tag
from cal_source.sandbox.bookings.notices import notify
from cal_source.sandbox.bookings.payloads import no_show_payload
from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.errors import (
    BadRequestError,
    BareError,
    MaskedBadRequestError,
    MaskedForbiddenError,
)

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Attendee, Booking, Json


def mark_absent(call: Call, booking: Booking, body: Json) -> None:
    """Mark attendees and the host; `updatedAt` moves for the host only.

    A host can be marked by anybody, and not be unmarked. Attendees known are written even where
    the call then fails over one who is not.

    Raises:
        BadRequestError: The booking has not started.
        BareError: The caller may not mark attendees, or an e-mail is not on the booking.
    """
    if call.now < booking.start:
        raise BadRequestError(
            "Bookings can only be marked as absent after their scheduled start time. Current time "
            f"in UTC+0: {to_iso(call.now)}, Booking start time in UTC+0: {to_iso(booking.start)}",
        )
    marks = [(one["email"], one["absent"]) for one in body.get("attendees") or ()]
    if marks:
        _mark_attendees(call, booking, marks)
    if body.get("host"):
        call.world.edit_booking(booking.uid, is_host_absent=True, updated_at=call.now)


def _mark_attendees(call: Call, booking: Booking, marks: list[tuple[str, bool]]) -> None:
    if not may_decide(call.world, call.user.id, booking):
        raise _no_show_failure()
    people = booking.attendees
    for email, is_absent in marks:
        people = _marked(people, email, is_absent=is_absent)
    call.world.edit_booking(booking.uid, attendees=people)
    if not {email for email, _ in marks} <= {person.email for person in people}:
        raise _no_show_failure()
    notify(call, "BOOKING_NO_SHOW_UPDATED", booking, no_show_payload(booking, marks))


def _marked(people: list[Attendee], email: str, *, is_absent: bool) -> list[Attendee]:
    """Mark the first of this e-mail, who moves to the end as every changed row does."""
    for person in people:
        if person.email == email:
            rest = [other for other in people if other is not person]
            return [*rest, replace(person, is_absent=is_absent)]
    return people


def _no_show_failure() -> BareError:
    return BareError(500, "Failed to update no-show status")


def add_guests(call: Call, booking: Booking, guests: list[Json]) -> None:
    """Put guests on a booking; those on it already are left out without a word.

    Raises:
        MaskedForbiddenError: The caller neither hosts nor manages nor attends the booking.
        MaskedBadRequestError: Nobody new is left.
    """
    _refuse_strangers(call, booking)
    present = {without_tag(person.email) for person in booking.attendees}
    found: dict[str, Json] = {}
    for guest in guests:
        found.setdefault(without_tag(guest["email"]), guest)
    added = [guest for key, guest in found.items() if key not in present]
    if not added:
        raise MaskedBadRequestError
    responses = dict(booking.responses or {})
    responses["guests"] = [*(responses.get("guests") or ()), *(guest["email"] for guest in added)]
    call.world.edit_booking(
        booking.uid,
        attendees=[*booking.attendees, *(_guest(call, booking, guest) for guest in added)],
        responses=responses,
        updated_at=call.now,
    )
    call.outbox.mail("guest_added", (guest["email"] for guest in added), call.now, booking.uid)


def add_attendee(call: Call, booking: Booking, body: Json) -> Attendee:
    """Put one attendee on a booking, with a phone number if there is one.

    Raises:
        MaskedForbiddenError: The caller neither hosts nor manages nor attends the booking.
        MaskedBadRequestError: The e-mail is on the booking already.
    """
    _refuse_strangers(call, booking)
    if without_tag(body["email"]) in {without_tag(person.email) for person in booking.attendees}:
        raise MaskedBadRequestError
    person = _guest(call, booking, body)
    person.phone_number = body.get("phoneNumber")
    people = [*booking.attendees, person]
    call.world.edit_booking(booking.uid, attendees=people, updated_at=call.now)
    call.outbox.mail("attendee_added", [person.email], call.now, booking.uid)
    return person


def _refuse_strangers(call: Call, booking: Booking) -> None:
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    is_known = call.user.id == booking.user_id or call.user.email in {
        person.email for person in booking.attendees
    }
    is_team = event_type is not None and event_type.team_id is not None
    if is_known or (is_team and event_type and may_manage(call.world, call.user.id, event_type)):
        return
    raise MaskedForbiddenError


def _guest(call: Call, booking: Booking, guest: Json) -> Attendee:
    host = call.world.users.get(booking.user_id or 0)
    zone = guest.get("timeZone") or (host.time_zone if host else "UTC")
    language = guest.get("language") or (host and host.locale) or "en"
    return new_attendee(call, guest.get("name") or "", guest["email"], zone, language)
