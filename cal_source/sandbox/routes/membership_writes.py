"""Adding, changing and removing members of teams and organisations.

Source: BEHAVIOUR.md section 7.5; recordings `*membership*` and `add_member_to_team__*` of
`recorded-actions`, `w_*_membership_*` and `edge_remove_member` of `recorded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import BodyField, BodyRules, is_boolean, is_enum, is_int
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import (
    DuplicateError,
    MissingReferenceError,
    NotFoundError,
    UnprocessableError,
)
from cal_source.sandbox.guards import (
    is_membership_in_organization,
    organization_role,
    organization_team_role,
    team_role,
)
from cal_source.sandbox.records import Membership
from cal_source.sandbox.render.people import organization_membership_json, team_membership_json
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

ROLES: Final = ("MEMBER", "ADMIN", "OWNER")
_DEFAULTS: Final = {"accepted": False, "role": "MEMBER", "disableImpersonation": False}
_CREATE_RULES: Final = BodyRules(
    (
        BodyField("userId", (is_int("userId"),)),
        BodyField("accepted", (is_boolean("accepted"),), is_optional=True),
        BodyField("role", (is_enum("role", ROLES),), is_optional=True),
        BodyField("disableImpersonation", (is_boolean("disableImpersonation"),), is_optional=True),
    ),
    _DEFAULTS,
)
_UPDATE_RULES: Final = BodyRules(_CREATE_RULES.fields[1:])
_COLUMNS: Final = {
    "accepted": "is_accepted",
    "role": "role",
    "disableImpersonation": "is_impersonation_disabled",
}


def add_to_team(call: Call) -> Any:
    """Add any user to a team."""
    body = _CREATE_RULES.read(call)
    row = _add(call, int(call.params["teamId"]), body)
    return success(team_membership_json(call.world, row))


def add_to_organization_team(call: Call) -> Any:
    """Add a member of the organisation to one of its teams.

    Raises:
        UnprocessableError: The user is not in the organisation.
    """
    body = _CREATE_RULES.read(call)
    if call.world.membership(int(call.params["orgId"]), body["userId"]) is None:
        text = "User is not part of the Organization"
        raise UnprocessableError(text)
    row = _add(call, int(call.params["teamId"]), body)
    return success(team_membership_json(call.world, row))


def add_to_organization(call: Call) -> Any:
    """Add any user to an organisation; one who is in it is changed instead."""
    body = _CREATE_RULES.read(call)
    organization_id = int(call.params["orgId"])
    known = call.world.membership(organization_id, body["userId"])
    row = _add(call, organization_id, body) if known is None else _change(call, known, body)
    return success(organization_membership_json(call.world, row))


def update_in_team(call: Call) -> Any:
    """Change a membership of a team.

    Raises:
        NotFoundError: The team has no such membership.
    """
    key = call.number("membershipId")
    body = _UPDATE_RULES.read(call)
    known = call.world.memberships.get(key)
    if known is None or known.team_id != int(call.params["teamId"]):
        text = "Organization's Team membership not found"
        raise NotFoundError(text)
    return success(team_membership_json(call.world, _change(call, known, body)))


def update_in_organization(call: Call) -> Any:
    """Change a membership of an organisation."""
    known = call.world.memberships[call.number("membershipId")]
    row = _change(call, known, _UPDATE_RULES.read(call))
    return success(organization_membership_json(call.world, row))


def remove_from_team(call: Call) -> Any:
    """Take a member out of a team and out of its event types; even the last owner may go.

    Raises:
        NotFoundError: The team has no such membership.
    """
    key, team_id = call.number("membershipId"), int(call.params["teamId"])
    row = call.world.memberships.get(key)
    if row is None or row.team_id != team_id:
        within = f" of organization {call.params['orgId']}" if "orgId" in call.params else ""
        text = f"Membership with id {key} not found in team {team_id}{within}"
        raise NotFoundError(text)
    body = team_membership_json(call.world, row)
    call.world.remove_member(team_id, row.user_id)
    return success(body)


def remove_from_organization(call: Call) -> Any:
    """Take a member out of an organisation, all its teams and their event types."""
    row = call.world.memberships[call.number("membershipId")]
    body = organization_membership_json(call.world, row)
    call.world.remove_member(row.team_id, row.user_id)
    return success(body)


def add_membership(call: Call, team_id: int, user_id: int, role: str, *, is_accepted: bool) -> None:
    """Note that a user is in a team or organisation."""
    key = call.ids.number("memberships", call.world.memberships)
    call.world.memberships[key] = Membership(
        key,
        team_id,
        user_id,
        role,
        is_accepted=is_accepted,
        created_at=call.now,
        updated_at=call.now,
    )
    call.world.touch()


def _add(call: Call, team_id: int, body: Json) -> Membership:
    world, user_id = call.world, body["userId"]
    if user_id not in world.users:
        raise MissingReferenceError
    if world.membership(team_id, user_id) is not None:
        raise DuplicateError
    add_membership(call, team_id, user_id, body["role"], is_accepted=body["accepted"])
    row = list(world.memberships.values())[-1]
    row.is_impersonation_disabled = body["disableImpersonation"]
    return row


def _change(call: Call, row: Membership, body: Json) -> Membership:
    """An empty change leaves `updatedAt` where it was.

    Source: recording `modify_organization_membership_by_id__missing`.
    """
    columns = {column: body[name] for name, column in _COLUMNS.items() if name in body}
    if not columns:
        return row
    changed: Membership = call.world.edit("memberships", row.id, **columns, updated_at=call.now)
    return changed


_ORGANIZATION: Final = "/v2/organizations/{orgId}/memberships"
_ORGANIZATION_TEAM: Final = "/v2/organizations/{orgId}/teams/{teamId}/memberships"
_TEAM: Final = "/v2/teams/{teamId}/memberships"
_OF_ORGANIZATION: Final = (*organization_role("ORG_ADMIN"), is_membership_in_organization)
_OF_ORGANIZATION_TEAM: Final = organization_team_role("TEAM_ADMIN")
_OF_TEAM: Final = team_role("TEAM_ADMIN")
ROUTES = (
    write("POST", _TEAM, add_to_team, *_OF_TEAM),
    write("PATCH", f"{_TEAM}/{{membershipId}}", update_in_team, *_OF_TEAM),
    write("DELETE", f"{_TEAM}/{{membershipId}}", remove_from_team, *_OF_TEAM),
    write("POST", _ORGANIZATION_TEAM, add_to_organization_team, *_OF_ORGANIZATION_TEAM),
    write(
        "PATCH", f"{_ORGANIZATION_TEAM}/{{membershipId}}", update_in_team, *_OF_ORGANIZATION_TEAM
    ),
    write(
        "DELETE", f"{_ORGANIZATION_TEAM}/{{membershipId}}", remove_from_team, *_OF_ORGANIZATION_TEAM
    ),
    write("POST", _ORGANIZATION, add_to_organization, *organization_role("ORG_ADMIN")),
    write("PATCH", f"{_ORGANIZATION}/{{membershipId}}", update_in_organization, *_OF_ORGANIZATION),
    write(
        "DELETE", f"{_ORGANIZATION}/{{membershipId}}", remove_from_organization, *_OF_ORGANIZATION
    ),
)
