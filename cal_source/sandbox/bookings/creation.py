"""New bookings: regular, pending, seated, recurring and instant.

Source: recordings `create_a_new_booking__*`, `w_booking_create_*`, `w_booking_seat_added`;
BEHAVIOUR.md section 7.2. Refusals that no recording shows are worded as in Cal.com's public
source.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.bookings.access import may_manage
from cal_source.sandbox.bookings.draft import (
    check_answers,
    draft_of,
    event_type_of,
    occurrences,
)
from cal_source.sandbox.bookings.hosts import NoHostError, hosts_of_booking, refuse_out_of_bounds
from cal_source.sandbox.bookings.locations import CAL_VIDEO
from cal_source.sandbox.bookings.notices import mail_everybody, notify
from cal_source.sandbox.bookings.payloads import added_seat_payload, created_payload
from cal_source.sandbox.errors import (
    BadRequestError,
    BareError,
    ConflictError,
    ForbiddenError,
    UnauthorizedError,
    UnprocessableError,
)
from cal_source.sandbox.records import Attendee, Booking, Reference, Seat

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.bookings.draft import Draft
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import EventType, Json

ALIVE: Final = frozenset({"accepted", "pending"})
_USER_BUSY: Final = "User either already has booking at this time or is not available"
_HOSTS_BUSY: Final = "One of the hosts either already has booking at this time or is not available"


def create(call: Call, body: Json) -> tuple[list[Booking], str | None]:
    """Make what a body asks for and tell everybody.

    Returns:
        The bookings (several for a series) and, for a seated one, the uid of the new seat.

    Raises:
        ApiError: The event type cannot be booked so, then, or by this caller.
    """
    event_type = event_type_of(call.world, body)
    _refuse_unbookable(call, event_type)
    if body.get("instant"):
        return [_create_instant(call, event_type, body)], None
    check_answers(event_type, body)
    draft = draft_of(event_type, body)
    if event_type.settings.get("recurrence"):
        return _create_series(call, draft, body.get("recurrenceCount"))
    booking, seat_uid = book(call, draft)
    return [booking], seat_uid


def book(
    call: Call,
    draft: Draft,
    *,
    series: str | None = None,
    with_mail: bool = True,
) -> tuple[Booking, str | None]:
    """Make one booking, or a seat on one that stands; `series` is the uid of a recurring booking.

    Raises:
        BadRequestError: It is too early or too late, or no host is free.
        ConflictError: No seat is left.
    """
    standing = standing_booking(call, draft.event_type, draft.start)
    if standing is not None:
        return _add_seat(call, standing, draft)
    refuse_out_of_bounds(draft.event_type, draft.start, call.now)
    hosts = free_hosts(call, draft)
    row = replace(new_row(call, draft, hosts), recurring_event_id=series)
    booking = call.world.add_booking(row)
    _tell_created(call, booking, with_mail=with_mail)
    return booking, seat_uid_of(booking)


def free_hosts(call: Call, draft: Draft, *, ignored_uid: str | None = None) -> list[int]:
    """The users a draft falls to, its organiser first.

    Raises:
        BadRequestError: Somebody needed is not free.
    """
    event_type = draft.event_type
    try:
        return hosts_of_booking(call.world, event_type, draft.span, ignored_uid=ignored_uid)
    except NoHostError:
        is_team = event_type.team_id is not None and ignored_uid is None
        raise BadRequestError(_HOSTS_BUSY if is_team else _USER_BUSY) from None


def standing_booking(call: Call, event_type: EventType, start: datetime) -> Booking | None:
    """The booking of a seated event type at a start, if there is one to join."""
    if not event_type.is_seated:
        return None
    rows = call.world.bookings.of_event_type(event_type.id)
    return next((row for row in rows if row.start == start and row.status in ALIVE), None)


def new_row(call: Call, draft: Draft, hosts: list[int]) -> Booking:
    """A booking of a draft, not yet in the world; hosts beyond the first are attendees."""
    world, event_type = call.world, draft.event_type
    uid = call.ids.short()
    metadata = dict(draft.metadata)
    if draft.place.link is not None:
        metadata["videoCallUrl"] = draft.place.link
    is_seated = event_type.is_seated
    status = "pending" if needs_confirmation(event_type, draft.start, call.now) else "accepted"
    location = draft.place.location
    return Booking(
        id=call.ids.number("bookings", (row.id for row in world.bookings)),
        uid=uid,
        title=title_of(call, draft, hosts[0]),
        start=draft.start,
        end=draft.end,
        status=status,
        created_at=call.now,
        updated_at=call.now,
        user_id=hosts[0],
        event_type_id=event_type.id,
        attendees=people_of(call, draft, hosts[1:]),
        description=None if is_seated else str(draft.responses.get("notes") or ""),
        location=location,
        responses=None if is_seated else draft.responses,
        metadata=metadata,
        ical_uid=f"{call.ids.short() if is_seated else uid}@Cal.com",
        references=video_references(call, location) if status == "accepted" else [],
    )


def title_of(call: Call, draft: Draft, host_id: int) -> str:
    """Event type between host and booker; a collective event names its team instead."""
    event_type, world = draft.event_type, call.world
    host = world.users[host_id].name or "Nameless"
    team = world.teams.get(event_type.team_id or 0)
    if event_type.scheduling_type == "collective" and team is not None:
        host = team.name
    return f"{event_type.title} between {host} and {draft.name}"


def people_of(call: Call, draft: Draft, cohosts: list[int]) -> list[Attendee]:
    """The booker, the guests in the booker's zone, and the other hosts."""
    booker = new_attendee(call, draft.name, draft.email, draft.time_zone, draft.language)
    booker.phone_number = draft.phone_number
    if draft.event_type.is_seated:
        answers = draft.responses | {"guests": list(draft.guests)}
        booker.seat = Seat(call.ids.uuid(), answers, dict(draft.metadata))
        return [booker]
    guests = [
        new_attendee(call, "", email, draft.time_zone, draft.language) for email in draft.guests
    ]
    users = [call.world.users[user_id] for user_id in cohosts]
    others = [
        new_attendee(call, user.name or "", user.email, user.time_zone, user.locale or "en")
        for user in users
    ]
    return [booker, *guests, *others]


