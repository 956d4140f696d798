"""Connected calendars: what is connected, where bookings go, and when a user is busy.

The sandbox reaches no network: of all calendars only files that `Connections.feeds` names can be
read; a connection to Google or Microsoft is there, but does not work.

Source: recordings `*calendar*` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.sandbox.clock import parse_iso, to_iso

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.connections import Credential
    from cal_source.sandbox.records import Json
    from cal_source.sandbox.world import World

ICS: Final = "ics-feed_calendar"
_ICS_APP: Final[Json] = {
    "appData": None,
    "dirName": "ics-feedcalendar",
    "__template": "",
    "name": "ICS Feed",
    "title": "ICS Feed",
    "slug": "ics-feed",
    "type": ICS,
    "logo": "/app-store/ics-feedcalendar/icon.svg",
    "variant": "calendar",
    "categories": ["calendar"],
    "publisher": "Cal.com, Inc.",
    "email": "help@cal.com",
    "description": "Import events from an ICS Feed into [Cal.com](https://cal.com).",
    "isTemplate": False,
    "locationOption": None,
}


def connected_calendars(world: World, user_id: int) -> list[Json]:
    """Every connection that works, with its calendars; the first of them is its primary one."""
    return [
        {
            "integration": _ICS_APP,
            "credentialId": row.id,
            "delegationCredentialId": None,
            "primary": calendars[0],
            "calendars": calendars,
        }
        for row in world.connections.credentials_of(user_id, ICS)
        if (calendars := _calendars(world, row))
    ]


def destination_calendar(call: Call, connected: list[Json]) -> Json:
    """Where bookings are written: at first the first calendar, chosen when it is first asked for.

    The answer that chooses it is the bare row; the next one that looks at it moves `updatedAt`.
    """
    chosen = call.world.connections.destination_calendars
    row = chosen.get(call.user.id)
    if row is None:
        if not connected:
            return {}
        row = chosen[call.user.id] = _new_destination(call, connected[0]["primary"])
        return row | {"primaryEmail": None}
    if row["createdAt"] == row["updatedAt"]:
        row["updatedAt"] = to_iso(call.now)
    names = (cal for group in connected for cal in group["calendars"])
    found = next((cal for cal in names if cal["externalId"] == row["externalId"]), None)
    if found is None:
        return row
    return row | {
        "name": found["name"],
        "readOnly": found["readOnly"],
        "integrationName": found["integrationName"],
        "integrationTitle": _ICS_APP["title"],
    }


def busy_times(world: World, credentials: list[Credential], start: str, end: str) -> list[Json]:
    """Events of the calendars of these connections between two instants, first start first."""
    low, high = parse_iso(start), parse_iso(end)
    spans = {
        span
        for row in credentials
        for url in row.urls
        if url in world.connections.feeds
        for span in world.connections.feeds[url].busy
        if _overlaps(span, low, high)
    }
    return [
        {"start": to_iso(one), "end": to_iso(other), "title": "Busy", "source": "ics-feed"}
        for one, other in sorted(spans)
    ]


def _overlaps(span: tuple[datetime, datetime], low: datetime | None, high: datetime | None) -> bool:
    return (low is None or span[1] > low) and (high is None or span[0] < high)


def _calendars(world: World, row: Credential) -> list[Json]:
    selected = {
        (item.external_id, item.credential_id) for item in world.connections.selected_calendars
    }
    return [
        {
            "name": world.connections.feeds[url].name,
            "readOnly": True,
            "externalId": url,
            "integrationName": row.type,
            "primary": None,
            "isSelected": (url, row.id) in selected,
            "credentialId": row.id,
            "delegationCredentialId": None,
        }
        for url in row.urls
        if url in world.connections.feeds
    ]


def _new_destination(call: Call, calendar: Json) -> Json:
    taken = [row["id"] for row in call.world.connections.destination_calendars.values()]
    return {
        "id": call.ids.number("destination_calendars", taken),
        "integration": "",
        "externalId": calendar["externalId"],
        "userId": call.user.id,
        "eventTypeId": None,
        "credentialId": calendar["credentialId"],
        "createdAt": to_iso(call.now),
        "updatedAt": to_iso(call.now),
        "delegationCredentialId": None,
        "domainWideDelegationCredentialId": None,
        "customCalendarReminder": None,
    }
