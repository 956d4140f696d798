"""A host's yes or no to bookings that wait for it.

Only an accepted booking is refused: a cancelled or rejected one can be brought back, and a
rejection can be repeated, with all its mails.

Source: recordings `confirm_booking_by_uid__*`, `decline_booking_with_reason__*`,
`w_booking_confirm*`, `w_booking_decline`; BEHAVIOUR.md section 7.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cal_source.sandbox.bookings.access import may_decide
from cal_source.sandbox.bookings.creation import video_references
from cal_source.sandbox.bookings.notices import mail_everybody, notify
from cal_source.sandbox.bookings.payloads import confirmed_payload, rejected_payload
from cal_source.sandbox.errors import MaskedBadRequestError, MaskedUnauthorizedError

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Booking


def confirm(call: Call, booking: Booking) -> None:
    """Accept a booking, or all of its series that wait.

    Raises:
        MaskedUnauthorizedError: The caller may not decide on it.
        MaskedBadRequestError: It is accepted already.
    """
    _refuse(call, booking)
    for row in _affected(call, booking):
        call.world.edit_booking(
            row.uid,
            status="accepted",
            references=video_references(call, row.location),
            updated_at=call.now,
        )
    notify(call, "BOOKING_CREATED", booking, confirmed_payload(call.world, booking))
    mail_everybody(call, "scheduled", booking)


def decline(call: Call, booking: Booking, reason: str | None) -> None:
    """Reject a booking, or all of its series that wait; the reason goes into mails only.

    Raises:
        MaskedUnauthorizedError: The caller may not decide on it.
        MaskedBadRequestError: It is accepted.
    """
    _refuse(call, booking)
    for row in _affected(call, booking):
        call.world.edit_booking(row.uid, status="rejected", updated_at=call.now)
    notify(call, "BOOKING_REJECTED", booking, rejected_payload(call.world, booking, reason))
    mail_everybody(call, "declined", booking)


def _refuse(call: Call, booking: Booking) -> None:
    if not may_decide(call.world, call.user.id, booking):
        raise MaskedUnauthorizedError
    if booking.status == "accepted":
        raise MaskedBadRequestError


def _affected(call: Call, booking: Booking) -> list[Booking]:
    if booking.recurring_event_id is None:
        return [booking]
    rows = call.world.bookings.of_series(booking.recurring_event_id)
    return [row for row in rows if row.status == "pending"]
