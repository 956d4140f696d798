"""Signing in: consent page, callback, code, tokens; and everything that can go wrong on the way."""

from __future__ import annotations

import hashlib
import threading
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from cal_source.errors import ConfigError
from cal_source.sandbox.routes.oauth2 import CODE_LASTS
from cal_source.signin.callback import Callback
from cal_source.signin.errors import CodeRefused, ConsentDenied, NoCallback, StateMismatch
from cal_source.signin.login import SignIn, authorize_address, sign_in
from cal_source.signin.pkce import challenge, random_text
from cal_source.signin.secrets_file import SecretsFile
from cal_source.signin.stored import read_tokens, write_tokens
from cal_source.signin.token_endpoint import TokenEndpoint
from cal_source.signin.tokens import App, Tokens
from tests.conftest import InProcess

PUBLIC = App("sandbox-public-app")
CONFIDENTIAL = App("sandbox-app", "sandbox-app-secret")
BASE_URL = "http://sandbox.test"
AUTHORIZE = f"{BASE_URL}/auth/oauth2/authorize"


@pytest.fixture
def secrets(tmp_path):
    return SecretsFile(tmp_path / ".dlt" / "secrets.toml")


@pytest.fixture
def walk(small_sandbox, secrets):
    """Signs in at the sandbox; `browse(address, query)` is what the person's browser does."""

    def run(browse=None, *, app=PUBLIC, wait_seconds=10):
        def show(address):
            if browse is not None:
                threads.append(threading.Thread(target=browse, args=(address,)))
                threads[-1].start()

        threads = []
        try:
            with Callback() as callback:
                return sign_in(
                    SignIn(app, AUTHORIZE, ("BOOKING_READ",), wait_seconds),
                    callback=callback,
                    endpoint=TokenEndpoint(BASE_URL, transport=InProcess(small_sandbox)),
                    secrets=secrets,
                    show=show,
                    random_bytes=lambda count: bytes(range(count)),
                )
        finally:
            for thread in threads:
                thread.join()

    return run


@pytest.fixture
def decide(small_sandbox):
    """The person's browser: reads the consent page, decides, and follows to the callback."""

    def make(decision, *, change=lambda query: query, before=lambda: None):
        def browse(address):
            with httpx.Client(transport=InProcess(small_sandbox)) as browser:
                assert browser.get(address).status_code == 200
                sent = browser.post(address, data={"decision": decision})
            target = urlsplit(sent.headers["location"])
            query = {name: values[0] for name, values in parse_qs(target.query).items()}
            before()
            httpx.get(f"http://{target.netloc}{target.path}?{urlencode(change(query))}")

        return browse

    return make


@pytest.mark.parametrize("app", [PUBLIC, CONFIDENTIAL], ids=["public", "confidential"])
def test_sign_in_brings_and_stores_tokens_that_work(walk, decide, small_sandbox, secrets, app):
    tokens = walk(decide("allow"), app=app)

    assert read_tokens(secrets).access_token == tokens.access_token
    assert read_tokens(secrets).app == app
    answer = httpx.Client(transport=InProcess(small_sandbox)).get(
        f"{BASE_URL}/v2/me", headers={"Authorization": f"Bearer {tokens.access_token}"}
    )
    assert answer.status_code == 200
    minutes = (tokens.expires_at - datetime.now(UTC)) / timedelta(minutes=1)
    assert 29 < minutes <= 30


def test_denied_consent_is_told_and_nothing_is_stored(walk, decide, secrets):
    with pytest.raises(ConsentDenied, match="access_denied") as denied:
        walk(decide("deny"))

    assert "cal-warehouse login" in str(denied.value)
    assert read_tokens(secrets) is None


def test_failed_sign_in_leaves_the_one_before(walk, decide, secrets):
    before = Tokens(PUBLIC, BASE_URL, "a", "r", datetime(2030, 1, 1, tzinfo=UTC))
    write_tokens(secrets, before)

    with pytest.raises(ConsentDenied):
        walk(decide("deny"))

    assert read_tokens(secrets) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda query: {**query, "state": "another"},
        lambda query: {name: value for name, value in query.items() if name != "state"},
        lambda query: {**query, "state": "ünï"},
    ],
    ids=["another", "none", "not ascii"],
)
def test_callback_of_another_sign_in_is_not_used(walk, decide, secrets, change):
    with pytest.raises(StateMismatch, match="login"):
        walk(decide("allow", change=change))

    assert read_tokens(secrets) is None


def test_expired_code_is_told(walk, decide, small_sandbox, secrets):
    def wait():
        small_sandbox.clock.advance(CODE_LASTS + timedelta(seconds=1))

    with pytest.raises(CodeRefused, match="cal-warehouse login") as refused:
        walk(decide("allow", before=wait))

    assert refused.value.status == 400
    assert "invalid_grant" in refused.value.reason
    assert read_tokens(secrets) is None


def test_wrong_client_secret_is_told_without_it(walk, decide):
    with pytest.raises(CodeRefused, match="invalid_client") as refused:
        walk(decide("allow"), app=App("sandbox-app", "canary"))

    assert "canary" not in str(refused.value)


def test_nobody_coming_back_is_told(walk):
    with pytest.raises(NoCallback, match=r"0\.05 seconds") as missed:
        walk(wait_seconds=0.05)

    assert "--wait" in str(missed.value)


def test_other_requests_to_the_callback_are_passed_over(walk, decide):
    def browse(address):
        home = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        other = httpx.get(home.replace("/callback", "/favicon.ico"))
        assert other.status_code == 404
        decide("allow")(address)

    assert walk(browse).access_token


def test_page_of_the_callback_repeats_nothing_and_is_not_kept(walk, decide):
    pages = []

    def browse(address):
        home = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        pages.append(httpx.get(f"{home}?state=canary&code=canary"))

    with pytest.raises(StateMismatch):
        walk(browse)

    assert "canary" not in pages[0].text
    assert pages[0].headers["Cache-Control"] == "no-store"


def test_tokens_that_cannot_be_stored_are_told_before_anybody_is_asked(walk, secrets):
    secrets.path.parent.mkdir()
    secrets.path.write_text("[broken")
    asked = []

    with pytest.raises(ConfigError, match="left as it is"):
        walk(asked.append)

    assert asked == []


def test_port_that_is_taken_is_told():
    with Callback() as first:
        port = urlsplit(first.address).port
        with pytest.raises(ConfigError, match="--port"):
            Callback(port)


def test_authorize_address_carries_what_oauth_asks_for():
    wanted = SignIn(PUBLIC, AUTHORIZE, ("A", "B"))

    address = authorize_address(
        wanted, redirect_uri="http://127.0.0.1:1/callback", state="s", challenge="c"
    )

    assert {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} == {
        "response_type": "code",
        "client_id": "sandbox-public-app",
        "redirect_uri": "http://127.0.0.1:1/callback",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "scope": "A B",
    }


def test_challenge_is_that_of_rfc_7636():
    # appendix B of the RFC
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert challenge(verifier) == (
        urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    )


def test_random_text_is_long_enough_for_a_verifier():
    text = random_text(lambda count: b"\xff" * count)

    assert len(text) == 43
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