def new_attendee(
    call: Call,
    name: str,
    email: str,
    time_zone: str,
    language: str | None,
) -> Attendee:
    """An attendee with a number of their own."""
    taken = (person.id for row in call.world.bookings for person in row.attendees)
    number = call.ids.number("attendees", taken)
    return Attendee(number, name, email, time_zone, language)


def video_references(call: Call, location: str | None) -> list[Reference]:
    """The video room of an accepted booking; without a provider it has no name."""
    if location != CAL_VIDEO:
        return []
    taken = (row.id for booking in call.world.bookings for row in booking.references)
    return [Reference(call.ids.number("references", taken), "daily_video", "")]


def needs_confirmation(event_type: EventType, start: datetime, now: datetime) -> bool:
    """Whether a booking starts as pending: always, or when it is asked for at short notice."""
    policy: Json = event_type.settings.get("confirmationPolicy") or {"disabled": True}
    if policy.get("disabled"):
        return False
    if policy.get("type") != "time":
        return True
    threshold: Json = policy["noticeThreshold"]
    return start - now < timedelta(**{threshold["unit"]: threshold["count"]})


def seat_uid_of(booking: Booking) -> str | None:
    """The uid of the seat taken last."""
    seat = booking.attendees[-1].seat if booking.attendees else None
    return None if seat is None else seat.uid


