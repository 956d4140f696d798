"""A stored sign-in: renewed in time, once, and written down before it is used."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx
import pytest

from cal_source.catalogue import operation
from cal_source.client import CalClient
from cal_source.errors import (
    AuthError,
    ConfigError,
    MalformedAnswer,
    NotCalError,
    RequestFailed,
    ServerError,
    Unreachable,
)
from cal_source.sandbox.connections import RefreshToken
from cal_source.signin.errors import RefreshRefused
from cal_source.signin.secrets_file import SecretsFile
from cal_source.signin.stored import StoredTokens, read_tokens, write_tokens
from cal_source.signin.token_endpoint import TokenEndpoint
from cal_source.signin.tokens import App, Tokens
from tests.conftest import InProcess

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ME = operation("retrieve_my_information")
BASE_URL = "http://sandbox.test"


@pytest.fixture
def secrets(tmp_path):
    return SecretsFile(tmp_path / "secrets.toml")


class Endpoint(httpx.BaseTransport):
    """A token endpoint whose refresh tokens work once."""

    def __init__(self, *, answer=None):
        self.good = "refresh-0"
        self.renewals = 0
        self.answer = answer

    def handle_request(self, request):
        form = dict(parse_qsl(request.read().decode()))
        if self.answer is not None:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer
        if form["refresh_token"] != self.good:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.renewals += 1
        self.good = f"refresh-{self.renewals}"
        return httpx.Response(
            200,
            json={
                "access_token": f"access-{self.renewals}",
                "token_type": "bearer",
                "refresh_token": self.good,
                "expires_in": 1800,
            },
        )


def tokens(*, ends_in_seconds=1800, access="access-0", refresh="refresh-0", base_url=BASE_URL):
    ends = NOW + timedelta(seconds=ends_in_seconds)
    return Tokens(App("app", "app-secret"), base_url, access, refresh, ends)


def stored(secrets, server, **options):
    write_tokens(secrets, tokens(**options))
    return StoredTokens(
        secrets,
        endpoint=lambda url: TokenEndpoint(url, transport=server, clock=lambda: NOW),
        clock=lambda: NOW,
    )


def test_tokens_are_the_same_after_writing_and_reading(secrets):
    write_tokens(secrets, tokens())

    assert read_tokens(secrets) == tokens()


def test_tokens_show_no_secret():
    shown = repr(tokens())

    assert not any(secret in shown for secret in ("access-0", "refresh-0", "app-secret"))


def test_current_keeps_a_token_that_is_good_for_a_minute(secrets):
    server = Endpoint()

    assert stored(secrets, server, ends_in_seconds=61).current() == "access-0"
    assert server.renewals == 0


def test_current_renews_before_the_token_ends_and_stores_first(secrets):
    server = Endpoint()

    assert stored(secrets, server, ends_in_seconds=59).current() == "access-1"
    assert read_tokens(secrets).refresh_token == "refresh-1"
    assert read_tokens(secrets).expires_at == NOW + timedelta(minutes=30)


def test_renewed_replaces_a_refused_token_once(secrets):
    server = Endpoint()
    source = stored(secrets, server)

    assert source.renewed("access-0") == "access-1"
    assert source.renewed("access-0") == "access-1"
    assert server.renewals == 1


def test_renewed_takes_the_token_that_another_process_has_stored(secrets):
    server = Endpoint()
    mine, theirs = stored(secrets, server), stored(secrets, server)

    assert theirs.renewed("access-0") == "access-1"
    assert mine.renewed("access-0") == "access-1"
    assert server.renewals == 1


def test_threads_that_are_refused_at_once_use_one_renewal(secrets):
    server = Endpoint()
    sources = [stored(secrets, server) for _ in range(8)]
    found = []

    threads = [
        threading.Thread(target=lambda s=source: found.append(s.renewed("access-0")))
        for source in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["access-1"] * 8
    assert server.renewals == 1


def test_revoked_refresh_token_is_told_and_the_stored_sign_in_stays(secrets):
    server = Endpoint()
    server.good = "another"

    with pytest.raises(RefreshRefused, match="cal-warehouse login") as refused:
        stored(secrets, server).renewed("access-0")

    assert refused.value.status == 400
    assert refused.value.reason == "invalid_grant"
    assert "refresh-0" not in str(refused.value)
    assert read_tokens(secrets) == tokens()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(502, text="bad gateway"), ServerError),
        (httpx.Response(302, headers={"location": "/x"}), NotCalError),
        (httpx.Response(200, json={"access_token": "canary"}), MalformedAnswer),
        (httpx.Response(200, text="<html>"), MalformedAnswer),
        (httpx.ConnectError("refused"), Unreachable),
    ],
    ids=["server", "redirect", "incomplete", "page", "unreachable"],
)
def test_renewing_without_a_usable_answer_loses_nothing(secrets, answer, error):
    with pytest.raises(error) as failed:
        stored(secrets, Endpoint(answer=answer)).renewed("access-0")

    assert isinstance(failed.value, RequestFailed)
    assert "canary" not in str(failed.value)
    assert read_tokens(secrets) == tokens()


def test_refresh_token_is_not_used_up_where_the_next_could_not_be_stored(secrets):
    server = Endpoint()
    source = stored(secrets, server)
    secrets.path.write_text("[broken")

    with pytest.raises(ConfigError, match="left as it is"):
        source.renewed("access-0")

    assert server.good == "refresh-0"


def test_nobody_signed_in_is_told(secrets):
    with pytest.raises(ConfigError, match="cal-warehouse login"):
        StoredTokens(secrets)


@pytest.mark.parametrize("damage", [{"expires_at": "soon"}, {"refresh_token": None}])
def test_incomplete_sign_in_is_told(secrets, damage):
    table = {k: v for k, v in {**tokens().table(), **damage}.items() if v is not None}
    secrets.write("sources.cal.oauth", table)

    with pytest.raises(ConfigError, match="is incomplete"):
        StoredTokens(secrets)


class Account(httpx.BaseTransport):
    """An API that takes some access tokens and answers others with a status."""

    def __init__(self, *good, refuses=498):
        self.good = good
        self.refuses = refuses
        self.seen = []

    def handle_request(self, request):
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append(token)
        if token in self.good:
            return httpx.Response(200, json={"status": "success", "data": {"id": 1}})
        return httpx.Response(self.refuses, json={"statusCode": self.refuses, "message": "No"})


@pytest.mark.parametrize("status", [401, 498])
def test_client_renews_once_where_a_read_is_refused(secrets, status):
    account = Account("access-1", refuses=status)
    client = CalClient(base_url=BASE_URL, tokens=stored(secrets, Endpoint()), transport=account)

    assert client.get(ME).data == {"id": 1}
    assert client.get(ME).data == {"id": 1}
    assert account.seen == ["access-0", "access-1", "access-1"]


def test_client_gives_up_where_the_renewed_token_is_refused_too(secrets):
    account = Account()
    server = Endpoint()
    client = CalClient(base_url=BASE_URL, tokens=stored(secrets, server), transport=account)

    with pytest.raises(AuthError):
        client.get(ME)

    assert account.seen == ["access-0", "access-1"]
    assert server.renewals == 1


def test_client_sends_no_write_twice(secrets):
    account = Account("access-1")
    client = CalClient(base_url=BASE_URL, tokens=stored(secrets, Endpoint()), transport=account)

    with pytest.raises(AuthError):
        client.request(operation("confirm_booking_by_uid"), path={"bookingUid": "x"})

    assert account.seen == ["access-0"]


def test_client_shows_no_token(secrets):
    client = CalClient(base_url=BASE_URL, tokens=stored(secrets, Endpoint()))

    assert "access-0" not in repr(client) + repr(client.credentials)
    assert "sign-in" in repr(client)


RENEW = """
import sys
from pathlib import Path
from cal_source.signin.secrets_file import SecretsFile
from cal_source.signin.stored import StoredTokens
source = StoredTokens(SecretsFile(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
print(source.current())
"""


def test_processes_that_renew_at_once_use_one_renewal(small_sandbox, secrets):
    world = small_sandbox.world
    user_id = next(iter(world.users))
    later = datetime.now(UTC) + timedelta(days=400)
    world.connections.refresh_tokens["first"] = RefreshToken(
        "first", user_id, "sandbox-public-app", later
    )
    with small_sandbox.serve() as url:
        ended = datetime.now(UTC) - timedelta(minutes=5)
        old = Tokens(App("sandbox-public-app"), url, "old", "first", ended)
        write_tokens(secrets, old)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", RENEW, str(secrets.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        found = [process.communicate(timeout=60)[0].strip() for process in processes]

        assert all(process.returncode == 0 for process in processes)
        assert found[0] == found[1] != "old"
        assert read_tokens(secrets).access_token == found[0]
        client = CalClient(base_url=url, tokens=StoredTokens(secrets))
        assert client.get(ME).data["id"] == user_id


def test_stored_tokens_reach_the_sandbox(small_sandbox, secrets):
    world = small_sandbox.world
    user_id = next(iter(world.users))
    world.connections.refresh_tokens["first"] = RefreshToken(
        "first", user_id, "sandbox-public-app", datetime(2030, 1, 1, tzinfo=UTC)
    )
    old = Tokens(App("sandbox-public-app"), BASE_URL, "old", "first", NOW)
    write_tokens(secrets, old)
    source = StoredTokens(
        secrets,
        endpoint=lambda url: TokenEndpoint(
            url, transport=InProcess(small_sandbox), clock=lambda: NOW
        ),
        clock=lambda: NOW,
    )

    client = CalClient(base_url=BASE_URL, tokens=source, transport=InProcess(small_sandbox))

    assert client.get(ME).data["id"] == user_id
    assert json.loads(client.get(ME).content)["status"] == "success"
