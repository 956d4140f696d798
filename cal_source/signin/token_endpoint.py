"""Cal.com's token endpoint: a code or a refresh token in, tokens out (RFC 6749).

Source: `POST /v2/auth/oauth2/token` of the OpenAPI document of March 2026. It answers without
Cal.com's envelope, so it is no matter for `CalClient`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx
import msgspec

from cal_source.errors import MalformedAnswer, NotCalError, ServerError, Unreachable
from cal_source.signin.errors import CodeRefused, RefreshRefused
from cal_source.signin.tokens import App, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_PATH: Final = "/v2/auth/oauth2/token"
_TIMEOUT_SECONDS: Final = 30.0


class _Granted(msgspec.Struct):
    access_token: str
    refresh_token: str
    expires_in: float


class TokenEndpoint:
    """The token endpoint of one server.

    Args:
        base_url: The API's address, without `/v2`.
        transport: Sends requests in place of the network.
        clock: The current time, UTC.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._clock = clock

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Return the tokens for a code of the consent page.

        Raises:
            CodeRefused: The code is expired, used, or not for this app and address.
            RequestFailed: No usable answer.
        """
        response = self._post(
            app,
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        if response.is_client_error:
            raise CodeRefused(response.status_code, _reason(response))
        return self._tokens(app, response)

    def refresh(self, tokens: Tokens) -> Tokens:
        """Return the next tokens; the old refresh token is used up.

        Raises:
            RefreshRefused: The refresh token was revoked, used, or has expired.
            RequestFailed: No usable answer.
        """
        response = self._post(
            tokens.app, grant_type="refresh_token", refresh_token=tokens.refresh_token
        )
        if response.is_client_error:
            raise RefreshRefused(response.status_code, _reason(response))
        return self._tokens(tokens.app, response)

    def _post(self, app: App, **fields: str) -> httpx.Response:
        secret = {"client_secret": app.client_secret} if app.client_secret else {}
        try:
            with httpx.Client(transport=self._transport, timeout=_TIMEOUT_SECONDS) as http:
                return http.post(
                    self.base_url + _PATH,
                    data={"client_id": app.client_id, **secret, **fields},
                    headers={"Accept": "application/json"},
                )
        except httpx.HTTPError as error:
            message = f"{type(error).__name__}: {error}"
            raise Unreachable(method="POST", path=_PATH, cal_message=message) from error

    def _tokens(self, app: App, response: httpx.Response) -> Tokens:
        known: dict[str, Any] = {"method": "POST", "path": _PATH, "status": response.status_code}
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ServerError(**known, cal_message=_reason(response))
        if not response.is_success:
            raise NotCalError(**known, cal_message="a redirect, which is not followed")
        try:
            granted = msgspec.json.decode(response.content, type=_Granted)
        except (msgspec.DecodeError, UnicodeDecodeError):  # from None: it may quote a token
            raise MalformedAnswer(**known, cal_message="no tokens as RFC 6749 has them") from None
        return Tokens(
            app=app,
            base_url=self.base_url,
            access_token=granted.access_token,
            refresh_token=granted.refresh_token,
            expires_at=self._clock() + timedelta(seconds=granted.expires_in),
        )


def _reason(response: httpx.Response) -> str:
    """Return what a refusal says, in OAuth's shape or one of Cal.com's."""
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        return "no reason given"
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or error.get("code") or "no reason given")
    words = (error, body.get("error_description") or body.get("message"))
    return ": ".join(str(word) for word in words if word) or "no reason given"