def _refuse_unbookable(call: Call, event_type: EventType) -> None:
    user_id = call.principal.user.id if call.principal else None
    if event_type.settings.get("bookingRequiresAuthentication"):
        name = "checkBookingRequiresAuthentication"
        if user_id is None:
            text = (
                f"{name} - request must be authenticated by passing credentials belonging to event "
                "type owner, host or team or org admin or owner."
            )
            raise UnauthorizedError(text)
        if not may_manage(call.world, user_id, event_type):
            text = (
                f"{name} - user is not authorized to access this event type. User has to be either "
                "event type owner, host, team admin or owner or org admin or owner."
            )
            raise ForbiddenError(text)
    if event_type.scheduling_type == "managed":
        raise BadRequestError(
            f"Event type with id={event_type.id} is the parent managed event type that can't be "
            "booked. You have to provide the child event type id aka id of event type that has "
            "been assigned to one of the users.",
        )
    if event_type.team_id is not None and not event_type.hosts:
        raise UnprocessableError(
            "Can't book this team event type because it has no hosts. Please, add at least 1 host "
            f"to event type with id={event_type.id} belonging to team with "
            f"id={event_type.team_id} and try again.",
        )


def _create_instant(call: Call, event_type: EventType, body: Json) -> Booking:
    """A meeting that starts at once with whoever of the team answers first: it has no host yet.

    Raises:
        BadRequestError: The event type is not a team's.
    """
    if event_type.team_id is None:
        text = (
            "Instant bookings are only supported for team event types, not individual user event "
            "types."
        )
        raise BadRequestError(text)
    draft = draft_of(event_type, body)
    hosts = [event_type.hosts[0].user_id]
    team = call.world.teams[event_type.team_id]
    row = replace(
        new_row(call, draft, hosts),
        user_id=None,
        status="awaiting_host",
        title=f"{event_type.title} between {team.name} and {draft.name}",
    )
    return call.world.add_booking(row)


def _create_series(
    call: Call,
    draft: Draft,
    count: int | None,
) -> tuple[list[Booking], str | None]:
    """Make the occurrences one after another; those made before one that fails stay.

    Only the first is held against the host's calendar (recorded: `w_booking_create_recurring`,
    whose second falls on a day off).
    """
    series = call.ids.uuid()
    length = draft.end - draft.start
    made: list[Booking] = []
    for start in occurrences(draft, count):
        part = replace(draft, start=start, end=start + length)
        if not made or draft.event_type.is_seated:
            booking, _ = book(call, part, series=series, with_mail=not made)
        else:
            hosts = [made[0].user_id or 0]
            row = replace(new_row(call, part, hosts), recurring_event_id=series)
            booking = call.world.add_booking(row)
            _tell_created(call, booking, with_mail=False)
        made.append(booking)
    return made, seat_uid_of(made[-1])


def _add_seat(call: Call, booking: Booking, draft: Draft) -> tuple[Booking, str | None]:
    """Put one more person on a seated booking; its `updatedAt` stays where it was.

    Raises:
        BareError: They are on it already.
        ConflictError: All seats are taken.
    """
    if draft.email in {person.email for person in booking.attendees}:
        raise BareError(409, "already_signed_up_for_this_booking_error")
    if len(booking.attendees) >= (draft.event_type.seats_per_slot or 0):
        text = "No more seats left at this seated booking."
        raise ConflictError(text)
    people = [*booking.attendees, *people_of(call, draft, [])]
    changed = call.world.edit_booking(booking.uid, attendees=people)
    seat_uid = seat_uid_of(changed)
    if seat_uid is not None:
        ical_uid = f"{call.ids.short()}@Cal.com"
        payload = added_seat_payload(call.world, changed, seat_uid, ical_uid)
        notify(call, "BOOKING_CREATED", changed, payload)
    host = call.world.users.get(changed.user_id or 0)
    recipients = [draft.email] if host is None else [host.email, draft.email]
    call.outbox.mail("scheduled", recipients, call.now, changed.uid)
    return changed, seat_uid


def _tell_created(call: Call, booking: Booking, *, with_mail: bool) -> None:
    is_pending = booking.status == "pending"
    payload = created_payload(call.world, booking, seat_uid=seat_uid_of(booking))
    notify(call, "BOOKING_REQUESTED" if is_pending else "BOOKING_CREATED", booking, payload)
    if with_mail:
        mail_everybody(call, "requested" if is_pending else "scheduled", booking)
