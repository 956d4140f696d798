"""Event types of users and teams, and their private links.

Source: BEHAVIOUR.md sections 1.4 and 6; recordings `event_type*`, `team_solo_event_types`,
`orgteam_event_type*`, `*private_links*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.errors import EventTypeNotFoundError, InternalError
from cal_source.sandbox.guards import (
    authenticated,
    is_organization,
    is_team_in_organization,
    maybe_authenticated,
    organization_role,
    organization_team_role,
    permission,
    team_role,
)
from cal_source.sandbox.render.event_types import (
    listed_event_type_json,
    personal_event_type_json,
    team_event_type_by_id_json,
    team_event_type_json,
)
from cal_source.sandbox.router import OLDEST_VERSION, get
from cal_source.sandbox.validation import QueryRules, choice, integer, number, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import EventType, Json, PrivateLink, User
    from cal_source.sandbox.world import World

VERSION: Final = ("2024-06-14",)
_OWN_RULES: Final = QueryRules((
    text("username"),
    text("eventSlug"),
    texts("usernames"),
    text("orgSlug"),
    integer("orgId"),
    choice("sortCreatedAt", "SortCreatedAt"),
))
_TEAM_RULES: Final = QueryRules((
    text("eventSlug"),
    number("hostsLimit", minimum=1),
    choice("sortCreatedAt", "SortCreatedAt"),
))


def list_personal(call: Call) -> Any:
    """Personal event types: the caller's own, or a user's public ones by user name.

    Without credentials and without a user name the list is empty.
    """
    values = _OWN_RULES.read(call.query)
    if "username" not in values and "usernames" not in values:
        owner = None if call.principal is None else call.principal.user
    else:
        names = {*values.get("usernames", []), values.get("username")}
        owner = _user_named(call.world, names, values)
    if owner is None:
        return success([])
    is_own = call.principal is not None and call.principal.user.id == owner.id
    rows: Iterable[EventType] = (
        row
        for row in call.world.event_types.values()
        if row.owner_id == owner.id
        and (is_own or not row.is_hidden)
        and values.get("eventSlug", row.slug) == row.slug
    )
    return success([listed_event_type_json(call.world, row) for row in _sorted(rows, values)])


def one_personal(call: Call) -> Any:
    """The caller's event type, or one of a team the caller is in (another shape).

    Raises:
        EventTypeNotFoundError: It is neither.
    """
    row = call.world.event_types.get(call.guarded_number("eventTypeId"))
    if row is not None and row.owner_id == call.user.id:
        return success(personal_event_type_json(call.world, row))
    if row is not None and row.team_id is not None and _is_in_team(call, row.team_id):
        return success(team_event_type_by_id_json(call.world, row))
    raise EventTypeNotFoundError(call.params["eventTypeId"])


def list_of_team(call: Call) -> Any:
    """Event types of a team; without paging. Public: an unknown team has none."""
    values = _TEAM_RULES.read(call.query)
    rows = (
        row
        for row in call.world.event_types_of_team(call.number("teamId"))
        if values.get("eventSlug", row.slug) == row.slug
    )
    limit = values.get("hostsLimit")
    return success(
        [team_event_type_json(call.world, row, hosts_limit=limit) for row in _sorted(rows, values)],
    )


def one_of_team(call: Call) -> Any:
    """One event type of a team; read alone, its `team` is only an id."""
    body = team_event_type_json(call.world, team_event_type(call))
    return success(body | {"team": {"id": body["teamId"]}})


def list_of_organization(_: Call) -> Any:
    """Event types of all teams of an organisation: the recorded server fails on this list.

    Raises:
        InternalError: Always.
    """
    raise InternalError


def private_links(call: Call) -> Any:
    """Private links of the caller's event type."""
    return _links(call, own_event_type(call).id)


def private_links_of_team(call: Call) -> Any:
    """Private links of a team's event type."""
    return _links(call, team_event_type(call).id)


def _links(call: Call, event_type_id: int) -> Any:
    rows = sorted(call.world.private_links.values(), key=lambda row: row.number)
    return success(
        [
            link_json(call.world, row, call.now)
            for row in rows
            if row.event_type_id == event_type_id
        ],
    )


def link_json(world: World, row: PrivateLink, now: datetime) -> Json:
    """A private link; one that has an end does not show how often it was used."""
    is_expired = row.expires_at is not None and row.expires_at < now
    is_used_up = row.max_usage_count is not None and row.usage_count >= row.max_usage_count
    body: Json = {
        "linkId": row.id,
        "eventTypeId": row.event_type_id,
        "isExpired": is_expired or is_used_up,
        "bookingUrl": f"{world.web_url}/d/{row.id}",
    }
    if row.expires_at is not None:
        return body | {"expiresAt": to_iso(row.expires_at)}
    return body | {"maxUsageCount": row.max_usage_count, "usageCount": row.usage_count}


def own_event_type(call: Call) -> EventType:
    """The path's event type, which must be the caller's.

    Raises:
        EventTypeNotFoundError: It is not.
    """
    row = call.world.event_types.get(call.number("eventTypeId"))
    if row is None or row.owner_id != call.user.id:
        raise EventTypeNotFoundError(call.params["eventTypeId"])
    return row


def team_event_type(call: Call) -> EventType:
    """The path's event type, which must be the path's team's.

    Raises:
        EventTypeNotFoundError: It is not.
    """
    row = call.world.event_types.get(call.number("eventTypeId"))
    if row is None or row.team_id != call.number("teamId"):
        raise EventTypeNotFoundError(call.params["eventTypeId"])
    return row


def _user_named(world: World, names: set[str | None], values: Json) -> User | None:
    organization = values.get("orgId")
    if "orgSlug" in values:
        slug = values["orgSlug"]
        found = (team.id for team in world.teams.values() if team.slug == slug)
        organization = next(found, 0)
    for user in world.users.values():
        if user.username in names and organization in {None, user.organization_id}:
            return user
    return None


def _is_in_team(call: Call, team_id: int) -> bool:
    return call.world.membership(team_id, call.user.id) is not None


def _sorted(rows: Iterable[EventType], values: Json) -> list[EventType]:
    if "sortCreatedAt" not in values:
        return list(rows)
    return sorted(rows, key=lambda row: row.id, reverse=values["sortCreatedAt"] == "desc")


_ORGANIZATION_TEAM: Final = "/v2/organizations/{orgId}/teams/{teamId}/event-types"
ROUTES = (
    get("/v2/event-types", list_personal, maybe_authenticated, versions=VERSION),
    get(
        "/v2/event-types/{eventTypeId}",
        one_personal,
        permission("EVENT_TYPE_READ"),
        authenticated,
        versions=VERSION,
    ),
    get(
        "/v2/event-types/{eventTypeId}/private-links",
        private_links,
        authenticated,
        versions=(OLDEST_VERSION,),
    ),
    get("/v2/teams/{teamId}/event-types", list_of_team),
    get("/v2/teams/{teamId}/event-types/{eventTypeId}", one_of_team, *team_role("TEAM_ADMIN")),
    get(
        "/v2/organizations/{orgId}/teams/event-types",
        list_of_organization,
        *organization_role("ORG_ADMIN"),
    ),
    get(_ORGANIZATION_TEAM, list_of_team, is_organization, is_team_in_organization),
    get(
        f"{_ORGANIZATION_TEAM}/{{eventTypeId}}",
        one_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
    get(
        f"{_ORGANIZATION_TEAM}/{{eventTypeId}}/private-links",
        private_links_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
)
