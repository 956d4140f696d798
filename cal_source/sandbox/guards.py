"""Checks before a handler runs, in Cal.com's order and words.

Source: BEHAVIOUR.md section 1.3; recordings `err_403_*`, `*__not_found`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cal_source.sandbox.auth import Credentials, authenticate
from cal_source.sandbox.call import Call
from cal_source.sandbox.errors import ForbiddenError, NotFoundError
from cal_source.sandbox.world import ADMIN_ROLES

Guard = Callable[[Call], None]
_RANKS: Final = {"MEMBER": 0, "ADMIN": 1, "OWNER": 2}


def authenticated(call: Call) -> None:
    """The request must carry good credentials; a platform client may be named by the path."""
    credentials = Credentials.of(call.headers)
    client_id = call.params.get("clientId", credentials.client_id)
    call.principal = authenticate(call.world, replace(credentials, client_id=client_id), call.now)


def maybe_authenticated(call: Call) -> None:
    """Credentials are optional, but those sent must be good."""
    credentials = Credentials.of(call.headers)
    if credentials.bearer or credentials.client_id:
        authenticated(call)


def permission(name: str) -> Guard:
    """Platform clients need this permission; keys and sessions do not."""

    def guard(call: Call) -> None:
        credentials = Credentials.of(call.headers)
        if not credentials.bearer and not credentials.client_id:
            raise ForbiddenError(
                "PermissionsGuard - no authentication provided. Provide either authorization "
                "bearer token containing managed user access token or oAuth client id in "
                "'x-cal-client-id' header.",
            )
        client = call.world.oauth_clients.get(credentials.client_id or "")
        if client is not None and name not in client.permissions:
            raise ForbiddenError(
                f"PermissionsGuard - oAuth client with id={client.id} does not have the required "
                f"permissions={name}. Go to platform dashboard settings and add the required "
                "permissions to the oAuth client.",
            )

    return guard


def organization_role(role: str) -> tuple[Guard, ...]:
    """The path's organisation must exist and give the user at least this role in it."""
    return (authenticated, is_organization, has_role(role))


def organization_team_role(role: str) -> tuple[Guard, ...]:
    """The path's team must be in the organisation, and the user be this much in either."""
    return (authenticated, is_organization, has_role(role), is_team_in_organization)


def team_role(role: str) -> tuple[Guard, ...]:
    """The user must have at least this role in the path's team."""
    return (authenticated, has_role(role))


def is_organization(call: Call) -> None:
    """The path names an organisation.

    Raises:
        ForbiddenError: It does not.
    """
    team = call.world.teams.get(call.guarded_number("orgId"))
    if team is None or not team.is_organization:
        raise ForbiddenError(
            f"IsOrgGuard - provided organization id={call.params['orgId']} does not represent any "
            "existing organization.",
        )


def is_team_in_organization(call: Call) -> None:
    """The path's team belongs to the path's organisation.

    Raises:
        NotFoundError: It does not.
    """
    team = call.world.teams.get(call.guarded_number("teamId"))
    if team is None or team.parent_id != int(call.params["orgId"]):
        raise NotFoundError(f"IsTeamInOrg - Team ({call.params['teamId']}) not found.")


def is_user_in_organization(call: Call) -> None:
    """The path's user is a member of the path's organisation.

    Raises:
        ForbiddenError: They are not.
    """
    user_id, organization_id = call.guarded_number("userId"), int(call.params["orgId"])
    if call.world.membership(organization_id, user_id) is None:
        raise ForbiddenError(
            f"IsUserInOrg - user with id={user_id} is not part of the organization with "
            f"id={organization_id}.",
        )


def is_user_in_team(call: Call) -> None:
    """The path's user is a member of the path's team.

    Raises:
        ForbiddenError: They are not.
    """
    user_id, team_id = call.guarded_number("userId"), int(call.params["teamId"])
    if call.world.membership(team_id, user_id) is None:
        raise ForbiddenError(
            f"IsUserInOrgTeam - user with id=({user_id}) is not part of the team with "
            f"id=({team_id}) in the organization with id=({call.params['orgId']})",
        )


def is_membership_in_organization(call: Call) -> None:
    """The path's membership belongs to the path's organisation.

    Raises:
        NotFoundError: It does not.
    """
    row = call.world.memberships.get(call.guarded_number("membershipId"))
    if row is None or row.team_id != int(call.params["orgId"]):
        raise NotFoundError(
            f"IsMembershipInOrg - Membership ({call.params['membershipId']}) not found."
        )


def has_role(role: str) -> Guard:
    """The user has at least `role` (ORG_* or TEAM_*); admins of the organisation may do all."""
    scope, minimum = role.split("_")

    def guard(call: Call) -> None:
        question = (call.user.id, role, call.params.get("orgId"), call.params.get("teamId"))
        if call.grants.holds(question, call.now):
            return
        held = _team_role(call) if scope == "TEAM" else _organization_role(call)
        if _RANKS[held] < _RANKS[minimum]:
            raise ForbiddenError(
                f"RolesGuard - user with id={call.user.id} does not have the minimum required "
                f"role={role} within{_scope_text(call)}.",
            )
        call.grants.remember(question, call.now)

    return guard


def _organization_role(call: Call) -> str:
    organization_id = call.params["orgId"]
    row = call.world.membership(int(organization_id), call.user.id)
    if row is not None:
        return row.role
    what = "part" if "teamId" in call.params else "a member"
    text = f"RolesGuard - User is not {what} of the organization with id={organization_id}."
    raise ForbiddenError(text)


def _team_role(call: Call) -> str:
    team_id = call.params["teamId"]
    row = call.world.membership(call.guarded_number("teamId"), call.user.id)
    if "orgId" in call.params:
        in_organization = _organization_role(call)
        if in_organization in ADMIN_ROLES:
            return "OWNER"
        if row is None:
            raise ForbiddenError(
                f"RolesGuard - User is not part of the team with id={team_id} and/or, is not an "
                f"admin nor an owner of the organization with id={call.params['orgId']}.",
            )
    if row is None:
        text = f"RolesGuard - User is not a member of the team with id={team_id}."
        raise ForbiddenError(text)
    return row.role


def _scope_text(call: Call) -> str:
    organization = f" organization with id={call.params['orgId']}" if "orgId" in call.params else ""
    team = f" team with id={call.params['teamId']}" if "teamId" in call.params else ""
    return organization + team
