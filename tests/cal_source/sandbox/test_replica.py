"""Reads that lag, servers whose clocks differ, and changes between the requests of a walk."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from cal_source.sandbox import Sandbox, Timing, World

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LAG = timedelta(seconds=5)
OWNER = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}
WEBHOOK = {
    "active": True,
    "triggers": ["BOOKING_CREATED"],
    "subscriberUrl": "https://example.com/h",
}


def sandbox_with(**timing):
    world = World.generate(bookings=12, seed=3, now=NOW)
    return Sandbox(world, rate_limits=False, timing=Timing(**timing))


@pytest.fixture
def lagging():
    return sandbox_with(replica_lag=LAG)


def ask(sandbox, method, path, body=None):
    raw = b"" if body is None else json.dumps(body).encode()
    return sandbox.respond(method, path, [], OWNER, raw)


def hooks(sandbox):
    return {row["subscriberUrl"] for row in ask(sandbox, "GET", "/v2/webhooks").json()["data"]}


def test_reads_show_a_write_when_the_lag_has_passed(lagging):
    made = ask(lagging, "POST", "/v2/webhooks", WEBHOOK)
    at_once = hooks(lagging)
    lagging.clock.advance(LAG - timedelta(milliseconds=1))
    still = hooks(lagging)
    lagging.clock.advance(timedelta(milliseconds=1))

    assert made.json()["data"]["subscriberUrl"] == WEBHOOK["subscriberUrl"]
    assert WEBHOOK["subscriberUrl"] not in at_once | still
    assert WEBHOOK["subscriberUrl"] in hooks(lagging)


def test_reads_show_edits_of_the_state_with_the_same_lag(lagging):
    uid = next(b.uid for b in lagging.world.bookings if b.user_id == 1001)
    lagging.world.edit_booking(uid, title="other", updated_at=lagging.clock.now())
    path = f"/v2/bookings/{uid}"
    before = ask(lagging, "GET", path).json()["data"]
    lagging.clock.advance(LAG)
    after = ask(lagging, "GET", path).json()["data"]

    assert before["title"] != after["title"] == "other"
    assert after["updatedAt"] == "2026-11-22T09:00:00.000Z"


def test_changes_of_several_instants_are_shown_one_after_the_other(lagging):
    uid = next(b.uid for b in lagging.world.bookings if b.user_id == 1001)
    titles = []
    for number in range(4):
        lagging.world.edit_booking(uid, title=f"title {number}")
        lagging.clock.advance(timedelta(seconds=2))
        titles.append(ask(lagging, "GET", f"/v2/bookings/{uid}").json()["data"]["title"])

    assert titles[2:] == ["title 0", "title 1"]
    assert lagging.shown.bookings.by_uid(uid).title == "title 1"
    assert lagging.world.bookings.by_uid(uid).title == "title 3"


def test_writes_see_the_present_state_whatever_the_lag(lagging):
    made = ask(lagging, "POST", "/v2/webhooks", WEBHOOK).json()["data"]

    assert ask(lagging, "DELETE", f"/v2/webhooks/{made['id']}").status == 200


def test_without_a_lag_reads_see_the_world_itself():
    sandbox = sandbox_with()

    assert sandbox.shown is sandbox.world


def test_stamps_are_by_the_clock_of_the_server_that_takes_the_request():
    skews = (timedelta(seconds=-3), timedelta(), timedelta(seconds=4))
    sandbox = sandbox_with(clock_skews=skews)
    uid = next(b.uid for b in sandbox.world.bookings if b.user_id == 1001 and b.start < NOW)
    stamps = set()
    for _ in range(40):
        ask(sandbox, "POST", f"/v2/bookings/{uid}/mark-absent", {"host": True})
        stamps.add(sandbox.world.bookings.by_uid(uid).updated_at)

    assert stamps == {NOW + skew for skew in skews}


def test_date_header_is_the_sandboxs_clock_over_http_too():
    sandbox = sandbox_with()
    sandbox.clock.advance(timedelta(days=1))

    in_process = ask(sandbox, "GET", "/v2/me").headers["Date"]
    with sandbox.serve() as url:
        dates = httpx.get(f"{url}/v2/me", headers=OWNER).headers.get_list("date")

    assert [parsedate_to_datetime(date) for date in (in_process, *dates)] == [
        NOW + timedelta(days=1)
    ] * 2


def test_others_may_act_before_each_request_and_not_before_their_own():
    sandbox = sandbox_with()
    calls = []

    def act():
        calls.append(ask(sandbox, "GET", "/v2/me").status)

    sandbox.before_request(act)
    ask(sandbox, "GET", "/v2/me")
    ask(sandbox, "GET", "/v2/webhooks")
    sandbox.respond("GET", "/_sandbox/clock")
    sandbox.before_request(None)
    ask(sandbox, "GET", "/v2/me")

    assert calls == [200, 200]
    assert len(sandbox.requests) == 5


def test_others_may_end_their_acting_themselves():
    sandbox = sandbox_with()

    def act_once():
        sandbox.before_request(None)
        sandbox.world.edit("users", 1001, name="Renamed")

    sandbox.before_request(act_once)
    names = [ask(sandbox, "GET", "/v2/me").json()["data"]["name"] for _ in range(2)]

    assert names == ["Renamed", "Renamed"]
