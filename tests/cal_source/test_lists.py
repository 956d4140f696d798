"""Small lists: read once, side by side when many are wanted, and not for ever from silence."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import httpx
import pytest

from cal_source.client import CalClient
from cal_source.errors import Unreachable
from cal_source.fanouts import Target
from cal_source.lists import Lists
from cal_source.retry import Retries

TEAMS = [
    Target("list_team_verified_emails", f"team:{number}", {"teamId": number}) for number in range(8)
]


def lists_over(handle):
    client = CalClient(
        "cal_x",
        base_url="http://server.test",
        transport=httpx.MockTransport(handle),
        retries=Retries(sleep=lambda _: None),
        sleep=lambda _: None,
    )
    return Lists(client, lambda: datetime(2026, 1, 1, tzinfo=UTC))


def answer(data):
    headers = {
        "x-ratelimit-limit-default": "1000",
        "x-ratelimit-remaining-default": "900",
        "x-ratelimit-reset-default": "60",
    }
    return httpx.Response(200, json={"status": "success", "data": data}, headers=headers)


def test_lists_are_read_side_by_side_and_once():
    together = threading.Barrier(2, timeout=20)
    asked = []

    def handle(request):
        asked.append(request.url.path)
        if len(asked) > 1:  # the limiter sends the first request of a window alone
            together.wait()
        return answer([{"id": len(asked)}])

    lists = lists_over(handle)
    wanted = TEAMS[:7]

    lists.read_ahead([lambda: wanted, lambda: wanted[:3]], workers=2)

    assert sorted(asked) == sorted(f"/v2/teams/{n}/verified-resources/emails" for n in range(7))
    assert {lists.read(target).requests for target in wanted} == {1}


def test_lists_keep_a_refusal_for_whoever_asks():
    lists = lists_over(lambda _: httpx.Response(404, json={"statusCode": 404, "message": "none"}))

    lists.read_ahead([lambda: TEAMS], workers=2)

    with pytest.raises(Exception, match="404"):
        lists.read(TEAMS[0])


def test_lists_begin_no_further_list_after_a_silence():
    asked = set()

    def handle(request):
        asked.add(request.url.path)
        raise httpx.ConnectError("nobody there")

    lists = lists_over(handle)

    lists.read_ahead([lambda: TEAMS], workers=1)

    assert len(asked) == 1
    with pytest.raises(Unreachable):
        lists.read(TEAMS[0])
