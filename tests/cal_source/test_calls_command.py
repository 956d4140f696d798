"""Every lookup and credential flow on the command line, with good and with bad arguments."""

from __future__ import annotations

import json

import pytest

from pipelines.cli import main
from tests.cal_source.test_calls import ANSWERED, REDIRECTED, REFUSED, connected, in_this_world

pytestmark = pytest.mark.reference
__all__ = ["connected"]  # a fixture, used by name

GOOD = {**ANSWERED, **REDIRECTED}
BAD = {key: case for key, case in REFUSED.items() if key not in GOOD}
TOKENS = ("force_refresh_user_oauth_client", "refresh_oauth_token_for_client_id")


@pytest.fixture
def call(connected, monkeypatch, tmp_path, capsys):
    """Runs `cal-warehouse call` in this process; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name in ("CAL_ORG_ID", "CAL_V1_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CAL_API_KEY", "cal_sandbox_owner")

    def run(key, params, *options):
        given = in_this_world(connected, params)
        pairs = [f"--param={name}={value}" for name, value in given.items()]
        with connected.serve() as url:
            monkeypatch.setenv("CAL_BASE_URL", url)
            code = main(["call", key, *pairs, *options])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.mark.parametrize("key", GOOD)
def test_call_shows_its_answer_as_json(call, key):
    code, out, err = call(key, GOOD[key][0], "--json")

    assert code == 0, err
    assert isinstance(json.loads(out), dict | list)
    assert "cal_sandbox_owner" not in err


@pytest.mark.parametrize("key", GOOD)
def test_call_shows_its_answer_to_people(call, key):
    code, out, err = call(key, GOOD[key][0])

    assert code == 0, err
    assert out.strip()


@pytest.mark.parametrize("key", BAD)
def test_call_tells_what_calcom_refuses_in_one_message(call, key):
    code, _, err = call(key, BAD[key][0])

    assert code != 0
    assert err.startswith("cal-warehouse: ")
    assert "Traceback" not in err


@pytest.mark.parametrize("key", [*GOOD, *BAD, *TOKENS])
def test_call_refuses_an_unknown_parameter_before_sending(call, connected, key):
    code, _, err = call(key, {"nonsense": "1"})

    assert code == 64
    assert "nonsense" in err
    assert connected.requests == []
