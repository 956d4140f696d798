"""Making, changing and deleting event types of users, teams and organisations' teams.

A managed event type of a team has one copy per host, which follows it. Deleting an event type
leaves its bookings without one.

Source: BEHAVIOUR.md section 7.4; recordings `*event_type*` of `recorded-actions`, `w_*event_type*`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    UnforeseenError,
)
from cal_source.sandbox.event_type_bodies import (
    OLD_UPDATE,
    PERSONAL_CREATE,
    PERSONAL_UPDATE,
    TEAM_CREATE,
    TEAM_UPDATE,
    columns_of,
    hosts_of,
    phone_call_rules,
    scheduling_type,
)
from cal_source.sandbox.guards import authenticated, organization_team_role, permission, team_role
from cal_source.sandbox.records import EventType, Host
from cal_source.sandbox.render.event_types import (
    DEFAULT_LOCATIONS,
    managed_child_json,
    personal_event_type_json,
    team_event_type_json,
)
from cal_source.sandbox.router import OLDEST_VERSION, write
from cal_source.sandbox.routes.event_types import VERSION, own_event_type

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_PHONE_CALL: Final = phone_call_rules()
_OLD_VERSIONS: Final = (OLDEST_VERSION, "2024-06-11")


def create(call: Call) -> Any:
    """Make an event type of the caller's own; without locations it has none.

    Raises:
        BadRequestError: The caller has one of this slug.
    """
    body = PERSONAL_CREATE.read(call)
    _check_own_slug(call, body["slug"])
    _check_schedule(call, body)
    columns = columns_of({"locations": []} | body)
    row = add_event_type(call, owner_id=call.user.id, **columns)
    return success(personal_event_type_json(call.world, row))


def update(call: Call) -> Any:
    """Change an event type of the caller's own."""
    row = own_event_type(call)
    body = PERSONAL_UPDATE.read(call)
    if body.get("slug", row.slug) != row.slug:
        _check_own_slug(call, body["slug"])
    _check_schedule(call, body)
    changed = call.world.edit("event_types", row.id, **columns_of(body, row))
    return success(personal_event_type_json(call.world, changed))


def update_old(call: Call) -> Any:
    """Change an event type as the oldest version does, which knows fewer fields.

    Its answer has about a hundred columns on the real service; here it has those that can change.
    """
    row = own_event_type(call)
    body = OLD_UPDATE.read(call)
    names = {"length": "lengthInMinutes"}
    columns = columns_of({names.get(name, name): body[name] for name in body}, row)
    changed = call.world.edit("event_types", row.id, **columns)
    return success(
        {
            "id": changed.id,
            "title": changed.title,
            "slug": changed.slug,
            "description": changed.description,
            "length": changed.length_minutes,
            "hidden": changed.is_hidden,
        },
    )


def delete(call: Call) -> Any:
    """Delete an event type of the caller's own.

    Raises:
        NotFoundError: There is none.
        ForbiddenError: It is somebody else's.
    """
    row = call.world.event_types.get(call.guarded_number("eventTypeId"))
    if row is None:
        text = f"Event type with ID={call.params['eventTypeId']} does not exist."
        raise NotFoundError(text)
    if row.owner_id != call.user.id:
        text = f"User with ID={call.user.id} does not own event type with ID={row.id}"
        raise ForbiddenError(text)
    call.world.delete_event_type(row.id)
    return success(
        {
            "id": row.id,
            "lengthInMinutes": row.length_minutes,
            "slug": row.slug,
            "title": row.title,
        },
    )


def create_of_team(call: Call) -> Any:
    """Make an event type of a team; a managed one is answered with its copies."""
    body = TEAM_CREATE.read(call)
    team_id = int(call.params["teamId"])
    kind = scheduling_type(body)
    _check_team_slug(call, body["slug"])
    hosts = _hosts(call, body, kind)
    columns = columns_of({"locations": DEFAULT_LOCATIONS} | body)
    if kind == "managed":
        columns["settings"]["metadata"] = {"managedEventConfig": {}}
    row = add_event_type(
        call, team_id=team_id, scheduling_type=kind, hosts=hosts, has_users=False, **columns
    )
    _follow(call, row)
    return success(_answer(call, row))


def update_of_team(call: Call) -> Any:
    """Change an event type of a team, and the copies of a managed one.

    Raises:
        BadRequestError: There is none, or its hosts would fit its new type no more.
    """
    row = call.world.event_types.get(call.number("eventTypeId"))
    body = TEAM_UPDATE.read(call)
    if row is None or row.team_id != int(call.params["teamId"]):
        text = "Event type to update not found"
        raise BadRequestError(text)
    kind = scheduling_type(body) or row.scheduling_type
    has_hosts = "hosts" in body or body.get("assignAllTeamMembers")
    if kind != row.scheduling_type and not has_hosts:
        raise BadRequestError(
            "Hosts required when switching schedulingType. Please provide 'hosts' or set "
            "'assignAllTeamMembers: true' to specify how hosts should be configured for the new "
            "scheduling type.",
        )
    if body.get("slug", row.slug) != row.slug:
        _check_team_slug(call, body["slug"])
    columns = columns_of(body, row) | {"scheduling_type": kind}
    if has_hosts:
        columns["hosts"] = _hosts(call, body, kind)
    changed = call.world.edit("event_types", row.id, **columns)
    _follow(call, changed)
    return success(_answer(call, changed))


