"""`cal-warehouse call` as a user runs it, against a sandbox over real HTTP."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("cal-warehouse")
KEY = "cal_sandbox_owner"


@pytest.fixture
def run(tmp_path):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAL_", "SOURCES__"))}

    def command(*arguments, expect=0, typed=None, **settings):
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=tmp_path,
            env={**kept, "HOME": str(tmp_path), "NO_COLOR": "1", **settings},
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return command


@pytest.fixture
def served(small_sandbox):
    with small_sandbox.serve() as url:
        yield {"CAL_API_KEY": KEY, "CAL_BASE_URL": url}


@pytest.fixture
def platform(small_sandbox):
    """A platform client's id, and the settings that sign with it."""
    client_id, client = next(iter(small_sandbox.world.oauth_clients.items()))
    with small_sandbox.serve() as url:
        yield (
            client_id,
            {
                "CAL_BASE_URL": url,
                "SOURCES__CAL__CLIENT_ID": client_id,
                "SOURCES__CAL__CLIENT_SECRET": client.secret,
            },
        )


def test_call_shows_one_object_to_people(run, served):
    done = run("call", "retrieve_my_information", **served)

    assert "timeZone" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_call_shows_a_list_to_people(run, served):
    done = run("call", "list_event_types", **served)

    assert "lengthInMinutes"[:12] in done.stdout
    assert "records; --json shows all" in done.stdout


def test_call_prints_one_json_object(run, served):
    done = run("call", "fetch_all_bookings", "--param", "take=3", "--json", **served)

    result = json.loads(done.stdout)
    assert result["key"] == "fetch_all_bookings"
    assert result["status"] == 200
    assert len(result["data"]) == 3
    assert result["pagination"]["totalItems"] > 3
    assert result["request_id"]


def test_call_takes_the_organisation_from_the_settings(run, served):
    done = run("call", "list_organization_roles", "--org-id", "101", "--json", **served)

    assert json.loads(done.stdout)["status"] == 200


def test_call_hides_secrets_unless_they_are_asked_for(run, served):
    hidden = run("call", "retrieve_webhooks_list", "--json", **served)
    shown = run("call", "retrieve_webhooks_list", "--json", "--show-secrets", **served)

    assert {row["secret"] for row in json.loads(hidden.stdout)["data"]} == {"<secret>"}
    assert "--show-secrets" in hidden.stderr
    assert "<secret>" not in shown.stdout
    assert "--show-secrets" not in shown.stderr


def test_call_hides_the_key_inside_an_address(run, small_sandbox, served):
    small_sandbox.world.connections.app_client_ids["google"] = "client"

    hidden = run("call", "connect_to_calendar", "--param", "calendar=google", "--json", **served)
    shown = run(
        "call", "connect_to_calendar", "--param", "calendar=google", "--show-secrets", **served
    )

    assert "<secret>" in json.loads(hidden.stdout)["data"]["authUrl"]
    assert KEY not in hidden.stdout + hidden.stderr
    assert "accounts.google.com" in shown.stdout


def test_call_shows_where_a_redirect_leads(run, served):
    state = f"accessToken={KEY}&origin=http://x.test&redir=http://x.test/done&isDryRun=true"
    done = run(
        "call",
        "save_calendar_entry",
        *("--param", "calendar=google", "--param", "code=c", "--param", f"state={state}"),
        **served,
    )

    assert "Cal.com sends the browser on to http://x.test/done" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["cancel_booking_via_uid"], 64, "plan, approve, apply"),
        (["fetch_all_bookings", "--param", "tak=3"], 64, "did you mean take?"),
        (["fetch_all_bookings", "--param", "take=300"], 64, "from 1 to 250"),
        (["fetch_all_bookings", "--param", "take"], 64, "NAME=VALUE"),
        (["fetch_all_bookings", "--param", "take=1", "--param", "take=2"], 64, "given twice"),
        (["get_booking"], 64, "Did you mean"),
        (["retrieve_my_information", "--store"], 64, "refresh_oauth_token_for_client_id"),
        (["list_all_attendees"], 78, "CAL_V1_BASE_URL"),
        (["check_stripe_status"], 1, "Credentials for stripe not found"),
    ],
    ids=[
        "write",
        "unknown parameter",
        "value out of bounds",
        "no value",
        "twice",
        "unknown operation",
        "nothing to store",
        "API v1",
        "not connected",
    ],
)
def test_call_tells_what_is_wrong(run, served, arguments, code, says):
    done = run("call", *arguments, expect=code, **served)

    assert says in done.stderr


def test_call_tells_wrong_arguments_before_it_needs_a_key(run):
    assert (
        "did you mean take?"
        in run("call", "fetch_all_bookings", "--param", "tak=3", expect=64).stderr
    )


def test_call_stores_renewed_tokens_and_takes_a_secret_from_input(run, platform, tmp_path):
    client_id, settings = platform
    listed = run(
        "call", "get_oauth_clients_user", "--param", f"clientId={client_id}", "--json", **settings
    )
    user = json.loads(listed.stdout)["data"][0]
    secrets = tmp_path / ".dlt" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text('[sources.other]\nkey = "kept"\n')

    first = run(
        "call",
        "force_refresh_user_oauth_client",
        *("--param", f"clientId={client_id}", "--param", f"userId={user['id']}"),
        *("--json", "--show-secrets"),
        **settings,
    )
    refresh_token = json.loads(first.stdout)["data"]["refreshToken"]
    second = run(
        "call",
        "refresh_oauth_token_for_client_id",
        *("--param", f"clientId={client_id}", "--secret", "refreshToken", "--store"),
        typed=f"{refresh_token}\n",
        **settings,
    )

    stored = tomllib.loads(secrets.read_text())["sources"]
    assert stored["other"] == {"key": "kept"}
    assert stored["cal"]["managed_user"]["refresh_token"] not in {"", refresh_token}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert stored["cal"]["managed_user"]["access_token"] not in second.stdout + second.stderr
    assert "<secret>" in second.stdout
