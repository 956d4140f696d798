"""What platforms see: their clients, managed users and organisations, and the public provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.errors import ForbiddenError, NotFoundError, UnauthorizedError
from cal_source.sandbox.guards import authenticated, organization_role
from cal_source.sandbox.render.people import managed_user_json
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import QueryRules, number, texts

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json, OAuthClient

# The older paging: at most 500 users can be reached.
_USER_RULES: Final = QueryRules((
    number("limit", minimum=1, maximum=250),
    number("offset", minimum=0, maximum=250),
    texts("emails"),
))
_EMPTY_PAGE: Final[Json] = {
    "returnedItems": 0,
    "totalItems": 0,
    "itemsPerPage": 250,
    "remainingItems": 0,
    "currentPage": 0,
    "totalPages": 0,
    "hasNextPage": False,
    "hasPreviousPage": False,
}


def provider(call: Call) -> Any:
    """A client's public face; no credentials needed.

    Raises:
        NotFoundError: There is no such client.
    """
    client = call.world.oauth_clients.get(call.params["clientId"])
    if client is None:
        text = f"OAuth client with ID '{call.params['clientId']}' not found"
        raise NotFoundError(text)
    return success(
        {
            "clientId": client.id,
            "organizationId": client.organization_id,
            "name": client.name,
        },
    )


def provider_token(_: Call) -> Any:
    """Whether the credentials are good; the client in the path is not looked at."""
    return {"status": "success"}


def clients(call: Call) -> Any:
    """The platform's clients; API keys carry no organisation here and are refused.

    Raises:
        UnauthorizedError: The caller did not use a client's credentials.
    """
    if call.principal is None or call.principal.client is None:
        text = "GetOrgId decorator: Organization ID not found"
        raise UnauthorizedError(text)
    organization_id = call.principal.client.organization_id
    rows = call.world.oauth_clients.values()
    found = [row for row in rows if row.organization_id == organization_id]
    return success([_client_json(call, row) for row in found])


def client(call: Call) -> Any:
    """One client of the caller's platform."""
    return success(_client_json(call, call.world.oauth_clients[_client(call)]))


def users(call: Call) -> Any:
    """Users a client manages."""
    values = _USER_RULES.read(call.query)
    rows = [row for row in call.world.users.values() if row.oauth_client_id == _client(call)]
    if "emails" in values:
        rows = [row for row in rows if row.email in values["emails"]]
    skip = int(values.get("offset", 0))
    taken = rows[skip : skip + int(values.get("limit", 250))]
    return success([managed_user_json(row) for row in taken])


def user(call: Call) -> Any:
    """One user a client manages.

    Raises:
        NotFoundError: The client does not manage this user.
    """
    row = call.world.users.get(call.number("userId"))
    if row is None or row.oauth_client_id != _client(call):
        text = f"User with ID {call.params['userId']} is not part of this OAuth client."
        raise NotFoundError(text)
    return success(managed_user_json(row))


def managed_organizations(_: Call) -> Any:
    """Organisations a platform manages: none."""
    return success([]) | {"pagination": _EMPTY_PAGE}


def managed_organization(call: Call) -> Any:
    """One organisation a platform manages: there is none.

    Raises:
        NotFoundError: Always.
    """
    text = f"Managed organization with id={call.params['managedOrganizationId']} not found."
    raise NotFoundError(text)


def _is_platform(call: Call) -> None:
    """The path's organisation is a platform.

    Raises:
        ForbiddenError: It is not.
    """
    team = call.world.teams[int(call.params["orgId"])]
    if not team.is_platform:
        text = f"IsManagedOrgGuard - organization with id={team.id} is not a platform."
        raise ForbiddenError(text)


def _client(call: Call) -> str:
    """The path's client, which the caller must be or administer.

    Raises:
        NotFoundError: It is not of the caller's platform.
    """
    client_id = call.params["clientId"]
    client = call.world.oauth_clients.get(client_id)
    if client is None or client.organization_id != call.user.organization_id:
        text = f"OAuth client with ID {client_id} not found"
        raise NotFoundError(text)
    return client_id


def _client_json(call: Call, row: OAuthClient) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "secret": row.secret,
        "permissions": sorted(row.permissions),
        "logo": None,
        "redirectUris": [],
        "organizationId": row.organization_id,
        "createdAt": to_iso(call.user.created_at),
        "areEmailsEnabled": True,
        "areDefaultEventTypesEnabled": True,
        "areCalendarEventsEnabled": True,
    }


_CLIENT: Final = "/v2/oauth-clients/{clientId}"
ROUTES = (
    get("/v2/provider/{clientId}", provider),
    get("/v2/provider/{clientId}/access-token", provider_token, authenticated),
    get("/v2/oauth-clients", clients, authenticated),
    get(_CLIENT, client, authenticated),
    get(f"{_CLIENT}/users", users, authenticated),
    get(f"{_CLIENT}/users/{{userId}}", user, authenticated),
    get(
        "/v2/organizations/{orgId}/organizations",
        managed_organizations,
        *organization_role("ORG_ADMIN"),
        _is_platform,
    ),
    get(
        "/v2/organizations/{orgId}/organizations/{managedOrganizationId}",
        managed_organization,
        *organization_role("ORG_ADMIN"),
        _is_platform,
    ),
)
