"""Webhooks of users, event types, teams' event types, organisations and platform clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.errors import ForbiddenError, NotFoundError
from cal_source.sandbox.guards import authenticated, organization_role, team_role
from cal_source.sandbox.render.people import webhook_json, webhook_row_json
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import SKIP_TAKE, page_by_id

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Webhook


def list_own(call: Call) -> Any:
    """The caller's webhooks."""
    return _list(call, user_id=call.user.id)


def one_own(call: Call) -> Any:
    """One of the caller's webhooks, as the whole row.

    Raises:
        ForbiddenError: It is not the caller's.
    """
    row = _existing(call)
    if row.user_id != call.user.id:
        text = "Forbidden resource"
        raise ForbiddenError(text)
    return success(webhook_row_json(row))


def list_of_event_type(call: Call) -> Any:
    """Webhooks of the caller's event type."""
    return _list(call, event_type_id=int(call.params["eventTypeId"]))


def one_of_owner(call: Call) -> Any:
    """One webhook below the user's level."""
    return success(webhook_json(_existing(call)))


def list_of_organization(call: Call) -> Any:
    """Webhooks of an organisation."""
    return _list(call, team_id=int(call.params["orgId"]))


def list_of_client(call: Call) -> Any:
    """Webhooks of a platform client."""
    return _list(call, oauth_client_id=call.params["clientId"])


def owns_event_type(call: Call) -> None:
    """The path's event type is the caller's own.

    Raises:
        NotFoundError: There is no such event type.
        ForbiddenError: It is somebody else's.
    """
    key = call.params["eventTypeId"]
    row = call.world.event_types.get(call.guarded_number("eventTypeId"))
    name = "IsUserEventTypeWebhookGuard"
    if row is None:
        raise NotFoundError(f"{name} - Event type ({key}) not found")
    if row.owner_id != call.user.id:
        text = f"{name} - User ({call.user.id}) is not the owner of event type ({key})"
        raise ForbiddenError(text)


def is_of_team(call: Call) -> None:
    """The path's event type is the team's, and its webhook exists.

    Raises:
        NotFoundError: One of them does not.
    """
    key, team_id = call.params["eventTypeId"], call.params["teamId"]
    row = call.world.event_types.get(call.guarded_number("eventTypeId"))
    name = "IsTeamEventTypeWebhookGuard"
    if row is None or row.team_id != int(team_id):
        raise NotFoundError(f"{name} - Event type ({key}) not found for team ({team_id})")
    webhook_id = call.params.get("webhookId")
    if webhook_id is not None and webhook_id not in call.world.webhooks:
        raise NotFoundError(f"{name} - Webhook ({webhook_id}) not found")


def is_of_organization(call: Call) -> None:
    """The path's webhook is the organisation's.

    Raises:
        ForbiddenError: It is not.
    """
    question = ("webhook", call.params["webhookId"], call.params["orgId"])
    if call.grants.holds(question, call.now):
        return
    row = call.world.webhooks.get(call.params["webhookId"])
    if row is None or row.team_id != int(call.params["orgId"]):
        raise ForbiddenError(
            f"IsWebhookInOrg - webhook with id={call.params['webhookId']} is not part of the "
            f"organization with id={call.params['orgId']}.",
        )
    call.grants.remember(question, call.now)


def administers_client(call: Call) -> None:
    """The path's client belongs to the platform the caller has a role in.

    Raises:
        ForbiddenError: The caller is in no platform.
        NotFoundError: The client is not of the platform.
    """
    client = call.world.oauth_clients.get(call.params["clientId"])
    organization = call.world.teams.get(call.user.organization_id or 0)
    if organization is None or not organization.is_platform:
        text = "OrganizationRolesGuard - Organization is not a platform (SHP)."
        raise ForbiddenError(text)
    if client is None or client.organization_id != organization.id:
        text = f"IsOAuthClientWebhookGuard - OAuth client ({call.params['clientId']}) not found"
        raise NotFoundError(text)


def _list(call: Call, **owner: object) -> Any:
    [(column, value)] = owner.items()
    values = SKIP_TAKE.read(call.query)
    rows = [row for row in call.world.webhooks.values() if getattr(row, column) == value]
    return success([webhook_json(row) for row in page_by_id(rows, values)])


def _existing(call: Call) -> Webhook:
    webhook_id = call.params["webhookId"]
    row = call.world.webhooks.get(webhook_id)
    if row is None:
        text = f"Webhook ({webhook_id}) not found"
        raise NotFoundError(text)
    return row


_EVENT_TYPE: Final = "/v2/event-types/{eventTypeId}/webhooks"
_TEAM_EVENT_TYPE: Final = "/v2/teams/{teamId}/event-types/{eventTypeId}/webhooks"
_ORGANIZATION: Final = "/v2/organizations/{orgId}/webhooks"
_CLIENT: Final = "/v2/oauth-clients/{clientId}/webhooks"
ROUTES = (
    get("/v2/webhooks", list_own, authenticated),
    get("/v2/webhooks/{webhookId}", one_own, authenticated),
    get(_EVENT_TYPE, list_of_event_type, authenticated, owns_event_type),
    get(f"{_EVENT_TYPE}/{{webhookId}}", one_of_owner, authenticated, owns_event_type),
    get(_TEAM_EVENT_TYPE, list_of_event_type, *team_role("TEAM_ADMIN"), is_of_team),
    get(f"{_TEAM_EVENT_TYPE}/{{webhookId}}", one_of_owner, *team_role("TEAM_ADMIN"), is_of_team),
    get(_ORGANIZATION, list_of_organization, *organization_role("ORG_ADMIN")),
    get(
        f"{_ORGANIZATION}/{{webhookId}}",
        one_of_owner,
        *organization_role("ORG_ADMIN"),
        is_of_organization,
    ),
    get(_CLIENT, list_of_client, authenticated, administers_client),
    get(f"{_CLIENT}/{{webhookId}}", one_of_owner, authenticated, administers_client),
)
