"""Who takes part in an invented booking, and what they answered when booking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cal_source.sandbox.generate.offers import WITH_QUESTIONS
from cal_source.sandbox.records import Attendee, Json, Seat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from cal_source.sandbox.generate.customers import Customer
    from cal_source.sandbox.records import Booking, EventType
    from cal_source.sandbox.world import World

# Shares of bookings.
_WITH_GUESTS, _REPEATED_ADDRESS, _UNREADABLE = 0.15, 0.005, 0.003
_NAME_IN_PARTS, _OPTIONAL_ANSWERED = 0.03, 0.6
_COMPANIES = ("Alder & Sons", "Brightwater", "Cobalt Labs", "Dune Works", "Estuary", "Fennel Ltd")
_SIZES = ("1-10", "11-50", "51+")
_VIDEO: Json = {"value": "integrations:daily", "optionValue": ""}


def attendees_of(
    customer: Customer,
    others: list[Customer],
    ids: Iterator[int],
    rng: Random,
) -> tuple[list[Attendee], list[str]]:
    """The booker and their guests, and the guests' e-mails; rarely one address comes twice."""
    guests = rng.sample(others, rng.randint(1, 2)) if rng.random() < _WITH_GUESTS else []
    if rng.random() < _REPEATED_ADDRESS:
        guests.append(customer)
    people = [customer, *guests]
    return [_attendee(person, next(ids)) for person in people], [g.email for g in guests]


def responses_of(
    event_type: EventType,
    customer: Customer,
    guests: list[str],
    rng: Random,
) -> Json | None:
    """Answers to the booking questions; now and then the name in parts, or unreadable answers."""
    if rng.random() < _UNREADABLE:
        return None
    name: str | Json = customer.name
    if rng.random() < _NAME_IN_PARTS:
        name = {"firstName": customer.first, "lastName": customer.last}
    answers: Json = {"email": customer.email, "name": name, "guests": guests, "location": _VIDEO}
    if event_type.settings.get("bookingFields") is WITH_QUESTIONS:
        answers["company"] = rng.choice(_COMPANIES)
        if rng.random() < _OPTIONAL_ANSWERED:
            answers["team-size"] = rng.choice(_SIZES)
    return answers


def cohosts_of(
    world: World,
    event_type: EventType,
    booking: Booking,
    ids: Iterator[int],
) -> list[Attendee]:
    """The further hosts of a collective event, who are stored as attendees."""
    if event_type.scheduling_type != "collective":
        return []
    users = [world.users[h.user_id] for h in event_type.hosts if h.user_id != booking.user_id]
    return [
        Attendee(next(ids), user.name or "", user.email, user.time_zone, user.locale)
        for user in users
    ]


def seats_of(
    event_type: EventType,
    customers: list[Customer],
    ids: Iterator[int],
    rng: Random,
) -> list[Attendee]:
    """People in a seated booking, each with a seat and own answers."""
    seats = min(event_type.seats_per_slot or 1, 8, len(customers))
    people = []
    for customer in rng.sample(customers, rng.randint(1, seats)):
        person = _attendee(customer, next(ids))
        answers = {"email": customer.email, "name": customer.name, "location": _VIDEO}
        person.seat = Seat(_seat_uid(rng), answers)
        people.append(person)
    return people


def _attendee(customer: Customer, attendee_id: int) -> Attendee:
    return Attendee(
        attendee_id,
        customer.name,
        customer.email,
        customer.zone,
        customer.locale,
        customer.phone,
    )


def _seat_uid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((
        digits[:8],
        digits[8:12],
        f"4{digits[13:16]}",
        f"a{digits[17:20]}",
        digits[20:],
    ))
