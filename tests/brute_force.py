"""What credentials may see of their account, found by asking every list about every id in it.

Nothing of the fan-out or of the walks is used: the ids come from the sandbox's state, lists are
read until a page brings nothing new, and a refusal just means that nothing is seen there. Ids of
other accounts are left out: nobody can know them, though Cal.com would answer about some.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from cal_source.catalogue import OPERATIONS, Kind, Paging
from cal_source.fanouts import Target
from cal_source.records import Stamp, parse_records
from cal_source.sandbox.render.bookings import booking_json
from cal_source.sandbox.visibility import visible_booking_ids
from cal_source.tables import TABLES
from cal_source.targets import given_by
from tests.contract.read_operations import unpackers
from tests.reconstruction import as_kept, without_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cal_source.catalogue import Operation
    from cal_source.sandbox import Sandbox, World

_PAGE_SIZE = 250
_ONLY_VIEW_OF_TEAM_ADMINS = {
    "get_team_schedules",
    "get_team_routing_forms",
    "list_team_routing_form_responses",
}
_NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass
class Seen:
    """What is to be seen: by table and key, each form in which some list shows the record.

    Attributes:
        records: Forms by table and key.
        operations: Keys of the reads that were answered well.
    """

    records: dict[str, dict[tuple[Any, ...], list[Any]]] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)


def everything_visible(sandbox: Sandbox, headers: dict[str, str], user_id: int) -> Seen:
    """Ask every list of the catalogue for every id, and the state for the bookings."""
    seen = Seen()
    bookings = [
        booking_json(sandbox.world, sandbox.world.bookings[booking_id])
        for booking_id in visible_booking_ids(sandbox.world, user_id)
    ]
    _note(seen, "bookings", bookings, "")
    ids = ids_of_account(sandbox.world, user_id, headers.get("x-cal-client-id"))
    for row in lists_to_ask():
        for path in _paths(row, ids):
            records = _ask(sandbox, row, path, headers)
            if records is None:
                continue
            seen.operations.add(row.key)
            for table, unpack in unpackers(row):
                scope = f"team:{path['teamId']}" if "teamId" in path else f"user:{user_id}"
                given = given_by(TABLES[table], Target(row.key, scope, path))
                found = unpack(records) if unpack else records
                _note(seen, table, [{**given, **record} for record in found], scope)
    return seen


def lists_to_ask() -> list[Operation]:
    """The reads that bring whole tables, but those of bookings and of what hangs on one."""
    return [
        row
        for row in OPERATIONS.values()
        if row.kind is Kind.READ
        and (row.authoritative or row.key in _ONLY_VIEW_OF_TEAM_ADMINS)
        and row.paging is not Paging.BOOKINGS
        and "bookingUid" not in row.path
    ]


def ids_of_account(world: World, user_id: int, client_id: str | None) -> dict[str, list[Any]]:
    """Ids by path parameter: of the user's organisations and teams, and what belongs to them."""
    roles = {row.team_id: row.role for row in world.memberships.values() if row.user_id == user_id}
    organizations = [key for key in roles if world.teams[key].is_organization]
    teams = [
        team.id
        for team in world.teams.values()
        if not team.is_organization
        and (team.id in roles or roles.get(team.parent_id or 0) in {"ADMIN", "OWNER"})
    ]
    return {
        "orgId": organizations,
        "teamId": teams,
        "eventTypeId": list(world.event_types),
        "attributeId": [row.id for row in world.attributes.values() if row.team_id in roles],
        "routingFormId": list(world.routing_forms),
        "clientId": list(world.oauth_clients) if client_id else [],
    }


def _paths(row: Operation, ids: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for values in product(*(ids[name] for name in row.path_parameters)):
        yield dict(zip(row.path_parameters, values, strict=True))


def _ask(
    sandbox: Sandbox, row: Operation, path: dict[str, Any], headers: dict[str, str]
) -> list[Any] | None:
    """Return all records of a list, or None where it is refused."""
    version = {"cal-api-version": row.version} if row.version else {}
    names = ("limit", "offset") if row.paging is Paging.LIMIT else ("take", "skip")
    found: dict[str, Any] = {}
    while True:
        query = []
        if row.paging in {Paging.OFFSET, Paging.LIMIT}:
            query = [(names[0], str(_PAGE_SIZE)), (names[1], str(len(found)))]
        answer = sandbox.respond("GET", row.url_path(**path), query, headers | version)
        if answer.status != 200:
            return None
        data = answer.json().get("data")
        page = data if isinstance(data, list) else [] if data is None else [data]
        before = len(found)
        found |= {json.dumps(record, sort_keys=True): record for record in page}
        if not query or len(found) == before:
            return list(found.values()) if query else page


def sample_of(
    row: Operation, sandbox: Sandbox, credentials: Iterable[dict[str, str]]
) -> list[Any] | None:
    """Return the records of a read's first good answer to anybody, or None where there is none."""
    ids = ids_by_parameter(sandbox.world)
    if any(name not in ids for name in row.path_parameters):
        return None
    for path in _paths(row, ids):
        for headers in credentials:
            records = _ask(sandbox, row, path, headers)
            if records is not None:
                return records
    return None


def ids_by_parameter(world: World) -> dict[str, list[Any]]:
    """Some ids of everything, by path parameter; those of one booking belong together."""
    seated = next(
        (b for b in world.bookings if any(person.seat for person in b.attendees)),
        next(b for b in world.bookings if b.attendees),
    )
    return {
        "orgId": [team.id for team in world.teams.values() if team.is_organization],
        "teamId": [team.id for team in world.teams.values() if not team.is_organization],
        "userId": list(world.users),
        "bookingUid": [seated.uid, *(booking.uid for booking in world.bookings)],
        "attendeeId": [person.id for person in seated.attendees],
        "seatUid": [person.seat.uid for person in seated.attendees if person.seat],
        "eventTypeId": list(world.event_types),
        "scheduleId": list(world.schedules),
        "membershipId": list(world.memberships),
        "webhookId": list(world.webhooks),
        "attributeId": list(world.attributes),
        "attributeSlug": [row.slug for row in world.attributes.values()],
        "routingFormId": list(world.routing_forms),
        "workflowId": list(world.workflows),
        "roleId": ["admin_role", "owner_role", "member_role"],
        "clientId": [*world.oauth_clients, *world.connections.oauth_apps],
    }


def _note(seen: Seen, name: str, records: list[Any], scope: str) -> None:
    table = TABLES[name]
    stamp = Stamp(scope, "run", 1, _NOW)
    parsed = parse_records(table, records, stamp)
    assert parsed.quarantined == [], name
    forms = seen.records.setdefault(name, {})
    for record, row in zip(records, parsed.rows[name], strict=True):
        key = tuple(row[column] for column in table.key)
        forms.setdefault(key, []).append(without_empty(as_kept(table, record)))
