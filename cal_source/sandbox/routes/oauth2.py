"""Letting an app of a third party into an account: the consent page and the token endpoint.

The page is the web application's, reduced to a form: who signs in, and whether they agree. The
token endpoint answers as OAuth 2.0 has it, without Cal.com's envelope.

Source: the OpenAPI document of March 2026 (`/v2/auth/oauth2/*`); RFC 6749, 7636 and 8252.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from cal_source.sandbox.call import Reply, success
from cal_source.sandbox.connections import AuthorizationCode, OAuthApp, RefreshToken
from cal_source.sandbox.errors import NotFoundError
from cal_source.sandbox.records import AccessToken
from cal_source.sandbox.router import get, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

CODE_LASTS: Final = timedelta(minutes=10)
ACCESS_LASTS: Final = timedelta(minutes=30)
_REFRESH_LASTS: Final = timedelta(days=365)
_ASKED: Final = (
    "client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge",
    "code_challenge_method",
)  # fmt: skip
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_HTML: Final = {"Content-Type": "text/html; charset=utf-8"}


class RefusedError(Exception):
    """What OAuth 2.0 answers when something is wrong: an error word and a sentence."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.error, self.description, self.status = error, description, status
        super().__init__(f"{error}: {description}")


def consent_page(call: Call) -> Reply:
    """The page that asks for consent; the browser sends its form back to the same address."""
    asked = {name: value for name, value in call.query if name in _ASKED}
    try:
        app = _app_asking(call, asked)
    except RefusedError as refused:
        return _page(refused.status, f"<p>{escape(refused.description)}</p>")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    people = "".join(
        f'<option value="{user.id}">{escape(user.name or user.email)}</option>'
        for user in _people(call)
    )
    return _page(
        200,
        f"<p>{escape(app.name)} asks for access to your account.</p>"
        f'<form method="post">{hidden}<label>Signed in as <select name="user_id">{people}</select>'
        '</label><button name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny">Deny</button></form>',
    )


def consent(call: Call) -> Reply:
    """The form sent back: leads to the app, with a code or with the refusal.

    Without `user_id` the first person with an API key is signed in.
    """
    form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    asked = {name: value for name, value in [*call.query, *form.items()] if name in _ASKED}
    try:
        app = _app_asking(call, asked)
    except RefusedError as refused:
        return _page(refused.status, f"<p>{escape(refused.description)}</p>")
    answer = {"state": asked["state"]} if "state" in asked else {}
    complaint = _complaint(app, asked)
    if form.get("decision") != "allow":
        answer |= {"error": "access_denied", "error_description": "The user denied the request"}
    elif complaint is not None:
        answer |= {"error": "invalid_request", "error_description": complaint}
    else:
        people = {str(user.id): user.id for user in _people(call)}
        user_id = people.get(form.get("user_id", ""), next(iter(people.values())))
        answer |= {"code": _new_code(call, app, asked, user_id)}
    address = asked["redirect_uri"]
    joint = "&" if "?" in address else "?"
    return Reply(302, b"", {"Location": f"{address}{joint}{urlencode(answer)}"})


def token(call: Call) -> Reply:
    """Tokens for a code or for a refresh token, each of which is good for one use."""
    body = _token_body(call)
    try:
        app = _proven_app(call, body)
        user_id = _granted(call, app, body)
    except RefusedError as refused:
        answer = {"error": refused.error, "error_description": refused.description}
        return Reply(refused.status, answer)
    return Reply(200, _tokens(call, app, user_id), {"Cache-Control": "no-store"})


def client(call: Call) -> Any:
    """An app's public face.

    Raises:
        NotFoundError: There is no such app.
    """
    app = call.world.connections.oauth_apps.get(call.params["clientId"])
    if app is None:
        text = f"OAuth client with ID '{call.params['clientId']}' not found"
        raise NotFoundError(text)
    return success(
        {
            "client_id": app.id,
            "redirect_uri": app.redirect_uri,
            "name": app.name,
            "logo": None,
            "is_trusted": False,
            "client_type": "PUBLIC" if app.secret is None else "CONFIDENTIAL",
        },
    )


def _people(call: Call) -> list[Any]:
    """Who can sign in: everybody who has an API key, first key first."""
    ids = dict.fromkeys(key.user_id for key in call.world.api_keys.values())
    return [call.world.users[key] for key in ids if key in call.world.users]


def _app_asking(call: Call, asked: Mapping[str, str]) -> OAuthApp:
    """The app that asks for consent; a wrong address is never led to.

    Raises:
        RefusedError: There is no such app, or the address is not its own.
    """
    app = call.world.connections.oauth_apps.get(asked.get("client_id", ""))
    if app is None:
        text = "There is no app with this client_id."
        raise RefusedError("invalid_client", text)
    if not _is_own_address(app.redirect_uri, asked.get("redirect_uri", "")):
        text = "The redirect_uri is not the one this app was registered with."
        raise RefusedError("invalid_request", text)
    return app


