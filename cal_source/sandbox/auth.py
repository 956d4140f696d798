"""Who a request comes from: API keys, access tokens and the credentials of platform clients.

Source: BEHAVIOUR.md sections 1.1, 1.2 and 2; recordings `err_401_*`, `oauth_*`,
`edge_managed_token_*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.call import Principal
from cal_source.sandbox.errors import TokenExpiredError, UnauthorizedError
from cal_source.sandbox.ratelimit import (
    ADDRESS_LIMIT,
    API_KEY_LIMIT,
    OAUTH_LIMIT,
    WINDOW_SECONDS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cal_source.sandbox.records import ApiKey
    from cal_source.sandbox.world import World

_KEY_PREFIX: Final = "cal_"
_CLIENT_ID, _CLIENT_SECRET = "x-cal-client-id", "x-cal-secret-key"
_STRATEGY: Final = "ApiAuthStrategy"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries, header names in lower case."""

    bearer: str | None
    client_id: str | None
    client_secret: str | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Credentials:
        """Take the credentials out of headers; the word Bearer may be missing."""
        sent = {name.lower(): value for name, value in headers.items()}
        bearer = sent.get("authorization", "").removeprefix("Bearer ").strip()
        return cls(bearer or None, sent.get(_CLIENT_ID), sent.get(_CLIENT_SECRET))


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a request is counted under, its limit per minute and how long exceeding it blocks."""

    name: str
    limit: int
    block_seconds: float = WINDOW_SECONDS


def rate_bucket(
    world: World,
    credentials: Credentials,
    address: str,
    limit_per_minute: int | None,
) -> Bucket:
    """Choose the bucket of a request: its key, else its token, else its client, else its address.

    Args:
        world: The state with the keys.
        credentials: What the request carries.
        address: Network address of the caller.
        limit_per_minute: Overrides every limit when given.

    Raises:
        UnauthorizedError: The bearer looks like an API key and is none.
    """
    if credentials.bearer is not None:
        if not credentials.bearer.startswith(_KEY_PREFIX):
            return Bucket(f"token {credentials.bearer}", limit_per_minute or OAUTH_LIMIT)
        key = world.api_keys.get(credentials.bearer)
        if key is None:
            raise UnauthorizedError("CustomThrottlerGuard - Invalid API Key")
        limit = limit_per_minute or key.limit_per_minute or API_KEY_LIMIT
        return Bucket(f"key {key.token}", limit, key.block_seconds)
    if credentials.client_id is not None:
        return Bucket(f"client {credentials.client_id}", limit_per_minute or OAUTH_LIMIT)
    return Bucket(f"address {address}", limit_per_minute or ADDRESS_LIMIT)


def authenticate(world: World, credentials: Credentials, now: datetime) -> Principal:
    """Find the user a request acts as.

    Raises:
        UnauthorizedError: No credentials, or ones that are not (or no longer) good.
        TokenExpiredError: A managed user's token is past its time (498).
    """
    if credentials.client_id is not None and credentials.client_secret is not None:
        return _as_client(world, credentials.client_id, credentials.client_secret)
    if credentials.bearer is not None:
        if credentials.bearer.startswith(_KEY_PREFIX):
            return _as_key(world, world.api_keys[credentials.bearer], now)
        return _as_token(world, credentials.bearer, now)
    if credentials.client_id is not None:
        raise UnauthorizedError(
            f"{_STRATEGY} - Only '{_CLIENT_ID}' header provided. Please also provide "
            f"'{_CLIENT_SECRET}' header or Auth bearer token as 'Authentication' header",
        )
    raise UnauthorizedError(
        f"{_STRATEGY} - No authentication method provided. Either pass an API key as 'Bearer' "
        f"header or OAuth client credentials as '{_CLIENT_SECRET}' and '{_CLIENT_ID}' headers",
    )


def caller_name(world: World, credentials: Credentials) -> str:
    """A name for logs: the key's, the client's id, `token`, or `none`; never the secret."""
    if credentials.bearer is not None:
        key = world.api_keys.get(credentials.bearer)
        return key.name if key else "token"
    return credentials.client_id or "none"


def _as_client(world: World, client_id: str, secret: str) -> Principal:
    client = world.oauth_clients.get(client_id)
    if client is None:
        raise UnauthorizedError(
            f"{_STRATEGY} - oAuth client - Client with ID {client_id} not found"
        )
    if client.secret != secret:
        raise UnauthorizedError(f"{_STRATEGY} - oAuth client - Invalid client secret")
    members = world.memberships_of_team(client.organization_id)
    owner = next(row for row in members if row.role == "OWNER")
    return Principal(world.users[owner.user_id], client)


def _as_key(world: World, key: ApiKey, now: datetime) -> Principal:
    if key.is_revoked:
        raise UnauthorizedError(f"{_STRATEGY} - api key - Your api key is not valid")
    if key.expires_at is not None and key.expires_at.date() < now.date():
        raise UnauthorizedError(f"{_STRATEGY} - api key - Your api key is expired")
    return Principal(world.users[key.user_id])


def _as_token(world: World, bearer: str, now: datetime) -> Principal:
    token = world.access_tokens.get(bearer)
    if token is None:
        raise UnauthorizedError("Invalid Access Token.")
    if token.expires_at <= now:
        raise TokenExpiredError
    return Principal(world.users[token.user_id], world.oauth_clients.get(token.client_id or ""))
