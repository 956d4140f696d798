"""An app of a third party: the consent page, codes, tokens, and everything that is refused."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

if TYPE_CHECKING:
    from cal_source.sandbox import Answer, Sandbox


BACK = "http://127.0.0.1:8123/callback"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-of-rfc-7636"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
ASKED = {
    "response_type": "code",
    "client_id": "sandbox-public-app",
    "redirect_uri": BACK,
    "state": "s1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def consent(sandbox: Sandbox, decision: str = "allow", **changes: str | None) -> Answer:
    """Send the form of the consent page, with parameters changed or (None) left out."""
    asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
    body = urlencode(asked | {"decision": decision}).encode()
    return sandbox.respond("POST", "/auth/oauth2/authorize", (), {}, body)


def sent_back(answer: Answer) -> dict[str, str]:
    """The parameters that the browser takes back to the app."""
    assert answer.status == 302
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def token(sandbox: Sandbox, **fields: str) -> Answer:
    """Ask the token endpoint as the public app."""
    body = urlencode({"client_id": "sandbox-public-app"} | fields).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return sandbox.respond("POST", "/v2/auth/oauth2/token", (), headers, body)


def exchange(sandbox: Sandbox, code: str, **changes: str) -> Answer:
    """Exchange a code, with the fields that fit it unless they are changed."""
    fields = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changes
    return token(sandbox, grant_type="authorization_code", **fields)


def tokens(sandbox: Sandbox) -> dict[str, Any]:
    """Let the app in and give its tokens."""
    answer = exchange(sandbox, sent_back(consent(sandbox))["code"])
    assert answer.status == 200, answer.body
    granted: dict[str, Any] = answer.json()
    return granted


def me(sandbox: Sandbox, access_token: str) -> Answer:
    headers = {"Authorization": f"Bearer {access_token}"}
    return sandbox.respond("GET", "/v2/me", headers=headers)


def test_page_asks_for_consent_and_carries_what_was_asked(sandbox: Sandbox) -> None:
    answer = sandbox.respond("GET", "/auth/oauth2/authorize", list(ASKED.items()))

    page = answer.body.decode()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Sandbox public app" in page
    assert all(f'name="{name}" value="{value}"' in page for name, value in ASKED.items())


def test_page_escapes_what_was_asked(sandbox: Sandbox) -> None:
    asked = ASKED | {"state": '"><script>'}

    answer = sandbox.respond("GET", "/auth/oauth2/authorize", list(asked.items()))

    assert "<script>" not in answer.body.decode()


def test_consent_brings_tokens_that_act_for_the_person(sandbox: Sandbox) -> None:
    granted = tokens(sandbox)

    assert granted["token_type"] == "bearer"
    assert granted["expires_in"] == 1800
    assert me(sandbox, granted["access_token"]).json()["data"]["id"] == 1001


def test_person_who_agrees_can_be_chosen(sandbox: Sandbox) -> None:
    answer = exchange(sandbox, sent_back(consent(sandbox, user_id="1020"))["code"])

    assert me(sandbox, answer.json()["access_token"]).json()["data"]["id"] == 1020


def test_denied_consent_goes_back_without_a_code(sandbox: Sandbox) -> None:
    back = sent_back(consent(sandbox, "deny"))

    assert (back["error"], back["state"]) == ("access_denied", "s1")
    assert "code" not in back


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "nobody"}, {"redirect_uri": "https://evil.example.com/callback"}],
    ids=["unknown app", "foreign address"],
)
def test_browser_is_not_sent_where_nobody_vouches_for(
    sandbox: Sandbox, changes: dict[str, str]
) -> None:
    answer = consent(sandbox, **changes)

    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
    ],
    ids=["other response type", "public app without PKCE", "plain challenge"],
)
def test_bad_request_goes_back_as_an_error(
    sandbox: Sandbox, changes: dict[str, str | None]
) -> None:
    assert sent_back(consent(sandbox, **changes))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "another"},
        {"redirect_uri": "http://127.0.0.1:9/other"},
        {"code": "unknown"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_code_is_refused_when_anything_does_not_fit(
    sandbox: Sandbox, changes: dict[str, str]
) -> None:
    code = sent_back(consent(sandbox))["code"]

    answer = exchange(sandbox, **({"code": code} | changes))

    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")


def test_code_is_good_once(sandbox: Sandbox) -> None:
    code = sent_back(consent(sandbox))["code"]
    exchange(sandbox, code)

    assert exchange(sandbox, code).json()["error"] == "invalid_grant"


def test_code_expires_after_ten_minutes(sandbox: Sandbox) -> None:
    code = sent_back(consent(sandbox))["code"]
    sandbox.clock.advance(timedelta(minutes=10))

    assert exchange(sandbox, code).json()["error"] == "invalid_grant"


def test_confidential_app_must_know_its_secret(sandbox: Sandbox) -> None:
    back = sent_back(consent(sandbox, client_id="sandbox-app"))

    wrong = exchange(sandbox, back["code"], client_id="sandbox-app", client_secret="guess")
    right = exchange(
        sandbox, back["code"], client_id="sandbox-app", client_secret="sandbox-app-secret"
    )

    assert (wrong.status, wrong.json()["error"]) == (401, "invalid_client")
    assert right.status == 200


def test_refresh_token_is_good_once_and_the_access_token_runs_out(sandbox: Sandbox) -> None:
    granted = tokens(sandbox)
    sandbox.clock.advance(timedelta(minutes=30))
    assert me(sandbox, granted["access_token"]).status == 498

    fields = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    renewed = token(sandbox, **fields)
    again = token(sandbox, **fields)

    assert me(sandbox, renewed.json()["access_token"]).status == 200
    assert (again.status, again.json()["error"]) == (400, "invalid_grant")


def test_revoked_refresh_token_is_refused(sandbox: Sandbox) -> None:
    granted = tokens(sandbox)
    sandbox.world.connections.refresh_tokens.clear()

    answer = token(sandbox, grant_type="refresh_token", refresh_token=granted["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"


def test_token_endpoint_takes_json_and_refuses_other_grants(sandbox: Sandbox) -> None:
    body = b'{"client_id": "sandbox-public-app", "grant_type": "password"}'

    answer = sandbox.respond("POST", "/v2/auth/oauth2/token", (), {}, body)

    assert (answer.status, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_app_shows_its_public_face(sandbox: Sandbox) -> None:
    answer = sandbox.respond("GET", "/v2/auth/oauth2/clients/sandbox-public-app")

    assert answer.json()["data"]["client_type"] == "PUBLIC"
    assert sandbox.respond("GET", "/v2/auth/oauth2/clients/nobody").status == 404
