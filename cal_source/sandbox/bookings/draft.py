"""A booking asked for, checked against its event type, before it is known who takes it.

Source: recordings `create_a_new_booking__*`, `w_booking_create_*`; BEHAVIOUR.md section 7.2.
Refusals that no recording shows are worded as in Cal.com's public source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from cal_source.sandbox.bookings.inputs import is_email_address
from cal_source.sandbox.bookings.locations import Place, booked_place
from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.errors import BadRequestError, NotFoundError, PlainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cal_source.sandbox.records import EventType, Json, Team
    from cal_source.sandbox.world import World

_MANY: Final = ("array", list)
_TEXT: Final = ("string", str)
_CHOICE: Final = ("string or number", (str, int, float))
# What an answer to a booking field of each kind must be.
_ANSWER_TYPES: Final[dict[str, tuple[str, Any]]] = {
    "phone": _TEXT,
    "address": _TEXT,
    "text": _TEXT,
    "textarea": _TEXT,
    "url": _TEXT,
    "date": _TEXT,
    "number": ("number", (int, float)),
    "boolean": ("boolean", bool),
    "multiemail": _MANY,
    "multiselect": _MANY,
    "checkbox": _MANY,
    "select": _CHOICE,
    "radio": _CHOICE,
}
_Row = TypeVar("_Row")
_TAG: Final = re.compile(r"\+[^@]*@")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a booker asks for; instants are in UTC, `responses` are the answers as stored."""

    event_type: EventType
    start: datetime
    end: datetime
    name: str
    email: str
    time_zone: str
    language: str
    phone_number: str | None
    guests: tuple[str, ...]
    responses: Json
    metadata: Json
    place: Place

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Start and end."""
        return self.start, self.end


def draft_of(event_type: EventType, body: Json) -> Draft:
    """Read a checked body as a draft of a booking of an event type.

    Raises:
        BadRequestError: The length or the place is not one the event type offers.
        PlainError: The booker's e-mail is not one.
    """
    attendee: Json = body["attendee"]
    start = instant(body["start"])
    minutes = _length(event_type, body.get("lengthInMinutes"))
    place = booked_place(event_type, body.get("location") or body.get("meetingUrl"))
    email = _email(attendee)
    guests = _guests(body.get("guests"), email)
    responses: Json = dict(body.get("bookingFieldsResponses") or {})
    responses |= {"name": attendee["name"], "email": email}
    if attendee.get("phoneNumber"):
        responses["attendeePhoneNumber"] = attendee["phoneNumber"]
    if body.get("guests") is not None:
        responses["guests"] = list(guests)
    if place.answer is not None:
        responses["location"] = place.answer
    return Draft(
        event_type=event_type,
        start=start,
        end=end_of(start, minutes),
        name=attendee["name"],
        email=email,
        time_zone=attendee["timeZone"],
        language=attendee.get("language") or "en",
        phone_number=attendee.get("phoneNumber"),
        guests=guests,
        responses=responses,
        metadata=dict(body.get("metadata") or {}),
        place=place,
    )


def instant(text: str) -> datetime:
    """An instant that the body's rules have already accepted; a missing zone is UTC.

    Raises:
        ValueError: They have not.
    """
    found = parse_iso(text)
    if found is None:
        message = f"{text!r} is no instant. Check it against the body's rules first."
        raise ValueError(message)
    return found


def end_of(start: datetime, minutes: int) -> datetime:
    """When something of this length ends.

    Raises:
        BadRequestError: That is beyond the last year there is.
    """
    try:
        return start + timedelta(minutes=minutes, days=1) - timedelta(days=1)
    except OverflowError:
        text = "Invalid end date"
        raise BadRequestError(text) from None


def event_type_of(world: World, body: Json) -> EventType:
    """Find the event type a body names: by id, or by slug and user or team.

    Raises:
        NotFoundError: There is no such event type, user or team.
    """
    if body.get("eventTypeId"):
        found = world.event_types.get(body["eventTypeId"])
        text = f"Event type with id {body['eventTypeId']} not found."
        return _or_not_found(found, text)
    slug, username = body["eventTypeSlug"], body.get("username")
    within = _organization(world, body.get("organizationSlug"))
    suffix = f" within organization {body['organizationSlug']}" if within else ""
    rows = world.event_types.values()
    if username:
        people = (row for row in world.users.values() if row.username == username)
        user = _or_not_found(
            next(
                (row for row in people if within is None or row.organization_id == within.id), None
            ),
            f"User with username {username} not found",
        )
        found = next((row for row in rows if (row.owner_id, row.slug) == (user.id, slug)), None)
        owner = f"user {username}"
    else:
        name = body["teamSlug"]
        teams = (row for row in world.teams.values() if row.slug == name)
        team = _or_not_found(
            next((row for row in teams if within is None or row.parent_id == within.id), None),
            f"Team with slug {name} not found",
        )
        found = next((row for row in rows if (row.team_id, row.slug) == (team.id, slug)), None)
        owner = f"team {name}"
    return _or_not_found(
        found, f"Event type with slug {slug} belonging to {owner}{suffix} not found."
    )


def check_answers(event_type: EventType, body: Json) -> None:
    """Check the answers to the event type's own booking fields.

    Raises:
        BadRequestError: A required one is missing, or one is not of its field's kind.
    """
    phone = body["attendee"].get("phoneNumber")
    answers = dict(body.get("bookingFieldsResponses") or {})
    answers |= {"attendeePhoneNumber": phone, "smsReminderNumber": phone}
    for field in event_type.settings.get("bookingFields") or []:
        if field.get("isDefault") and field.get("slug") != "attendeePhoneNumber":
            continue
        slug = field.get("slug", field["type"])
        answer = answers.get(slug)
        if answer is not None:
            _check_answer(slug, field, answer)
        elif field.get("required") and not field.get("hidden"):
            raise BadRequestError(_missing(slug, event_type.id))


def occurrences(draft: Draft, count: int | None) -> list[datetime]:
    """Starts of a series, at the same wall-clock time in the booker's zone.

    Raises:
        BadRequestError: More are asked for than the event type allows.
    """
    rule: Json = draft.event_type.settings["recurrence"]
    most = rule["occurrences"]
    if count is not None and count > most:
        text = "Provided recurrence count is higher than the event type's recurring event count."
        raise BadRequestError(text)
    zone = ZoneInfo(draft.time_zone)
    first = draft.start.astimezone(zone)
    return [
        _later(first, rule["frequency"], rule["interval"] * number).astimezone(UTC)
        for number in range(int(count or most))
    ]


def without_tag(email: str) -> str:
    """An e-mail in lower case and without `+tag`: how guests are told apart."""
    return _TAG.sub("@", email.lower(), count=1)


def _later(first: datetime, frequency: str, number: int) -> datetime:
    if frequency == "weekly":
        return first + timedelta(weeks=number)
    if frequency == "daily":
        return first + timedelta(days=number)
    months = first.month - 1 + number * (12 if frequency == "yearly" else 1)
    year, month = first.year + months // 12, months % 12 + 1
    day = first.day
    while True:
        try:
            return first.replace(year=year, month=month, day=day)
        except ValueError:
            day -= 1


def _length(event_type: EventType, asked: int | None) -> int:
    if asked is None:
        return event_type.length_minutes
    if not event_type.length_options:
        text = (
            "Can't specify 'lengthInMinutes' because event type does not have multiple possible "
            "lengths. Please, remove the 'lengthInMinutes' field from the request."
        )
        raise BadRequestError(text)
    if asked not in event_type.length_options:
        lengths = ", ".join(map(str, event_type.length_options))
        raise BadRequestError(
            "Provided 'lengthInMinutes' is not one of the possible lengths for the event type. "
            f"The possible lengths are: {lengths}",
        )
    return asked


def _email(attendee: Json) -> str:
    """The booker's e-mail; one who left only a phone number gets one made of its digits.

    Raises:
        PlainError: It is no e-mail address.
    """
    email = attendee.get("email")
    if not email:
        return re.sub(r"\D", "", str(attendee["phoneNumber"])) + "@sms.cal.com"
    if not is_email_address(email):
        raise PlainError(400, "BAD_REQUEST", "responses - {email}email_validation_error, ")
    return str(email)


def _guests(asked: Iterable[str] | None, booker: str) -> tuple[str, ...]:
    """Guests without the booker and without repeats."""
    found: dict[str, str] = {}
    for email in asked or ():
        found.setdefault(without_tag(email), email)
    found.pop(without_tag(booker), None)
    return tuple(found.values())


def _organization(world: World, slug: str | None) -> Team | None:
    if slug is None:
        return None
    rows = (row for row in world.teams.values() if row.is_organization and row.slug == slug)
    text = f"slots-input.service.ts: Organization with slug {slug} not found"
    return _or_not_found(next(rows, None), text)


def _or_not_found(row: _Row | None, text: str) -> _Row:
    if row is None:
        raise NotFoundError(text)
    return row


def _check_answer(slug: str, field: Json, answer: Any) -> None:
    kind = field["type"]
    name, types = _ANSWER_TYPES.get(kind, ("", object))
    is_wrong = not isinstance(answer, types) or (isinstance(answer, bool) and types is not bool)
    if is_wrong and types is not object:
        raise BadRequestError(
            f"Invalid type for booking field '{slug}'. Expected type {name} (compatible with field "
            f"type '{kind}'), but received {_type_name(answer)}.",
        )
    options = [str(option) for option in field.get("options") or []]
    if not options or kind not in {"select", "radio", "multiselect", "checkbox"}:
        return
    allowed = f"Allowed options are: {', '.join(options)}."
    if isinstance(answer, list):
        if not {str(one) for one in answer} <= set(options):
            text = f"One or more invalid options for booking field '{slug}'. {allowed}"
            raise BadRequestError(text)
    elif str(answer) not in options:
        raise BadRequestError(f"Invalid option '{answer}' for booking field '{slug}'. {allowed}")


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else "object"


def _missing(slug: str, event_type_id: int) -> str:
    if slug == "attendeePhoneNumber":
        return (
            "Missing attendee phone number - it is required by the event type. Pass it as "
            '"attendee.phoneNumber" string in the request.'
        )
    return (
        f"Missing required booking field response: {slug} - it is required by the event type "
        "booking fields, but missing in the bookingFieldsResponses. You can fetch the event type "
        f"with ID {event_type_id} to see the required fields."
    )
