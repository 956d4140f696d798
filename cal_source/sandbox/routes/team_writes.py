"""Making, changing and deleting teams, alone or within an organisation, and inviting to them.

Source: recordings `*team_profile*`, `*team_details*`, `delete_team_*`, `*team_in_organization*`,
`update_team_information_by_id__*` and `create_team_invite_link__*` of `recorded-actions`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    is_at_least_long,
    is_boolean,
    is_number,
    is_object,
    is_string,
)
from cal_source.sandbox.call import success
from cal_source.sandbox.cascades import delete_team
from cal_source.sandbox.connections import InviteToken
from cal_source.sandbox.errors import (
    BadRequestError,
    DuplicateError,
    RecordNotFoundError,
    UnforeseenError,
)
from cal_source.sandbox.guards import (
    authenticated,
    is_team_in_organization,
    organization_role,
    organization_team_role,
    team_role,
)
from cal_source.sandbox.records import Team
from cal_source.sandbox.render.people import team_json
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.membership_writes import add_membership

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_TEXTS: Final = ("slug", "logoUrl", "calVideoLogo", "appLogo", "appIconLogo", "bio")
_LOOKS: Final = ("theme", "brandColor", "darkBrandColor", "bannerUrl")
_NOT_NULL: Final = frozenset({"slug", "timeZone", "weekStart"})
_INVITATION_LASTS: Final = timedelta(days=7)


def _text(name: str) -> BodyField:
    is_nullable = name not in _NOT_NULL
    return BodyField(name, (is_string(name),), is_optional=True, is_nullable=is_nullable)


def _flag(name: str) -> BodyField:
    return BodyField(name, (is_boolean(name),), is_optional=True)


_UPDATE_RULES: Final = BodyRules((
    BodyField("name", (is_at_least_long("name", 1), is_string("name"))),
    *(_text(name) for name in _TEXTS),
    _flag("hideBranding"),
    _flag("isPrivate"),
    _flag("hideBookATeamMember"),
    BodyField("metadata", (is_object("metadata"),), is_optional=True),
    *(_text(name) for name in _LOOKS),
    BodyField("timeFormat", (is_number("timeFormat"),), is_optional=True),
    _text("timeZone"),
    _text("weekStart"),
    _flag("autoAcceptCreator"),
))
_CREATE_RULES: Final = BodyRules(
    _UPDATE_RULES.fields,
    {
        "hideBranding": False,
        "timeZone": "Europe/London",
        "weekStart": "Sunday",
        "autoAcceptCreator": True,
    },
)
_COLUMNS: Final = {
    "name": "name",
    "slug": "slug",
    "bio": "bio",
    "timeZone": "time_zone",
    "weekStart": "week_start",
    "metadata": "metadata",
}


def create(call: Call) -> Any:
    """Make a team of the caller's own.

    With billing on and the payment provider out of reach the call fails, but the team stays.

    Raises:
        BadRequestError: The caller owns a team of this name.
        UnforeseenError: Billing is on.
    """
    body = _CREATE_RULES.read(call)
    owned = {
        row.team_id
        for row in call.world.memberships.values()
        if row.user_id == call.user.id and row.role == "OWNER"
    }
    if any(call.world.teams[key].name == body["name"] for key in owned):
        text = f"You already have created a team with name={body['name']}"
        raise BadRequestError(text)
    team = _add(call, body, parent_id=None)
    if call.world.connections.is_team_billing_on:
        raise UnforeseenError
    return _with_creator(call, team, body)


def create_in_organization(call: Call) -> Any:
    """Make a team within an organisation."""
    body = _CREATE_RULES.read(call)
    team = _add(call, body, parent_id=int(call.params["orgId"]))
    return _with_creator(call, team, body)


def update(call: Call) -> Any:
    """Change a team; its name must be given.

    Raises:
        RecordNotFoundError: The team was deleted a moment ago.
    """
    body = _UPDATE_RULES.read(call)
    team = _existing(call)
    if body.get("slug", team.slug) != team.slug:
        _check_slug(call, body["slug"], team.parent_id)
    changed = call.world.edit("teams", team.id, **_columns(body, team.settings))
    return success(team_json(changed))


def delete(call: Call) -> Any:
    """Delete a team and all it owns."""
    team = _existing(call)
    delete_team(call.world, team.id)
    return success(team_json(team))


def invite(call: Call) -> Any:
    """Make a link that lets whoever has it join the team; every call makes a new one."""
    token = call.ids.token()
    expires_at = call.now + _INVITATION_LASTS
    team_id = int(call.params["teamId"])
    call.world.connections.invite_tokens[token] = InviteToken(token, team_id, expires_at)
    link = f"{call.world.web_url}/signup?token={token}&callbackUrl=/getting-started"
    return success({"token": token, "inviteLink": link})


def _existing(call: Call) -> Team:
    team = call.world.teams.get(call.guarded_number("teamId"))
    if team is None:
        raise RecordNotFoundError
    return team


def _add(call: Call, body: Json, parent_id: int | None) -> Team:
    slug = body.get("slug") or re.sub(r"[^a-z0-9]+", "-", body["name"].lower()).strip("-")
    _check_slug(call, slug, parent_id)
    key = call.ids.number("teams", call.world.teams)
    columns = _columns(body, {}) | {"slug": slug}
    call.world.teams[key] = Team(key, parent_id=parent_id, **columns)
    call.world.touch()
    return call.world.teams[key]


def _with_creator(call: Call, team: Team, body: Json) -> Any:
    is_accepted = body["autoAcceptCreator"]
    add_membership(call, team.id, call.user.id, "OWNER", is_accepted=is_accepted)
    return success(team_json(team))


def _columns(body: Json, settings: Json) -> Json:
    columns = {column: body[name] for name, column in _COLUMNS.items() if name in body}
    rest = {name: value for name, value in body.items() if name not in _COLUMNS}
    rest.pop("autoAcceptCreator", None)
    return columns | {"settings": settings | rest}


def _check_slug(call: Call, slug: str, parent_id: int | None) -> None:
    rows = call.world.teams.values()
    if any(row.slug == slug and row.parent_id == parent_id for row in rows):
        raise DuplicateError


_ORGANIZATION: Final = "/v2/organizations/{orgId}/teams"
_OF_ORGANIZATION: Final = (*organization_role("ORG_ADMIN"), is_team_in_organization)
ROUTES = (
    write("POST", "/v2/teams", create, authenticated),
    write("PATCH", "/v2/teams/{teamId}", update, *team_role("TEAM_OWNER")),
    write("DELETE", "/v2/teams/{teamId}", delete, *team_role("TEAM_OWNER")),
    write("POST", _ORGANIZATION, create_in_organization, *organization_role("ORG_ADMIN")),
    write("PATCH", f"{_ORGANIZATION}/{{teamId}}", update, *_OF_ORGANIZATION),
    write("DELETE", f"{_ORGANIZATION}/{{teamId}}", delete, *_OF_ORGANIZATION),
    write(
        "POST",
        f"{_ORGANIZATION}/{{teamId}}/invite",
        invite,
        *organization_team_role("TEAM_ADMIN"),
        status=200,
    ),
)
