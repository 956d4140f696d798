"""Free slots, in the present shape and the one before it.

Source: recordings `slots*`, `get_available_slots_info__*`.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cal_source.sandbox.availability import free_slots
from cal_source.sandbox.clock import parse_iso, to_iso
from cal_source.sandbox.errors import BadRequestError, NotFoundError
from cal_source.sandbox.guards import maybe_authenticated
from cal_source.sandbox.router import KNOWN_VERSIONS, get

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import EventType, Json

VERSION: Final = "2024-09-04"


def slots(call: Call) -> Any:
    """Free slots by day of the `timeZone` asked for, else UTC.

    The bounds are in UTC whatever the zone; an end at midnight means the end of that day.
    """
    found = _found(call, "start", "end")
    is_range = call.value("format") == "range"
    length = timedelta(minutes=_event_type(call).length_minutes)
    data: dict[str, list[Json]] = {}
    for day, slot in found:
        entry = {"start": _text(call, slot)}
        if is_range:
            entry["end"] = _text(call, slot + length)
        data.setdefault(day, []).append(entry)
    return {"data": data, "status": "success"}


def available(call: Call) -> Any:
    """Free slots in the shape of older versions."""
    data: dict[str, list[Json]] = {}
    for day, slot in _found(call, "startTime", "endTime"):
        data.setdefault(day, []).append({"time": _text(call, slot)})
    return {"data": {"slots": data}, "status": "success"}


def _found(call: Call, first: str, last: str) -> list[tuple[str, datetime]]:
    """Free slots with their day in the zone asked for.

    Raises:
        BadRequestError: A bound is missing or no instant.
    """
    zone = _zone(call)
    bounds = [parse_iso(call.value(name) or "") for name in (first, last)]
    wrong = [
        f"{name} property is wrong,{name} must be a valid ISO 8601 date string "
        for name, bound in zip((first, last), bounds, strict=True)
        if bound is None
    ]
    start, end = bounds
    if start is None or end is None:
        raise BadRequestError(", ".join(wrong))
    if call.version == VERSION and end.time() == time():
        end += timedelta(days=1)
    shown = free_slots(call.world, _event_type(call), start, end, call.now)
    return [(slot.astimezone(zone).date().isoformat(), slot) for slot in shown]


def _event_type(call: Call) -> EventType:
    """Find it by id, or by slug and user or team.

    Raises:
        NotFoundError: There is no such event type, user or team.
    """
    rows = call.world.event_types.values()
    key, slug = call.value("eventTypeId"), call.value("eventTypeSlug")
    if key is not None:
        found = [row for row in rows if str(row.id) == key]
    elif (username := call.value("username")) is not None:
        owner = _named(call.world.users.values(), "username", username)
        if owner is None:
            text = f"User with username {username} not found"
            raise NotFoundError(text)
        found = [row for row in rows if row.owner_id == owner.id and row.slug == slug]
    else:
        team_slug = call.value("teamSlug")
        team = _named(call.world.teams.values(), "slug", team_slug)
        if team is None:
            text = f"Team with slug {team_slug} not found"
            raise NotFoundError(text)
        found = [row for row in rows if row.team_id == team.id and row.slug == slug]
    if not found:
        text = "Event Type not found"
        raise NotFoundError(text)
    return found[0]


def _named(rows: Iterable[Any], column: str, name: str | None) -> Any:
    return next((row for row in rows if getattr(row, column) == name), None)


def _text(call: Call, slot: datetime) -> str:
    """In UTC, or with the offset of the zone asked for."""
    if call.value("timeZone") is None:
        return to_iso(slot.astimezone(UTC))
    return slot.astimezone(_zone(call)).isoformat(timespec="milliseconds")


def _zone(call: Call) -> ZoneInfo:
    """The zone asked for, else UTC.

    Raises:
        BadRequestError: There is no such zone.
    """
    name = call.value("timeZone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"timeZone property is wrong,{name} is not a valid time zone "
        raise BadRequestError(text) from None


ROUTES = (
    get("/v2/slots", slots, maybe_authenticated, versions=(VERSION,)),
    get(
        "/v2/slots/available",
        available,
        maybe_authenticated,
        versions=KNOWN_VERSIONS - {VERSION},
    ),
)
