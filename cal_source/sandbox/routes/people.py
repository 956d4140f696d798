"""The own profile, teams, organisation users, memberships and absences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.errors import NotFoundError
from cal_source.sandbox.guards import (
    authenticated,
    is_membership_in_organization,
    is_user_in_organization,
    organization_role,
    organization_team_role,
    team_role,
)
from cal_source.sandbox.render.people import (
    me_json,
    organization_membership_json,
    organization_user_json,
    out_of_office_json,
    team_json,
    team_membership_json,
)
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import (
    SKIP_TAKE,
    QueryRules,
    choice,
    integers,
    is_in,
    number,
    page,
    page_by_id,
    text,
    texts,
)
from cal_source.sandbox.world import ADMIN_ROLES

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json, Membership, OutOfOffice, User
    from cal_source.sandbox.world import World

_USER_RULES: Final = QueryRules(
    (
        number("take", minimum=1, maximum=1000),
        number("skip", minimum=0),
        texts("emails"),
        texts("assignedOptionIds"),
        is_in("attributeQueryOperator", ("OR", "AND", "NONE")),
        integers("teamIds"),
    ),
    {"attributeQueryOperator": "AND"},
)
_MEMBERSHIP_RULES: Final = QueryRules((*SKIP_TAKE.fields, texts("emails")), SKIP_TAKE.defaults)
_ABSENCE_RULES: Final = QueryRules(
    (
        *SKIP_TAKE.fields,
        choice("sortStart", "SortStart"),
        choice("sortEnd", "SortEnd"),
        text("email"),
    ),
    SKIP_TAKE.defaults,
)


def me(call: Call) -> Any:
    """The caller's profile."""
    return success(me_json(call.world, call.user))


def own_teams(call: Call) -> Any:
    """Teams and organisations the caller has joined."""
    joined = {
        row.team_id
        for row in call.world.memberships.values()
        if row.user_id == call.user.id and row.is_accepted
    }
    return success([team_json(t) for t in call.world.teams.values() if t.id in joined])


def team(call: Call) -> Any:
    """One team; null where it was deleted a moment ago and the guards do not know yet."""
    row = call.world.teams.get(int(call.params["teamId"]))
    return success(None if row is None else team_json(row))


def teams_of_organization(call: Call) -> Any:
    """The teams of an organisation."""
    values = SKIP_TAKE.read(call.query)
    return success([team_json(row) for row in page_by_id(_teams_below(call), values)])


def my_teams_of_organization(call: Call) -> Any:
    """All teams for an admin of the organisation, else the joined ones; with the caller's role."""
    values = SKIP_TAKE.read(call.query)
    role = call.world.membership(int(call.params["orgId"]), call.user.id)
    is_admin = role is not None and role.role in ADMIN_ROLES
    rows = []
    for row in sorted(_teams_below(call), key=lambda row: row.id):
        mine = call.world.membership(row.id, call.user.id)
        if mine is not None:
            joined = {"accepted": mine.is_accepted, "role": mine.role}
            rows.append(team_json(row) | joined)
        elif is_admin:
            rows.append(team_json(row))
    return success(page(rows, values))


def users_of_organization(call: Call) -> Any:
    """Users of an organisation, by e-mail, team or assigned attribute options."""
    values = _USER_RULES.read(call.query)
    members = call.world.memberships_of_team(int(call.params["orgId"]))
    users = [call.world.users[row.user_id] for row in members]
    kept = [user for user in users if _keeps_user(call.world, user, values)]
    return success([organization_user_json(user) for user in page_by_id(kept, values)])


def memberships_of_organization(call: Call) -> Any:
    """Memberships of an organisation, invitations included."""
    values = SKIP_TAKE.read(call.query)
    rows = call.world.memberships_of_team(int(call.params["orgId"]))
    return success([
        organization_membership_json(call.world, row) for row in page_by_id(rows, values)
    ])


def membership_of_organization(call: Call) -> Any:
    """One membership of an organisation."""
    row = call.world.memberships[call.number("membershipId")]
    return success(organization_membership_json(call.world, row))


