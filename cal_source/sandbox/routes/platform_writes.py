"""Managed users of a platform's client, and the tokens they are acted for with.

A refresh ends the refresh token that was used and leaves the old access token alive; a forced one
ends every token the client has for the user.

Source: recordings `*oauth_client_user*`, `refresh_oauth_token_for_client_id__*`,
`force_refresh_user_oauth_client__*`, `w_managed_user_*`, `edge_managed_*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.auth import Credentials
from cal_source.sandbox.bodies import BodyField, BodyRules, is_in, is_string, said
from cal_source.sandbox.call import success
from cal_source.sandbox.cascades import delete_account
from cal_source.sandbox.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnauthorizedError,
)
from cal_source.sandbox.guards import authenticated
from cal_source.sandbox.managed_users import (
    add_managed_user,
    drop_tokens,
    managed_email,
    new_tokens,
)
from cal_source.sandbox.render.people import managed_user_json
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.user_writes import (
    TIME_FORMATS,
    change_user,
    columns_of_user,
    profile_rules,
)

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import OAuthClient, User

_TIME_FORMAT: Final = is_in("timeFormat", TIME_FORMATS)
_UPDATE_RULES: Final = profile_rules(_TIME_FORMAT)
_NEEDED: Final = {"email": (is_string("email"),), "name": (is_string("name"),)}
_CREATE_RULES: Final = BodyRules(
    tuple(
        BodyField(field.name, _NEEDED[field.name]) if field.name in _NEEDED else field
        for field in profile_rules(
            said(_TIME_FORMAT, "timeFormat must be a number either 12 or 24")
        ).fields
    ),
)
_REFRESH_RULES: Final = BodyRules((BodyField("refreshToken", (is_string("refreshToken"),)),))
_STRATEGY: Final = "ApiAuthStrategy - oAuth client -"


def create(call: Call) -> Any:
    """Make a managed user, answered with tokens to act for it.

    Raises:
        ConflictError: The client manages somebody of this e-mail address.
    """
    client = _client(call)
    body = _CREATE_RULES.read(call)
    email = managed_email(body["email"], client.id)
    known = next((user for user in call.world.users.values() if user.email == email), None)
    if known is not None:
        text = f"User with the provided e-mail already exists. Existing user ID={known.id}"
        raise ConflictError(text)
    user = add_managed_user(call, client, email, columns_of_user(body) | {"email": email})
    call.world.touch()
    return success({"user": managed_user_json(user)} | new_tokens(call, user.id, client.id))


def update(call: Call) -> Any:
    """Change a managed user."""
    user = _user(call)
    body = _UPDATE_RULES.read(call)
    if "email" in body:
        body["email"] = managed_email(body["email"], call.params["clientId"])
    return success(managed_user_json(change_user(call, user, body)))


def delete(call: Call) -> Any:
    """Delete a managed user, bookings included."""
    user = _user(call)
    delete_account(call.world, user.id)
    return success(managed_user_json(user))


def force_refresh(call: Call) -> Any:
    """Give new tokens for a managed user and end the old ones."""
    user = _user(call)
    drop_tokens(call.world, user.id, call.params["clientId"])
    return success(new_tokens(call, user.id, call.params["clientId"]))


def refresh(call: Call) -> Any:
    """Give new tokens for a refresh token, which ends.

    Raises:
        BadRequestError: The refresh token is not good.
    """
    body = _REFRESH_RULES.read(call)
    tokens = call.world.connections.refresh_tokens
    row = tokens.get(body["refreshToken"])
    client_id = call.params["clientId"]
    if row is None or row.client_id != client_id or row.expires_at <= call.now:
        text = "Invalid refresh token"
        raise BadRequestError(text)
    del tokens[row.token]
    return success(new_tokens(call, row.user_id, client_id))


def has_client_secret(call: Call) -> None:
    """The request carries the secret of the path's client; its id need not be in a header.

    Raises:
        UnauthorizedError: There is no such client, or its secret is another.
    """
    client = call.world.oauth_clients.get(call.params["clientId"])
    if client is None:
        text = f"{_STRATEGY} Client with ID {call.params['clientId']} not found"
        raise UnauthorizedError(text)
    if Credentials.of(call.headers).client_secret != client.secret:
        text = f"{_STRATEGY} Invalid client secret"
        raise UnauthorizedError(text)


def _client(call: Call) -> OAuthClient:
    """The path's client, which must be of the caller's platform.

    Raises:
        NotFoundError: It is not.
    """
    client = call.world.oauth_clients.get(call.params["clientId"])
    if client is None or client.organization_id != call.user.organization_id:
        text = f"OAuth client with ID {call.params['clientId']} not found"
        raise NotFoundError(text)
    return client


def _user(call: Call) -> User:
    client = _client(call)
    user = call.world.users.get(call.number("userId"))
    if user is None or user.oauth_client_id != client.id:
        text = f"User with ID {call.params['userId']} is not part of this OAuth client."
        raise NotFoundError(text)
    return user


_USERS: Final = "/v2/oauth-clients/{clientId}/users"
ROUTES = (
    write("POST", _USERS, create, authenticated),
    write("PATCH", f"{_USERS}/{{userId}}", update, authenticated),
    write("DELETE", f"{_USERS}/{{userId}}", delete, authenticated),
    write("POST", f"{_USERS}/{{userId}}/force-refresh", force_refresh, authenticated, status=200),
    write("POST", "/v2/oauth/{clientId}/refresh", refresh, has_client_secret, status=200),
)
