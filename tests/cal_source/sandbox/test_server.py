"""The sandbox over real HTTP: sockets, control by another process, the foreground server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import httpx
import pytest

from cal_source.sandbox import Fault, Sandbox, World, faults
from tests.cal_source.sandbox.conftest import NOW

KEY = {"Authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}


def _get(url: str, headers: dict[str, str] | None = None) -> Any:
    return httpx.get(url, headers=headers).json()


def test_served_answer_is_the_one_given_in_process(world: World) -> None:
    served, direct = Sandbox(world, seed=1), Sandbox(world, seed=1)

    with served.serve() as url:
        answer = httpx.get(f"{url}/v2/bookings?take=3", headers=KEY)

    expected = direct.respond("GET", "/v2/bookings", [("take", "3")], KEY)
    assert answer.content == expected.body
    assert answer.headers["ETag"] == expected.headers["ETag"]
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-RateLimit-Limit-Default"] == "120"


def test_error_echoes_the_query_as_it_was_sent(empty_world: World) -> None:
    with Sandbox(empty_world).serve() as url:
        body = _get(f"{url}/v2/nope?a=%2B1&b=x%20y")

    assert body["path"] == "/v2/nope?a=%2B1&b=x%20y"


def test_server_stops_and_frees_its_port(empty_world: World) -> None:
    sandbox = Sandbox(empty_world)
    with sandbox.serve() as url:
        assert _get(f"{url}/v2/timezones")["status"] == "success"
    port = int(url.rsplit(":", 1)[1])

    with pytest.raises(httpx.ConnectError):
        _get(f"{url}/v2/timezones")
    with sandbox.serve(port=port) as again:
        assert again == url
        assert _get(f"{again}/v2/timezones")["status"] == "success"


def test_reset_fault_breaks_the_connection(empty_world: World) -> None:
    sandbox = Sandbox(empty_world)
    sandbox.faults.add(Fault(faults.reset))

    with sandbox.serve() as url, pytest.raises(httpx.RemoteProtocolError):
        _get(f"{url}/v2/me", KEY)


def test_delay_fault_holds_the_answer_back(empty_world: World) -> None:
    sandbox = Sandbox(empty_world)
    sandbox.faults.add(Fault(faults.delayed(0.3)))

    with sandbox.serve() as url:
        began = time.monotonic()
        _get(f"{url}/v2/me", KEY)

    assert time.monotonic() - began >= 0.3


def test_clock_is_read_and_moved_from_outside(empty_world: World) -> None:
    with Sandbox(empty_world, now=NOW).serve() as url:
        assert _get(f"{url}/_sandbox/clock") == {"now": "2026-11-22T09:00:00.000Z"}

        moved = httpx.post(f"{url}/_sandbox/clock", json={"advance_seconds": 90}).json()

    assert moved == {"now": "2026-11-22T09:01:30.000Z"}


def test_state_and_requests_are_shown_from_outside(world: World) -> None:
    with Sandbox(world, rate_limit_per_minute=1).serve() as url:
        _get(f"{url}/v2/me?x=1", KEY)
        requests = _get(f"{url}/_sandbox/requests")
        bookings = _get(f"{url}/_sandbox/state/bookings")

    assert requests == [
        {"method": "GET", "path": "/v2/me", "query": "x=1", "caller": "owner", "status": 200},
    ]
    assert len(bookings) == 600
    assert {"uid", "attendees", "user_id"} <= set(bookings[0])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "/_sandbox/nope", b"", 404, "Known: clock, requests, outbox, state/users"),
        ("POST", "/_sandbox/clock", b"tomorrow", 400, "advance_seconds"),
        ("POST", "/_sandbox/clock", b"{}", 400, "advance_seconds"),
    ],
)
def test_bad_control_requests_say_what_is_right(
    sandbox: Sandbox, method: str, path: str, body: bytes, status: int, text: str
) -> None:
    answer = sandbox.respond(method, path, body=body)

    assert answer.status == status
    assert text in answer.json()["error"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_foreground_server_says_ready_ticks_and_stops_at_once(name: str) -> None:
    program = textwrap.dedent(
        """
        from datetime import UTC, datetime
        from cal_source.sandbox import Sandbox, World, serve_forever
        now = datetime(2026, 11, 22, 9, tzinfo=UTC)
        serve_forever(Sandbox(World.generate(bookings=5, seed=1, now=now)))
        print("stopped", flush=True)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        word, url = process.stdout.readline().split()
        first = _get(f"{url}/_sandbox/clock")["now"]
        time.sleep(0.05)
        later = _get(f"{url}/_sandbox/clock")["now"]
        os.kill(process.pid, getattr(signal, name))
        output, errors = process.communicate(timeout=15)
    finally:
        process.kill()

    assert word == "ready"
    assert first < later
    assert (process.returncode, output, errors) == (0, "stopped\n", "")
