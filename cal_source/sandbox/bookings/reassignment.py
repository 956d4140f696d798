"""Handing a round-robin booking to another host.

Source: recordings `reassign_booking_*`, `w_booking_reassign_*`; BEHAVIOUR.md section 7.2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cal_source.sandbox.bookings.access import may_manage
from cal_source.sandbox.bookings.hosts import free_rotating_hosts, next_host
from cal_source.sandbox.errors import (
    BadRequestError,
    BareError,
    ForbiddenError,
    NotFoundError,
)

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Booking, EventType, User


def reassign(call: Call, booking: Booking) -> User:
    """Hand it to the next host who is free. Every call moves it again.

    Raises:
        BadRequestError: There is no other host, or none is free.
        ForbiddenError: The caller does not manage the event type.
    """
    event_type = _reassignable(call, booking)
    present = _present_host(call, booking, event_type)
    free = free_rotating_hosts(
        call.world, event_type, (booking.start, booking.end), ignored_uid=booking.uid
    )
    others = [user_id for user_id in free if user_id != present]
    if event_type.scheduling_type != "roundRobin" or not others:
        text = "Can't reassign the booking because no other host is available at that time."
        raise BadRequestError(text)
    return _hand_over(call, booking, event_type, next_host(call.world, event_type, others))


def reassign_to(call: Call, booking: Booking, user_id: int) -> User:
    """Hand it to a host by name, free or not; to the present one too, with all the mails.

    Raises:
        BadRequestError: The user is no host of the event.
        BareError: The user is a host at every booking, who cannot take turns.
        ForbiddenError: The caller does not manage the event type.
        NotFoundError: There is no such user.
    """
    event_type = _reassignable(call, booking)
    if user_id not in call.world.users:
        text = f"User with id={user_id} was not found in the database"
        raise NotFoundError(text)
    host = next((row for row in event_type.hosts if row.user_id == user_id), None)
    if host is None:
        raise BadRequestError(
            f"User with id={user_id} is not a valid Round Robin host - the user to which you "
            "reassign this booking must be one of the booking hosts. Fetch the booking using "
            "following endpoint and select id of one of the hosts: "
            "https://cal.com/docs/api-reference/v2/bookings/get-a-booking",
        )
    if host.is_fixed:
        raise BareError(500, "Internal server error")
    return _hand_over(call, booking, event_type, user_id)


def _reassignable(call: Call, booking: Booking) -> EventType:
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    if event_type is None:
        text = f"Event type with id={booking.event_type_id} was not found in the database"
        raise BadRequestError(text)
    if not may_manage(call.world, call.user.id, event_type):
        text = "You do not have permission to reassign this booking"
        raise ForbiddenError(text)
    return event_type


def _present_host(call: Call, booking: Booking, event_type: EventType) -> int | None:
    """Who takes the turn now: the organiser, or a co-host where the organiser is fixed."""
    rotating = {host.user_id for host in event_type.hosts if not host.is_fixed}
    if booking.user_id in rotating:
        return booking.user_id
    emails = {person.email for person in booking.attendees}
    return next((one for one in rotating if call.world.users[one].email in emails), None)


def _hand_over(call: Call, booking: Booking, event_type: EventType, user_id: int) -> User:
    world = call.world
    new, old_id = world.users[user_id], _present_host(call, booking, event_type)
    old = world.users.get(old_id or 0)
    if booking.user_id == old_id or old is None:
        title = booking.title
        if old is not None and old.name and new.name:
            title = title.replace(f"between {old.name} and", f"between {new.name} and")
        world.edit_booking(booking.uid, user_id=user_id, title=title, updated_at=call.now)
    else:
        people = [
            replace(person, name=new.name or "", email=new.email, time_zone=new.time_zone)
            if person.email == old.email
            else person
            for person in booking.attendees
        ]
        world.edit_booking(booking.uid, attendees=people, updated_at=call.now)
    call.outbox.mail("reassigned_to_you", [new.email], call.now, booking.uid)
    if old is not None:
        call.outbox.mail("reassigned_away", [old.email], call.now, booking.uid)
    return new