def _is_own_address(registered: str, asked: str) -> bool:
    one, other = urlsplit(registered), urlsplit(asked)
    if one.hostname in _LOOPBACK:
        return one.scheme == other.scheme and other.hostname in _LOOPBACK
    return registered == asked


def _complaint(app: OAuthApp, asked: Mapping[str, str]) -> str | None:
    if asked.get("response_type") != "code":
        return "response_type must be 'code'"
    if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
        return "code_challenge_method must be 'S256'"
    if app.secret is None and "code_challenge" not in asked:
        return "A public app must send a code_challenge"
    return None


def _new_code(call: Call, app: OAuthApp, asked: Mapping[str, str], user_id: int) -> str:
    row = AuthorizationCode(
        code=call.ids.token(),
        app_id=app.id,
        user_id=user_id,
        redirect_uri=asked["redirect_uri"],
        expires_at=call.now + CODE_LASTS,
        challenge=asked.get("code_challenge"),
        scopes=tuple(asked.get("scope", "").split()),
    )
    call.world.connections.authorization_codes[row.code] = row
    return row.code


def _token_body(call: Call) -> Json:
    text = call.body.decode("utf-8", "replace")
    if not text.lstrip().startswith("{"):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        body = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _proven_app(call: Call, body: Json) -> OAuthApp:
    """The app of a token request; a confidential one must know its secret.

    Raises:
        RefusedError: There is no such app, or the secret is wrong.
    """
    app = call.world.connections.oauth_apps.get(str(body.get("client_id")))
    if app is None:
        text = "There is no app with this client_id."
        raise RefusedError("invalid_client", text, 401)
    if app.secret is not None and body.get("client_secret") != app.secret:
        text = "The client_secret is wrong."
        raise RefusedError("invalid_client", text, 401)
    return app


def _granted(call: Call, app: OAuthApp, body: Json) -> int:
    """The user whom tokens are for.

    Raises:
        RefusedError: They are asked for in no known way.
    """
    grants = {"authorization_code": _exchange, "refresh_token": _refresh}
    grant = grants.get(str(body.get("grant_type")))
    if grant is None:
        text = "grant_type must be 'authorization_code' or 'refresh_token'"
        raise RefusedError("unsupported_grant_type", text)
    return grant(call, app, body)


def _exchange(call: Call, app: OAuthApp, body: Json) -> int:
    """The user who agreed; the code ends here, also where it is refused.

    Raises:
        RefusedError: The code is not good, or its PKCE verifier is not.
    """
    row = call.world.connections.authorization_codes.pop(str(body.get("code")), None)
    if row is None or row.app_id != app.id or row.expires_at <= call.now:
        text = "The code is unknown, was used or has expired."
        raise RefusedError("invalid_grant", text)
    if body.get("redirect_uri") != row.redirect_uri:
        text = "The redirect_uri is not the one the code was asked with."
        raise RefusedError("invalid_grant", text)
    if row.challenge is not None and _challenge(str(body.get("code_verifier"))) != row.challenge:
        text = "The code_verifier does not fit the code_challenge."
        raise RefusedError("invalid_grant", text)
    return row.user_id


def _refresh(call: Call, app: OAuthApp, body: Json) -> int:
    """The user a refresh token is for; it ends here.

    Raises:
        RefusedError: It is unknown, was used or revoked, or has expired.
    """
    tokens = call.world.connections.refresh_tokens
    row = tokens.get(str(body.get("refresh_token")))
    if row is None or row.client_id != app.id or row.expires_at <= call.now:
        text = "The refresh_token is unknown, was used or revoked, or has expired."
        raise RefusedError("invalid_grant", text)
    del tokens[row.token]
    return row.user_id


def _tokens(call: Call, app: OAuthApp, user_id: int) -> Json:
    access, refresh = call.ids.token(), call.ids.token()
    ends = call.now + ACCESS_LASTS
    call.world.access_tokens[access] = AccessToken(access, user_id, None, ends)
    row = RefreshToken(refresh, user_id, app.id, call.now + _REFRESH_LASTS)
    call.world.connections.refresh_tokens[refresh] = row
    return {
        "access_token": access,
        "token_type": "bearer",
        "refresh_token": refresh,
        "expires_in": int(ACCESS_LASTS.total_seconds()),
    }


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _page(status: int, content: str) -> Reply:
    text = f"<!doctype html><title>Authorize</title><h1>Authorize</h1>{content}"
    return Reply(status, text.encode(), _HTML)


_AUTHORIZE: Final = "/auth/oauth2/authorize"
ROUTES = (
    get(_AUTHORIZE, consent_page),
    write("POST", _AUTHORIZE, consent),
    write("POST", "/v2/auth/oauth2/token", token),
    get("/v2/auth/oauth2/clients/{clientId}", client),
)
