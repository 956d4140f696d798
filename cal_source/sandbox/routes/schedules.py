"""Schedules of the caller, of an organisation, its teams and members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.errors import ForbiddenError, NotFoundError
from cal_source.sandbox.guards import (
    authenticated,
    is_user_in_organization,
    is_user_in_team,
    organization_role,
    organization_team_role,
    team_role,
)
from cal_source.sandbox.render.schedules import schedule_json
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import SKIP_TAKE, QueryRules, integer, page_by_id

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Schedule

VERSIONS: Final = ("2024-06-11", "2024-06-14")
_TEAM_RULES: Final = QueryRules((*SKIP_TAKE.fields, integer("eventTypeId")), SKIP_TAKE.defaults)


def list_own(call: Call) -> Any:
    """The caller's schedules; paging parameters are ignored."""
    return _answer(call, _of_users(call, {call.user.id}))


def default(call: Call) -> Any:
    """The caller's default schedule, or null."""
    row = call.world.schedules.get(call.user.default_schedule_id or 0)
    return success(None if row is None else schedule_json(call.world, row))


def one(call: Call) -> Any:
    """One schedule of the caller.

    Raises:
        ForbiddenError: It is somebody else's.
    """
    row = _existing(call)
    if row.owner_id != call.user.id:
        text = f"User with ID={call.user.id} does not own schedule with ID={row.id}"
        raise ForbiddenError(text)
    return success(schedule_json(call.world, row))


def list_of_organization(call: Call) -> Any:
    """Schedules of all members."""
    members = call.world.memberships_of_team(int(call.params["orgId"]))
    rows = _of_users(call, {row.user_id for row in members})
    return _answer(call, page_by_id(rows, SKIP_TAKE.read(call.query)))


def list_of_team(call: Call) -> Any:
    """Schedules of a team's members, or of the hosts of one of its event types."""
    values = _TEAM_RULES.read(call.query)
    members = call.world.memberships_of_team(int(call.params["teamId"]))
    users = {row.user_id for row in members}
    event_type = call.world.event_types.get(values.get("eventTypeId", 0))
    if event_type is not None:
        users &= {host.user_id for host in event_type.hosts}
    return _answer(call, page_by_id(_of_users(call, users), values))


def list_of_user(call: Call) -> Any:
    """Schedules of one member."""
    return _answer(call, _of_users(call, {call.number("userId")}))


def one_of_user(call: Call) -> Any:
    """One schedule of one member.

    Raises:
        ForbiddenError: It is somebody else's.
    """
    row = _existing(call)
    if row.owner_id != call.number("userId"):
        text = f"User with ID={call.number('userId')} does not own schedule with ID={row.id}"
        raise ForbiddenError(text)
    return success(schedule_json(call.world, row))


def _existing(call: Call) -> Schedule:
    row = call.world.schedules.get(call.guarded_number("scheduleId"))
    if row is None:
        text = f"Schedule with ID={call.params['scheduleId']} does not exist."
        raise NotFoundError(text)
    return row


def _of_users(call: Call, user_ids: set[int]) -> list[Schedule]:
    return [row for row in call.world.schedules.values() if row.owner_id in user_ids]


def _answer(call: Call, rows: Any) -> Any:
    return success([schedule_json(call.world, row) for row in rows])


_OF_MEMBER: Final = (*organization_role("ORG_ADMIN"), is_user_in_organization)
ROUTES = (
    get("/v2/schedules", list_own, authenticated, versions=VERSIONS),
    get("/v2/schedules/default", default, authenticated, versions=VERSIONS),
    get("/v2/schedules/{scheduleId}", one, authenticated, versions=VERSIONS),
    get(
        "/v2/organizations/{orgId}/schedules",
        list_of_organization,
        *organization_role("ORG_ADMIN"),
    ),
    get("/v2/organizations/{orgId}/users/{userId}/schedules", list_of_user, *_OF_MEMBER),
    get(
        "/v2/organizations/{orgId}/users/{userId}/schedules/{scheduleId}",
        one_of_user,
        *_OF_MEMBER,
    ),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}/schedules",
        list_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}/users/{userId}/schedules",
        list_of_user,
        *organization_team_role("TEAM_ADMIN"),
        is_user_in_team,
    ),
    get("/v2/teams/{teamId}/schedules", list_of_team, *team_role("TEAM_ADMIN")),
)
