"""Client and walks together against the sandbox, over HTTP and on the recorded world."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cal_source.catalogue import operation
from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from cal_source.walk import (
    BY_CREATED,
    BY_START,
    BY_UPDATED,
    check_booking_page,
    check_filters_honoured,
    walk_by_value,
)

END_OF_RECORDING = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOKINGS = operation("fetch_all_bookings")
TEAM_BOOKINGS = operation("get_team_bookings")


def fetching(client, row=BOOKINGS, **path):
    return lambda params, take: client.get(row, path=path, params={**params, "take": take}).data


def uids(pages):
    return [record["uid"] for page in pages for record in page]


@pytest.mark.reference
@pytest.mark.parametrize("page_size", [250, 100, 37, 7])
def test_walks_find_every_recorded_booking_once(
    recorded_sandbox, client_of, reference_dir, page_size
):
    visible = json.loads((reference_dir / "world" / "visible_booking_uids.json").read_text("utf-8"))
    recorded = json.loads((reference_dir / "world" / "bookings.json").read_text("utf-8"))
    team = json.loads((reference_dir / "world" / "team_102_bookings.json").read_text("utf-8"))
    changed = {row["uid"] for row in recorded if row["updatedAt"]}
    client = client_of(recorded_sandbox)

    created = uids(walk_by_value(fetching(client), keys=BY_CREATED, page_size=page_size))
    updated = uids(
        walk_by_value(fetching(client), keys=BY_UPDATED, end=END_OF_RECORDING, page_size=page_size)
    )
    of_team = uids(
        walk_by_value(
            fetching(client, TEAM_BOOKINGS, orgId=101, teamId=102),
            keys=BY_START,
            page_size=page_size,
        )
    )

    assert len(created) == 1809
    assert sorted(created) == sorted(visible["owner"])
    assert sorted(updated) == sorted(changed)
    assert sorted(of_team) == sorted(row["uid"] for row in team)


@pytest.mark.reference
def test_backfill_of_the_recorded_world_takes_one_request_more_than_the_minimum(
    recorded_sandbox, client_of
):
    client = client_of(recorded_sandbox)

    uids(walk_by_value(fetching(client)))

    assert client.requests_made == -(-1809 // 250) + 1


@pytest.mark.reference
def test_offset_paging_loses_recorded_bookings(recorded_sandbox, client_of):
    fetch = fetching(client_of(recorded_sandbox))

    paged = [
        row["uid"]
        for skip in range(0, 1809, 37)
        for row in fetch({"sortUpdatedAt": "asc", "skip": str(skip)}, 37)
    ]

    assert len(paged) == 1809
    assert len(set(paged)) < 1809


def test_walk_reads_a_generated_account_over_http(small_sandbox):
    with (
        small_sandbox.serve() as url,
        CalClient("cal_sandbox_owner", base_url=f"{url}/v2/") as client,
    ):
        first = client.get(BOOKINGS, params={"take": 5})
        check_booking_page(first.data)
        check_filters_honoured(fetching(client))

        found = uids(walk_by_value(fetching(client), page_size=50))

    assert len(found) == len(set(found)) == first.pagination["totalItems"]
    assert first.request_id


def test_limiter_never_meets_a_429_at_calcoms_default_limit(small_sandbox, client_of):
    sandbox = type(small_sandbox)(small_sandbox.world, now=small_sandbox.clock.now())
    clock = SandboxClock(sandbox)
    client = client_of(sandbox, limiter=clock.limiter())

    for _ in range(300):
        client.get(operation("retrieve_my_information"))

    assert {request.status for request in sandbox.requests} == {200}
    assert 120 <= clock.waited_seconds <= 180


class SandboxClock:
    """Lets the limiter live in the sandbox's time."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.waited_seconds = 0.0

    def limiter(self):
        return RateLimiter(clock=lambda: self.sandbox.clock.now().timestamp(), sleep=self.sleep)

    def sleep(self, seconds):
        self.waited_seconds += seconds
        self.sandbox.clock.advance(timedelta(seconds=seconds))
