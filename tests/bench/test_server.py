"""The bench server answers like the sandbox where both can, so what it measures is Cal.com's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import itemgetter
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from cal_source.sandbox import Sandbox, World
from tests.bench.server import Settings, running_server
from tests.bench.server.service import Service

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
INVENTED = 160
LIST = "/v2/organizations/101/bookings"
HEADERS = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}
SORTED_BY = {"sortStart": "start", "sortEnd": "end", "sortCreated": "createdAt"}

SAME_ANSWERS = [
    {},
    {"take": 250},
    {"take": 7, "skip": 20, "sortStart": "asc"},
    {"take": 7, "skip": 20, "sortEnd": "desc"},
    {"take": 250, "sortUpdatedAt": "desc"},
    {"take": 250, "sortUpdatedAt": "asc", "skip": 30},
    {"take": 250, "sortCreated": "asc", "afterCreatedAt": "2026-08-01T00:00:00.000Z"},
    {
        "take": 250,
        "sortCreated": "asc",
        "afterCreatedAt": "2026-06-01T00:00:00.000Z",
        "beforeCreatedAt": "2026-10-01T00:00:00.000Z",
    },
    {"take": 250, "sortUpdatedAt": "asc", "afterUpdatedAt": "2026-10-01T00:00:00Z"},
    {"take": 250, "beforeUpdatedAt": "2026-10-01T00:00:00Z", "sortStart": "asc"},
    {
        "take": 250,
        "sortStart": "asc",
        "afterStart": "2026-10-01T00:00:00Z",
        "beforeEnd": "2026-11-30T00:00:00Z",
    },
    {"take": 1, "afterStart": "2026-10-01T00:00:00Z"},
    {"take": 1, "beforeEnd": "2026-10-01T00:00:00Z"},
    *({"take": 250, "status": s} for s in ("upcoming", "recurring", "past", "cancelled")),
    {"take": 250, "status": "unconfirmed,cancelled", "afterStart": "2026-09-01T00:00:00Z"},
    {"take": 250, "eventTypeIds": "5055,5065", "sortCreated": "asc"},
    {"take": 250, "afterUpdatedAt": "9999-12-31T23:59:59.999Z"},
]


class Asking:
    """One service asked in process, with its answers decoded."""

    def __init__(self, **settings: int) -> None:
        self.seconds = 0.0
        service = Service(
            Settings(invented=INVENTED, **settings), lambda: self.seconds, lambda: NOW
        )
        self.service = service

    def get(self, query: dict[str, object], path: str = LIST, key: str = "cal_sandbox_owner"):
        headers = HEADERS | {"authorization": f"Bearer {key}"}
        reply = self.service.answer("GET", f"{path}?{urlencode(query)}", headers, b"")
        return reply.status, msgspec.json.decode(reply.body)

    def walk(self, key: str = "cal_sandbox_owner", **query: object):
        found, page = [], [None]
        while page:
            _, body = self.get({**query, "take": 250, "skip": len(found)}, key=key)
            page = body["data"]
            found += page
        return found


@pytest.fixture(scope="module")
def as_invented() -> Asking:
    return Asking()


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    world = World.generate(bookings=INVENTED, seed=Settings().seed, now=NOW)
    return Sandbox(world, now=NOW, rate_limits=False)


@pytest.fixture(scope="module")
def copied() -> Asking:
    return Asking(bookings=1000)


def asked(sandbox: Sandbox, query: dict[str, object]):
    pairs = [(name, str(value)) for name, value in query.items()]
    return msgspec.json.decode(sandbox.respond("GET", LIST, pairs, HEADERS).body)


def sort_values(query: dict[str, object], records: list) -> list:
    name = next((by for sort, by in SORTED_BY.items() if sort in query), "start")
    return [record["updatedAt" if "sortUpdatedAt" in query else name] for record in records]


@pytest.mark.parametrize("query", SAME_ANSWERS, ids=urlencode)
def test_lists_are_those_of_the_sandbox(as_invented, sandbox, query):
    status, ours = as_invented.get(query)
    theirs = asked(sandbox, query)

    assert status == 200
    assert ours["pagination"] == theirs["pagination"]
    assert sort_values(query, ours["data"]) == sort_values(query, theirs["data"])
    if len(ours["data"]) < query.get("take", 100) and "skip" not in query:  # else ties may differ
        by_uid = itemgetter("uid")
        assert sorted(ours["data"], key=by_uid) == sorted(theirs["data"], key=by_uid)


def test_other_operations_are_the_sandbox_s_own(as_invented, sandbox):
    uid = as_invented.walk()[0]["uid"]
    for path in ("/v2/me", "/v2/organizations/101/memberships", f"/v2/bookings/{uid}"):
        answer = sandbox.respond("GET", path, (), HEADERS)
        assert as_invented.get({}, path) == (answer.status, msgspec.json.decode(answer.body))


def test_copies_are_bookings_of_their_own(copied, as_invented):
    records, invented = copied.walk(sortCreated="asc"), as_invented.walk()

    assert len({record["uid"] for record in records}) == len({r["id"] for r in records}) == 1000
    assert all(record in records for record in invented)
    assert len({person["email"] for r in records for person in r["attendees"]}) > 2 * len({
        person["email"] for r in invented for person in r["attendees"]
    })
    assert [r["createdAt"] for r in records] == sorted(r["createdAt"] for r in records)


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        (
            {"afterStart": "2025-10-01T00:00:00Z", "beforeEnd": "2026-02-01T00:00:00Z"},
            lambda r: r["start"] >= "2025-10-01" and r["end"] <= "2026-02-01T00:00:00.000Z",
        ),
        ({"status": "cancelled"}, lambda r: r["status"] in {"cancelled", "rejected"}),
        ({"eventTypeIds": "5055"}, lambda r: r["eventTypeId"] == 5055),
    ],
    ids=("start", "status", "event type"),
)
def test_totals_of_copies_are_what_is_there(copied, query, keeps):
    kept = [record["uid"] for record in copied.walk(sortCreated="asc") if keeps(record)]

    _, body = copied.get({**query, "take": 1})

    assert 0 < body["pagination"]["totalItems"] == len(kept) < 1000
    assert {record["uid"] for record in copied.walk(**query)} == set(kept)


def test_one_copy_is_found_by_uid(copied):
    last = copied.walk(sortCreated="asc")[-1]

    assert copied.get({"bookingUid": last["uid"]})[1]["data"] == [last]
    assert copied.get({"bookingUid": f"{last['uid']}?"})[1]["data"] == []


def test_changes_are_stamped_and_come_once():
    asking = Asking(bookings=500)
    before = {record["uid"]: record for record in asking.walk()}
    asking.service.answer("POST", "/bench/change?count=40", {}, b"")

    after = asking.walk(sortUpdatedAt="asc", afterUpdatedAt=f"{NOW - timedelta(minutes=1):%FT%TZ}")

    assert len(after) == len({record["uid"] for record in after}) == 40
    assert [r["updatedAt"] for r in after] == sorted(r["updatedAt"] for r in after)
    assert all(r["title"] != before[r["uid"]]["title"] for r in after)
    assert all(r["attendees"] != before[r["uid"]]["attendees"] for r in after if r["attendees"])
    assert sum(record == before[record["uid"]] for record in asking.walk()) == 460


def test_requests_beyond_the_limit_are_refused_for_a_window():
    asking = Asking(limit=3)

    assert [asking.get({"take": 1})[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    asking.seconds = 61
    assert asking.get({"take": 1})[0] == 200
    stats = asking.service.answer("GET", "/bench/stats", {}, b"")
    assert msgspec.json.decode(stats.body)["refused"] == 2


def test_accounts_share_neither_bookings_nor_budgets():
    asking = Asking(accounts=2, bookings=300, limit=10)
    first, second = (asking.walk(key=f"cal_bench_{number}") for number in (0, 1))

    assert len(first) == len(second) == 300
    assert not {record["uid"] for record in first} & {record["uid"] for record in second}
    assert asking.get({}, key="cal_bench_2")[0] == 401


def test_it_serves_over_http():
    with running_server(Settings(bookings=50, invented=60)) as server:
        answer = httpx.get(server.url + LIST, headers=HEADERS, params={"take": 20})
        stats = server.stats()

    assert len(answer.json()["data"]) == 20
    assert answer.headers["x-ratelimit-remaining-default"].isdigit()
    assert (stats["requests"], stats["booking_lists"], stats["refused"]) == (1, 1, 0)