def memberships_of_team(call: Call) -> Any:
    """Memberships of a team, invitations included."""
    values = _MEMBERSHIP_RULES.read(call.query)
    rows = call.world.memberships_of_team(int(call.params["teamId"]))
    if "emails" in values:
        rows = [row for row in rows if call.world.users[row.user_id].email in values["emails"]]
    return success([team_membership_json(call.world, row) for row in page_by_id(rows, values)])


def membership_of_team(call: Call) -> Any:
    """One membership of a team.

    Raises:
        NotFoundError: The team has no such membership.
    """
    row: Membership | None = call.world.memberships.get(call.number("membershipId"))
    if row is None or row.team_id != int(call.params["teamId"]):
        text_ = "Organization's Team membership not found"
        raise NotFoundError(text_)
    return success(team_membership_json(call.world, row))


def absences_of_organization(call: Call) -> Any:
    """Absences of all members."""
    organization_id = int(call.params["orgId"])
    members = {row.user_id for row in call.world.memberships_of_team(organization_id)}
    return _absences(call, members)


def absences_of_member(call: Call) -> Any:
    """Absences of one member."""
    return _absences(call, {call.number("userId")})


def _absences(call: Call, user_ids: set[int]) -> Any:
    values = _ABSENCE_RULES.read(call.query)
    rows = [row for row in call.world.out_of_office.values() if row.user_id in user_ids]
    if "email" in values:
        rows = [row for row in rows if call.world.users[row.user_id].email == values["email"]]
    rows.sort(key=lambda row: row.id)
    if "sortStart" in values:
        rows.sort(key=lambda row: row.start, reverse=values["sortStart"] == "desc")
    elif "sortEnd" in values:
        rows.sort(key=_end, reverse=values["sortEnd"] == "desc")
    return success([out_of_office_json(row) for row in page(rows, values)])


def _end(row: OutOfOffice) -> Any:
    return row.end


def _teams_below(call: Call) -> list[Any]:
    organization_id = int(call.params["orgId"])
    return [row for row in call.world.teams.values() if row.parent_id == organization_id]


def _keeps_user(world: World, user: User, values: Json) -> bool:
    if "emails" in values and user.email not in values["emails"]:
        return False
    if "teamIds" in values and not any(world.membership(t, user.id) for t in values["teamIds"]):
        return False
    if "assignedOptionIds" not in values:
        return True
    asked = set(values["assignedOptionIds"])
    held = {a.option_id for a in world.attribute_assignments.values() if a.user_id == user.id}
    operator = values["attributeQueryOperator"]
    if operator == "AND":
        return asked <= held
    has_any = bool(asked & held)
    return has_any if operator == "OR" else not has_any


ROUTES = (
    get("/v2/me", me, authenticated),
    get("/v2/teams", own_teams, authenticated),
    get("/v2/teams/{teamId}", team, *team_role("TEAM_MEMBER")),
    get("/v2/teams/{teamId}/memberships", memberships_of_team, *team_role("TEAM_ADMIN")),
    get(
        "/v2/teams/{teamId}/memberships/{membershipId}",
        membership_of_team,
        *team_role("TEAM_ADMIN"),
    ),
    get("/v2/organizations/{orgId}/teams", teams_of_organization, *organization_role("ORG_ADMIN")),
    get(
        "/v2/organizations/{orgId}/teams/me",
        my_teams_of_organization,
        *organization_role("ORG_MEMBER"),
    ),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}",
        team,
        *organization_team_role("TEAM_ADMIN"),
    ),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}/memberships",
        memberships_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}/memberships/{membershipId}",
        membership_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
    get("/v2/organizations/{orgId}/users", users_of_organization, *organization_role("ORG_ADMIN")),
    get(
        "/v2/organizations/{orgId}/memberships",
        memberships_of_organization,
        *organization_role("ORG_ADMIN"),
    ),
    get(
        "/v2/organizations/{orgId}/memberships/{membershipId}",
        membership_of_organization,
        *organization_role("ORG_ADMIN"),
        is_membership_in_organization,
    ),
    get(
        "/v2/organizations/{orgId}/ooo",
        absences_of_organization,
        *organization_role("ORG_ADMIN"),
    ),
    get(
        "/v2/organizations/{orgId}/users/{userId}/ooo",
        absences_of_member,
        *organization_role("ORG_ADMIN"),
        is_user_in_organization,
    ),
)
