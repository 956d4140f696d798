"""What a booking's record tells about the people, calendars and subscribers that a step concerns.

Source: BEHAVIOUR.md 7.2 (mails of each write) and 9.3 (which change sends which webhook).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.reverse_sync.conditions import parse_instant
from pipelines.reverse_sync.plan import Effects, Json, Mail, Person, Touched

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipelines.reverse_sync.actions.model import Asked


def hosts_of(record: Json) -> list[dict[str, Any]]:
    """Return the hosts of a booking, with id and e-mail."""
    return [host for host in record.get("hosts") or () if isinstance(host, dict)]


def attendees_of(record: Json) -> list[dict[str, Any]]:
    """Return the attendees of a booking, as they are listed."""
    return [person for person in record.get("attendees") or () if isinstance(person, dict)]


def touched_by(_asked: Asked, record: Json, now: datetime) -> Touched:
    """Return whom and what a step of a booking concerns."""
    if not isinstance(record, dict):
        return Touched()
    start = record.get("start") or ""
    hosts = [host.get("email") or "" for host in hosts_of(record)]
    return Touched(
        booking_uid=record.get("uid") or "",
        starts_at=start,
        is_future=bool(start) and parse_instant(start) > now,
        event_type_id=record.get("eventTypeId"),
        hosts=tuple(email for email in hosts if email and "@" in email),
        attendees=tuple(
            Person(email=person["email"], time_zone=person.get("timeZone") or "")
            for person in attendees_of(record)
            if person.get("email")
        ),
    )


def touched_by_new(asked: Asked, _record: Json, now: datetime) -> Touched:
    """Return whom a new booking concerns; its host is not known before."""
    person = asked.values["attendee"]
    start = asked.values["start"]
    zone = person["timeZone"]
    guests = asked.values.get("guests") or ()
    emails = [person["email"], *guests] if person.get("email") else list(guests)
    return Touched(
        starts_at=start,
        is_future=parse_instant(start) > now,
        event_type_id=asked.values.get("eventTypeId"),
        attendees=tuple(Person(email=email, time_zone=zone) for email in emails),
    )


def everybody(record: Json) -> list[str]:
    """Return the addresses of hosts and attendees, each once."""
    people = [*hosts_of(record), *attendees_of(record)]
    return list(dict.fromkeys(one["email"] for one in people if one.get("email")))


def mails(kind: str, addresses: Iterable[str]) -> tuple[Mail, ...]:
    """Return one mail of a kind to each address."""
    return tuple(Mail(kind=kind, to=address) for address in addresses)


def cancelling(asked: Asked, record: Json) -> Effects:
    """Host and attendees are told; of one seat, its attendee only."""
    seat = asked.values.get("seatUid")
    people = everybody(record)
    if seat:
        hosts = [host["email"] for host in hosts_of(record)]
        people = hosts + [p["email"] for p in attendees_of(record) if p.get("seatUid") == seat]
    lasting = ["a cancelled booking cannot come back; booking again gives a new uid"]
    if asked.values.get("cancelSubsequentBookings"):
        lasting.append("all later occurrences of the series are cancelled too")
    return Effects(
        mails=mails("cancelled", people),
        webhooks=("BOOKING_CANCELLED",),
        calendars=_calendars(record, "event removed"),
        lasting=(*lasting, "mails cannot be unsent"),
        costs=("a paid booking may be refunded",),
    )


def confirming(_asked: Asked, record: Json) -> Effects:
    """Host and attendees are told that it stands."""
    return Effects(
        mails=mails("scheduled", everybody(record)),
        webhooks=("BOOKING_CREATED",),
        calendars=_calendars(record, "event added"),
        lasting=("mails cannot be unsent",),
    )


def declining(_asked: Asked, record: Json) -> Effects:
    """Host and attendees are told that it does not stand."""
    return Effects(
        mails=mails("declined", everybody(record)),
        webhooks=("BOOKING_REJECTED",),
        lasting=("a declined booking cannot come back", "mails cannot be unsent"),
        costs=("a paid booking may be refunded",),
    )


def rescheduling(asked: Asked, record: Json) -> Effects:
    """Host and attendees are told of the new time; of one seat, its attendee only."""
    seat = asked.values.get("seatUid")
    people = everybody(record)
    if seat:
        people = [p["email"] for p in attendees_of(record) if p.get("seatUid") == seat]
    return Effects(
        mails=mails("rescheduled", people),
        webhooks=("BOOKING_RESCHEDULED",),
        calendars=_calendars(record, "event moved"),
        lasting=(
            "the booking gets a new uid, and old links show a cancelled one",
            "the new length is the event type's",
            "mails cannot be unsent",
        ),
    )


def reassigning(asked: Asked, record: Json) -> Effects:
    """The former host and the new one are told."""
    former = [host["email"] for host in hosts_of(record)[:1]]
    to = asked.target.get("userId")
    new = f"host {to}" if to is not None else "the next host"
    return Effects(
        mails=(*mails("reassigned_away", former), Mail(kind="reassigned_to_you", to=new)),
        calendars=(*_calendars(record, "event removed"), f"{new}: event added"),
        lasting=("mails cannot be unsent",),
    )


def marking_absent(asked: Asked, _record: Json) -> Effects:
    """Nobody is mailed; a webhook tells of attendees, and none of the host."""
    lasting = ("a host marked absent cannot be unmarked on servers before February 2026",)
    return Effects(
        webhooks=("BOOKING_NO_SHOW_UPDATED",) if asked.values.get("attendees") else (),
        lasting=lasting if asked.values.get("host") else (),
    )


def adding_attendee(asked: Asked, record: Json) -> Effects:
    """The new attendee is mailed, and the calendar event changes."""
    return Effects(
        mails=mails("attendee_added", [asked.values["email"]]),
        calendars=_calendars(record, "attendee added"),
        lasting=("no action takes an attendee off again", "mails cannot be unsent"),
    )


def booking(asked: Asked, _record: Json) -> Effects:
    """Attendee, guests and host are told; which, if any, waits for confirmation is not known."""
    person = asked.values["attendee"]
    people = [person["email"]] if person.get("email") else []
    event_type = asked.values.get("eventTypeId") or asked.values.get("eventTypeSlug")
    host = f"host of event type {event_type}"
    return Effects(
        mails=mails("scheduled", [host, *people, *(asked.values.get("guests") or ())]),
        webhooks=("BOOKING_CREATED",),
        calendars=("the host's: event added",),
        lasting=("mails cannot be unsent",),
        costs=("a paid event type asks the attendee to pay",),
    )


def _calendars(record: Json, what: str) -> tuple[str, ...]:
    return tuple(f"{host['email']}: {what}" for host in hosts_of(record) if host.get("email"))
