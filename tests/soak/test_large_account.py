"""A large account in which nothing changed: what a run costs in requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import ceil

import pytest

from cal_source.bookings import SLICE_SIZE
from cal_source.sandbox import Sandbox, World
from pipelines.warehouse import Warehouse
from tests.account import NOW, sync_now

pytestmark = pytest.mark.soak

BOOKINGS, USERS, EVENT_TYPES = 130_000, 200, 50  # of the bookings the organisation sees 100,000


def large_account() -> Sandbox:
    """Invent an organisation of that size."""
    world = World.generate(bookings=BOOKINGS, seed=5, now=NOW)
    organization = next(m.team_id for m in world.memberships.values() if m.role == "OWNER")
    model = next(u for u in world.users.values() if u.organization_id == organization)
    membership = next(m for m in world.memberships.values() if m.user_id == model.id)
    for number in range(USERS - len(world.users)):
        key = 900_000 + number
        world.users[key] = replace(
            model, id=key, email=f"member{number}@example.com", username=f"member{number}"
        )
        world.memberships[key] = replace(
            membership, id=key, user_id=key, team_id=organization, role="MEMBER"
        )
    offer = next(e for e in world.event_types.values() if e.team_id is not None)
    for number in range(EVENT_TYPES - len(world.event_types)):
        key = 900_000 + number
        world.event_types[key] = replace(offer, id=key, slug=f"offer-{number}")
    return Sandbox(world, seed=5, now=NOW, rate_limit_per_minute=10**6)


def test_nothing_changed_in_a_large_account_costs_at_most_twenty_booking_requests(tmp_path, capsys):
    sandbox = large_account()
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        first = sync_now(warehouse, sandbox)
        sandbox.clock.advance(timedelta(hours=1))
        second = sync_now(warehouse, sandbox)

    rows = first.tables["bookings"]["rows"]
    asked = second.booking_requests
    beside_rereading = asked.total() - asked["windows"] - asked["seated"]
    with capsys.disabled():
        print(f"{rows} bookings, {second.tables['users']['rows']} users: first {first.requests}")
        print(f"nothing changed: {dict(asked)}, fan-out {second.requests - asked.total()}")
    assert rows > 90_000
    assert first.outcome == second.outcome == "proved"
    parallel_windows = ceil(rows / SLICE_SIZE)
    assert first.booking_requests.total() <= 1.05 * ceil(rows / 250) + 2 + parallel_windows
    assert beside_rereading <= 20
    assert asked["windows"] + asked["seated"] <= 20
    assert second.tables["bookings"]["changed"] == 0
