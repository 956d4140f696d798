"""`cal-warehouse login` as a user runs it: the command, a browser, and the sandbox's pages."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

COMMAND = Path(sys.executable).with_name("cal-warehouse")
CONSENT = re.compile(r"https?://\S+/auth/oauth2/authorize\?\S+")


@pytest.fixture
def environment(tmp_path):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAL_", "SOURCES__"))}
    return {**kept, "HOME": str(tmp_path), "NO_COLOR": "1"}


@pytest.fixture
def login(tmp_path, environment, served):
    """Starts the command, lets a browser decide, and returns exit code and what was shown."""

    def run(decision, *options, app="sandbox-public-app", typed=""):
        process = subprocess.Popen(
            [COMMAND, "login", "--no-browser", "--client-id", app, "--base-url", served, *options],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(typed)
        process.stdin.flush()
        address = CONSENT.search(process.stderr.readline())[0]
        decision(address)
        stdout, stderr = process.communicate(timeout=60)
        assert "Traceback" not in stdout + stderr
        return process.returncode, stdout, stderr

    return run


@pytest.fixture
def served(small_sandbox):
    with small_sandbox.serve() as url:
        yield url


def allow(address):
    httpx.post(address, data={"decision": "allow"}, follow_redirects=True).raise_for_status()


def deny(address):
    httpx.post(address, data={"decision": "deny"}, follow_redirects=True).raise_for_status()


def come_back_wrong(address):
    home = httpx.URL(address).params["redirect_uri"]
    httpx.get(home, params={"state": "another", "code": "c"}).raise_for_status()


def call(tmp_path, environment, *arguments):
    return subprocess.run(
        [COMMAND, "call", "retrieve_my_information", "--json", *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def stored(tmp_path):
    return tomllib.loads((tmp_path / ".dlt" / "secrets.toml").read_text())["sources"]["cal"][
        "oauth"
    ]


def test_login_signs_in_and_later_commands_use_it(login, tmp_path, environment, served):
    code, stdout, stderr = login(allow, "--scope", "BOOKING_READ,PROFILE_READ")

    assert code == 0, stderr
    assert "Signed in at" in stdout
    assert stat.S_IMODE((tmp_path / ".dlt" / "secrets.toml").stat().st_mode) == 0o600
    assert stored(tmp_path)["access_token"] not in stdout + stderr
    done = call(tmp_path, environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["id"]


def test_login_of_a_confidential_app_reads_its_secret_from_input(login, tmp_path):
    code, _, stderr = login(
        allow, "--client-secret", "-", app="sandbox-app", typed="sandbox-app-secret\n"
    )

    assert code == 0, stderr
    assert "sandbox-app-secret" not in stderr
    assert stored(tmp_path)["client_secret"] == "sandbox-app-secret"


def test_login_prints_one_json_object(login):
    code, stdout, _ = login(allow, "--json")

    assert code == 0
    assert json.loads(stdout).keys() == {"base_url", "stored_in", "expires_at"}


@pytest.mark.parametrize(
    ("decision", "says"),
    [(deny, "access_denied"), (come_back_wrong, "state is not the one")],
    ids=["denied", "wrong state"],
)
def test_login_tells_why_nobody_is_signed_in(login, tmp_path, decision, says):
    code, _, stderr = login(decision)

    assert code == 77
    assert says in stderr
    assert "cal-warehouse login" in stderr
    assert not (tmp_path / ".dlt" / "secrets.toml").read_text()


def test_login_tells_an_expired_code(login, small_sandbox):
    def late(address):
        sent = httpx.post(address, data={"decision": "allow"})
        small_sandbox.clock.advance(timedelta(minutes=11))
        httpx.get(sent.headers["location"]).raise_for_status()

    code, _, stderr = login(late)

    assert code == 77
    assert "invalid_grant" in stderr


def test_login_gives_up_after_its_wait(login):
    code, _, stderr = login(lambda _: None, "--wait", "1")

    assert code == 77
    assert "within 1 seconds" in stderr


def test_ended_sign_in_is_told(login, tmp_path, environment, small_sandbox):
    login(allow)
    small_sandbox.world.connections.refresh_tokens.clear()
    small_sandbox.world.access_tokens.clear()

    done = call(tmp_path, environment)

    assert done.returncode == 77
    assert "The stored sign-in has ended" in done.stderr


def test_sign_in_goes_to_no_other_server(login, tmp_path, environment):
    login(allow)

    done = call(tmp_path, environment, "--base-url", "http://127.0.0.1:9")

    assert done.returncode == 78
    assert "tokens go nowhere else" in done.stderr


def test_key_wins_over_the_sign_in(login, tmp_path, environment, served):
    login(allow)
    key = {"CAL_API_KEY": "cal_wrong", "CAL_BASE_URL": served}

    assert call(tmp_path, {**environment, **key}).returncode == 77
