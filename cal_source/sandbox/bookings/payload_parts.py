"""Parts that several webhook payloads share: people, answers, team, series.

Source: BEHAVIOUR.md section 9.4; `recorded/_webhook_deliveries.jsonl`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cal_source.sandbox.bookings.notices import client_id, organization_id
from cal_source.sandbox.records import EventType
from cal_source.sandbox.render.event_types import DEFAULT_BOOKING_FIELDS

if TYPE_CHECKING:
    from cal_source.sandbox.records import Attendee, Booking, Json, User
    from cal_source.sandbox.world import World

_LABELS: Final = {
    "name": "your_name",
    "email": "email_address",
    "attendeePhoneNumber": "phone_number",
    "location": "location",
    "title": "what_is_this_meeting_about",
    "notes": "additional_notes",
    "guests": "additional_guests",
    "rescheduleReason": "reason_for_reschedule",
}
_FULL_DAY: Final = 24
_FREQUENCIES: Final = {"yearly": 0, "monthly": 1, "weekly": 2, "daily": 3}


def booker_url(world: World, booking: Booking) -> str:
    """The site of the host's organisation; platforms have none of their own."""
    organization = world.teams.get(organization_id(world, booking) or 0)
    if organization is None or organization.is_platform:
        return world.web_url
    scheme, host = world.web_url.split("://", 1)
    return f"{scheme}://{organization.slug}.{host}"


def stored_answers(booking: Booking) -> Json:
    """The answers kept with a booking; for a seated one they are made up from its first seat."""
    if booking.responses is not None:
        return booking.responses
    if not booking.attendees:
        return {}
    first, *others = booking.attendees
    return {
        "name": first.name,
        "email": first.email,
        "guests": [person.email for person in others],
        "notes": booking.description or "",
        "location": {"value": booking.location, "optionValue": booking.location},
    }


def labelled_responses(event_type: EventType, booking: Booking, people: list[Attendee]) -> Json:
    """The answers by booking field, with the default fields; unanswered ones have no value."""
    answers = dict(booking.responses or {})
    if people and people[0].seat is not None:
        answers = dict(people[0].seat.responses)
    answers["location"] = {"value": booking.location, "optionValue": ""}
    labelled: Json = {}
    own = event_type.settings.get("bookingFields", [])
    for field in (*DEFAULT_BOOKING_FIELDS, *own):
        slug = field.get("slug", field["type"])
        entry: Json = {"label": _LABELS.get(slug, field.get("label", slug))}
        if slug in answers:
            entry["value"] = answers[slug]
        labelled[slug] = entry | {"isHidden": bool(field.get("hidden", False))}
    return labelled


def organizer_json(world: World, booking: Booking) -> Json:
    """The host; nothing for a booking without one."""
    user = world.users.get(booking.user_id or 0)
    if user is None:
        return {}
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "username": user.username,
        "usernameInOrg": user.username,
        "timeZone": user.time_zone,
        "language": {"locale": user.locale or "en"},
        "timeFormat": _time_format(user),
        "utcOffset": _utc_offset(user.time_zone, booking.start),
    }


def _time_format(user: User) -> str:
    return "HH:mm" if user.time_format == _FULL_DAY else "h:mma"


def new_attendee(person: Attendee, at: datetime) -> Json:
    """An attendee as a request names them."""
    body = _person(person, at) | {"firstName": "", "lastName": ""}
    phone = person.phone_number
    return body | ({} if phone is None else {"phoneNumber": phone})


def stored_attendee(person: Attendee, at: datetime) -> Json:
    """An attendee as the row names them."""
    return _person(person, at) | {"phoneNumber": person.phone_number}


def seat_attendee(person: Attendee, booking: Booking) -> Json:
    """An attendee whose seat is given up: the whole row."""
    return stored_attendee(person, booking.start) | {
        "id": person.id,
        "locale": person.locale,
        "bookingId": booking.id,
        "noShow": person.is_absent,
    }


def _person(person: Attendee, at: datetime) -> Json:
    return {
        "name": person.name,
        "email": person.email,
        "timeZone": person.time_zone,
        "language": {"locale": person.locale or "en"},
        "utcOffset": _utc_offset(person.time_zone, at),
    }


def team_json(world: World, booking: Booking) -> Json:
    """The team of a team event with its other hosts, who are attendees of the booking."""
    event_type = event_type_of(world, booking)
    team = world.teams.get(event_type.team_id or 0)
    if team is None:
        return {}
    users = {user.email: user for user in world.users.values()}
    members = [
        {
            "id": users[person.email].id,
            "email": person.email,
            "name": person.name,
            "firstName": "",
            "lastName": "",
            "timeZone": person.time_zone,
            "language": {"locale": person.locale or "en"},
        }
        for person in booking.attendees
        if is_host(world, booking, person)
    ]
    return {"team": {"members": members, "name": team.name, "id": team.id}}


def platform_json(world: World, booking: Booking) -> Json:
    """What the bookings of managed users have on top."""
    client = client_id(world, booking)
    if client is None:
        return {}
    urls = ("platformRescheduleUrl", "platformCancelUrl", "platformBookingUrl")
    return {"platformClientId": client} | dict.fromkeys(urls)


def is_host(world: World, booking: Booking, person: Attendee) -> bool:
    """Whether an attendee is one of the event type's hosts."""
    hosts = event_type_of(world, booking).hosts
    return person.email in {world.users[host.user_id].email for host in hosts}


def seated_person(booking: Booking, seat_uid: str) -> Attendee:
    """Whoever has this seat, which must exist."""
    return next(p for p in booking.attendees if p.seat is not None and p.seat.uid == seat_uid)


def event_type_of(world: World, booking: Booking) -> EventType:
    """The event type, or a stand-in once it was deleted."""
    row = world.event_types.get(booking.event_type_id or 0)
    minutes = int((booking.end - booking.start).total_seconds() // 60)
    return row or EventType(0, booking.title, "", minutes)


def recurrence(event_type: EventType, *, with_count: bool = False) -> Json:
    """How a series repeats."""
    rule = event_type.settings.get("recurrence") or {}
    frequency = _FREQUENCIES.get(rule.get("frequency", "weekly"), 2)
    body: Json = {"freq": frequency, "interval": rule.get("interval", 1)}
    return body | ({"count": rule.get("occurrences")} if with_count else {})


def asks_host(event_type: EventType) -> bool:
    """Whether the event type has a confirmation policy, whatever its threshold."""
    policy = event_type.settings.get("confirmationPolicy") or {"disabled": True}
    return not policy.get("disabled", False)


def _utc_offset(zone: str, at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def to_seconds(instant: datetime) -> str:
    """An instant as new bookings have it, such as `2026-11-24T09:30:00Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def with_offset(instant: datetime) -> str:
    """An instant as cancellations have it, with the offset of the server."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00"