def delete_of_team(call: Call) -> Any:
    """Delete an event type of a team, with the copies of a managed one.

    Raises:
        NotFoundError: The team has none of this id.
    """
    row = call.world.event_types.get(call.number("eventTypeId"))
    if row is None or row.team_id != int(call.params["teamId"]):
        text = f"Event type with ID={call.params['eventTypeId']} does not exist."
        raise NotFoundError(text)
    call.world.delete_event_type(row.id)
    return success({"id": row.id, "title": row.title})


def phone_call_of_organization(call: Call) -> Any:
    """Place a phone call: the telephone service cannot be reached from here.

    Raises:
        UnforeseenError: Always, once the body is good.
    """
    _PHONE_CALL.read(call)
    raise UnforeseenError


def phone_call_of_team(call: Call) -> Any:
    """Place a phone call: the handler looks for an organisation in the path, in vain.

    Raises:
        BadRequestError: Always, once the body is good.
    """
    _PHONE_CALL.read(call)
    text = "Validation failed (numeric string is expected)"
    raise BadRequestError(text)


def add_event_type(call: Call, **columns: Any) -> EventType:
    """Add an event type of the next number."""
    row = EventType(id=call.ids.number("event_types", call.world.event_types), **columns)
    call.world.event_types[row.id] = row
    call.world.touch()
    return row


def _check_own_slug(call: Call, slug: str) -> None:
    rows = call.world.event_types.values()
    if any(row.owner_id == call.user.id and row.slug == slug for row in rows):
        text = "User already has an event type with this slug."
        raise BadRequestError(text)


def _check_schedule(call: Call, body: Json) -> None:
    key = body.get("scheduleId")
    row = call.world.schedules.get(key or 0)
    if key and (row is None or row.owner_id != call.user.id):
        text = f"User with ID={call.user.id} does not own schedule with ID={key}"
        raise NotFoundError(text)


def _check_team_slug(call: Call, slug: str) -> None:
    rows = call.world.event_types_of_team(int(call.params["teamId"]))
    if any(row.slug == slug for row in rows):
        text = "Team event type with this slug already exists"
        raise BadRequestError(text)


def _hosts(call: Call, body: Json, kind: str | None) -> list[Host]:
    team_id = int(call.params["teamId"])
    members = [row.user_id for row in call.world.memberships_of_team(team_id)]
    hosts = hosts_of(body, kind, members)
    strangers = [str(host.user_id) for host in hosts if host.user_id not in members]
    if strangers:
        names = ", ".join(strangers)
        text = f"Invalid hosts: {names} are not members of team with id {team_id}."
        raise NotFoundError(text)
    return hosts


def _follow(call: Call, parent: EventType) -> None:
    """Make the copies of a managed event type what it is, one for each host and no other."""
    world = call.world
    copies = {row.owner_id: row for row in world.event_types.values() if row.parent_id == parent.id}
    hosts = (
        {host.user_id for host in parent.hosts} if parent.scheduling_type == "managed" else set()
    )
    for owner_id, copy in copies.items():
        if owner_id not in hosts:
            world.delete_event_type(copy.id)
    for host in sorted(hosts):
        likeness = replace(
            parent, team_id=None, owner_id=host, parent_id=parent.id, scheduling_type=None, hosts=[]
        )
        if host in copies:
            world.event_types[copies[host].id] = replace(likeness, id=copies[host].id)
        else:
            columns = {name: getattr(likeness, name) for name in EventType.__slots__}
            add_event_type(call, **{name: v for name, v in columns.items() if name != "id"})
    world.touch()


def _answer(call: Call, row: EventType) -> Any:
    body = team_event_type_json(call.world, row) | {"team": {"id": row.team_id}}
    if row.scheduling_type != "managed":
        return body
    copies = (copy for copy in call.world.event_types.values() if copy.parent_id == row.id)
    return [body, *(managed_child_json(call.world, copy) for copy in copies)]


_OWN: Final = "/v2/event-types"
_TEAM: Final = "/v2/teams/{teamId}/event-types"
_ORGANIZATION_TEAM: Final = "/v2/organizations/{orgId}/teams/{teamId}/event-types"
_GUARDS: Final = (permission("EVENT_TYPE_WRITE"), authenticated)
ROUTES = (
    write("POST", _OWN, create, *_GUARDS, versions=VERSION),
    write("PATCH", f"{_OWN}/{{eventTypeId}}", update, *_GUARDS, versions=VERSION),
    write("PATCH", f"{_OWN}/{{eventTypeId}}", update_old, *_GUARDS, versions=_OLD_VERSIONS),
    write("DELETE", f"{_OWN}/{{eventTypeId}}", delete, *_GUARDS, versions=VERSION),
    *(
        route
        for base, guards in (
            (_TEAM, team_role("TEAM_ADMIN")),
            (_ORGANIZATION_TEAM, organization_team_role("TEAM_ADMIN")),
        )
        for route in (
            write("POST", base, create_of_team, *guards),
            write("PATCH", f"{base}/{{eventTypeId}}", update_of_team, *guards),
            write("DELETE", f"{base}/{{eventTypeId}}", delete_of_team, *guards),
        )
    ),
    write(
        "POST",
        f"{_TEAM}/{{eventTypeId}}/create-phone-call",
        phone_call_of_team,
        *team_role("TEAM_ADMIN"),
    ),
    write(
        "POST",
        f"{_ORGANIZATION_TEAM}/{{eventTypeId}}/create-phone-call",
        phone_call_of_organization,
        *organization_team_role("TEAM_ADMIN"),
    ),
)
