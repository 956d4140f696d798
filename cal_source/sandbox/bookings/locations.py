"""Where a meeting takes place: what may be asked for, and what is stored.

Source: recordings `w_booking_create*`, `w_booking_location_patch*`; OpenAPI `BookingInput*Location`
and `UpdateBookingInput*Location`. Refusals that no recording shows are worded as in Cal.com's
public source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import Rule
from cal_source.sandbox.errors import BadRequestError

if TYPE_CHECKING:
    from cal_source.sandbox.records import EventType, Json

CAL_VIDEO: Final = "integrations:daily"
_INTEGRATIONS: Final = {
    "cal-video": CAL_VIDEO,
    "google-meet": "integrations:google:meet",
    "zoom": "integrations:zoom",
}
# What an answer to the location question says of each kind of place.
_ANSWERS: Final = {
    "address": "inPerson",
    "attendeeAddress": "attendeeInPerson",
    "link": "link",
    "phone": "userPhone",
    "attendeePhone": "phone",
    "attendeeDefined": "somewhereElse",
    "organizersDefaultApp": "conferencing",
}
# Which field of an asked-for place holds the place itself.
_PLACES: Final = {
    "address": "address",
    "attendeeAddress": "address",
    "link": "link",
    "phone": "phone",
    "attendeePhone": "phone",
    "attendeeDefined": "location",
}
_BOOKERS_OWN: Final = ("attendeeAddress", "attendeePhone", "attendeeDefined")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True)
class Place:
    """The stored location, the link to meet at if there is one, and the booker's answer."""

    location: str
    link: str | None = None
    answer: Json | None = None


def location_rule(validator: str, *, is_update: bool = False) -> Rule:
    """The rule of a `location` field; a creation also takes texts, integrations and defaults."""
    name = "ValidateUpdateLocation" if is_update else "ValidateLocation"
    kinds = "address, link, phone, attendeePhone, attendeeAddress, and attendeeDefined"
    if not is_update:
        kinds = (
            "address, link, integration, phone, attendeePhone, attendeeAddress, attendeeDefined "
            "and organizersDefaultApp"
        )

    def complaint(value: Any) -> str | None:
        if isinstance(value, str) and not is_update:
            return None
        kind = value.get("type") if isinstance(value, dict) else None
        if not kind or not isinstance(kind, str):
            return f"{validator} - Booking 'location' must have a 'type' property."
        known = set(_ANSWERS) | {"integration"}
        if is_update:
            known = set(_PLACES)
        if kind not in known:
            return (
                f"{validator} - Unsupported booking location type '{kind}'. Valid types are "
                f"{kinds}."
            )
        broken = _broken(value, kind, is_update=is_update)
        return broken and f"{validator} - Validation failed for {kind} location: {broken}"

    return Rule(name, complaint)


def _broken(value: Json, kind: str, *, is_update: bool) -> str | None:
    """What is wrong with the place itself; the organiser's own is only given by an update."""
    if kind == "integration":
        return None if isinstance(value.get(kind), str) else f"{kind} must be a string"
    if kind not in _PLACES or not (is_update or kind in _BOOKERS_OWN):
        return None
    name = _PLACES[kind]
    text = value.get(name)
    if name == "phone":
        is_phone = isinstance(text, str) and _PHONE.fullmatch(text) is not None
        return None if is_phone else f"{name} must be a valid phone number"
    if name == "link":
        is_url = isinstance(text, str) and re.match(r"https?://\S+\.\S+", text) is not None
        return None if is_url else f"{name} must be a URL address"
    if isinstance(text, str) and text:
        return None
    long = f"{name} must be longer than or equal to 1 characters"
    return long if isinstance(text, str) else f"{long}, {name} must be a string"


def answer_of(asked: Json) -> Json:
    """The answer to the location question that a place asked for amounts to."""
    kind = asked["type"]
    if kind == "integration":
        return {"value": _integration(asked["integration"]), "optionValue": ""}
    chosen = asked[_PLACES[kind]] if kind in _BOOKERS_OWN else ""
    return {"value": _ANSWERS[kind], "optionValue": chosen}


def updated_location(asked: Json) -> str:
    """The stored location after an update."""
    return str(asked[_PLACES[asked["type"]]])


def booked_place(event_type: EventType, asked: Json | str | None) -> Place:
    """Where a new booking takes place: as asked for, else the event type's first location.

    Raises:
        BadRequestError: The event type does not offer what is asked for.
    """
    offered = event_type.settings.get("locations") or [
        {"type": "integration", "integration": "cal-video"},
    ]
    if asked is None:
        return _organizers_place(offered[0])
    if isinstance(asked, str):
        return _place_of_text(asked)
    kinds = [place["type"] for place in offered]
    if asked["type"] not in kinds:
        raise BadRequestError(
            f"Booking location with type {asked['type']} not valid for event type with "
            f"id={event_type.id}. The event type has following location types: "
            f"{', '.join(kinds)}, and only these types are allowed for booking location.",
        )
    if asked["type"] == "integration":
        names = [place["integration"] for place in offered if place["type"] == "integration"]
        if asked["integration"] not in names:
            raise BadRequestError(
                f"Booking location with integration {asked['integration']} not valid for event "
                f"type with id={event_type.id}. The event type has following integrations: "
                f"{', '.join(names)}, and only these integrations are allowed for booking "
                "location.",
            )
    answer = answer_of(asked)
    if asked["type"] in _BOOKERS_OWN:
        return Place(answer["optionValue"], answer=answer)
    place = _organizers_place(offered[kinds.index(asked["type"])])
    return Place(place.location, place.link, answer)


def _organizers_place(offered: Json) -> Place:
    kind = offered["type"]
    if kind == "integration":
        return Place(_integration(offered["integration"]))
    if kind == "link":
        return Place(offered["link"], offered["link"])
    if kind in {"address", "phone"}:
        return Place(offered[kind])
    return Place(CAL_VIDEO)


def _place_of_text(text: str) -> Place:
    if re.match(r"(https?://|www\.)", text):
        return Place(text, text, {"value": "link", "optionValue": text})
    if _PHONE.fullmatch(text):
        return Place(text, answer={"value": "phone", "optionValue": text})
    return Place(text, answer={"value": "somewhereElse", "optionValue": text})


def _integration(name: str) -> str:
    return _INTEGRATIONS.get(name, f"integrations:{name.replace('-', '_')}")
