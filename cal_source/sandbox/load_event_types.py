"""Event types of a recorded world, from lists and, where no list shows them, from bookings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.records import EventType, Host, Json

if TYPE_CHECKING:
    from cal_source.sandbox.load import Recording
    from cal_source.sandbox.world import World

# What the rows keep in columns, or what is made from other rows when answering.
_NOT_SETTINGS: Final = frozenset({
    "id", "ownerId", "lengthInMinutes", "lengthInMinutesOptions", "title", "slug", "description",
    "users", "scheduleId", "seats", "hidden", "bookingUrl", "hosts", "teamId", "parentEventTypeId",
    "schedulingType", "team", "bookingFields",
})  # fmt: skip


def load_event_types(world: World, recording: Recording) -> None:
    """Fill `world.event_types`: personal ones, those of teams, then those only bookings name."""
    found: dict[int, EventType] = {}
    for pattern in ("/v2/event-types", r"/v2/organizations/\d+/teams/\d+/event-types"):
        for _, _, rows in recording.matching(pattern):
            found |= {row["id"]: event_type_row(row) for row in rows}
    for _, _, rows in recording.matching("/v2/bookings"):
        for row in rows:
            known = row["eventType"]
            if known and known["id"] not in found:
                found[known["id"]] = _like_its_siblings(world, row, list(found.values()))
    _link_managed_children(found)
    world.event_types |= {key: found[key] for key in sorted(found)}


def event_type_row(row: Json) -> EventType:
    """A row from the 2024-06-14 shape."""
    seats = row["seats"]
    return EventType(
        id=row["id"],
        title=row["title"],
        slug=row["slug"],
        length_minutes=row["lengthInMinutes"],
        owner_id=row.get("ownerId"),
        team_id=row.get("teamId"),
        parent_id=row.get("parentEventTypeId"),
        description=row["description"],
        scheduling_type=row.get("schedulingType"),
        hosts=[
            Host(host["userId"], host.get("mandatory", True), host.get("priority", "medium"))
            for host in row.get("hosts", [])
        ],
        is_hidden=row["hidden"],
        seats_per_slot=seats.get("seatsPerTimeSlot"),
        seats_show_attendees=seats.get("showAttendeeInfo", False),
        length_options=row.get("lengthInMinutesOptions", []),
        schedule_id=row["scheduleId"],
        settings={name: value for name, value in row.items() if name not in _NOT_SETTINGS},
    )


def _like_its_siblings(world: World, booking: Json, known: list[EventType]) -> EventType:
    """An event type of a colleague, taken to be set up like another one of the same slug.

    Links in its settings carry the owner's user name, so they are written for this owner.
    """
    event_type_id, slug = booking["eventType"]["id"], booking["eventType"]["slug"]
    owner = booking["hosts"][0]
    sibling = next((row for row in known if row.slug == slug and row.owner_id is not None), None)
    if sibling is None:
        title = booking["title"].split(" between ")[0]
        return EventType(event_type_id, title, slug, booking["duration"], owner["id"])
    other = world.users[sibling.owner_id or 0].username
    settings = json.dumps(sibling.settings).replace(f"/{other}", f"/{owner['username']}")
    return replace(
        sibling,
        id=event_type_id,
        owner_id=owner["id"],
        settings=json.loads(settings),
    )


def _link_managed_children(found: dict[int, EventType]) -> None:
    """A personal event type that says it is managed is a child of the team's of that slug."""
    parents = {row.slug: row.id for row in found.values() if row.scheduling_type == "managed"}
    for row in found.values():
        is_managed = "managedEventConfig" in row.settings.get("metadata", {})
        if row.owner_id is not None and is_managed:
            row.parent_id = parents.get(row.slug)
