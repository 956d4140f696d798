"""Histories are what they say: the same from the same seed, and every step does its thing."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import msgspec
import pytest

from tests.account import new_sandbox
from tests.account_changes import ACCOUNT_STEPS
from tests.histories import BOOKING_STEPS, Histories

STEPS = BOOKING_STEPS | ACCOUNT_STEPS
UNSTAMPED = {
    *("add_seat", "cancel_seat", "mark_absent", "edit_attendee", "delete_booking"),
    *("delete_event_type", "delete_user", "rename_user", "move_user", "leave", "delete_team"),
}


def rendered(sandbox):
    """All that the owner sees of bookings, by uid."""
    found = {}
    for booking in sandbox.world.bookings:
        path, version = f"/v2/bookings/{booking.uid}", {"cal-api-version": "2024-08-13"}
        headers = {"authorization": "Bearer cal_sandbox_owner"} | version
        found[booking.uid] = sandbox.respond("GET", path, [], headers).json()["data"]
    return found


def state(sandbox):
    tables = {name: repr(rows) for name, rows in vars(sandbox.world).items() if name != "bookings"}
    return tables | {"bookings": msgspec.json.encode(list(sandbox.world.bookings))}


def test_histories_are_the_same_for_the_same_seed():
    outcomes = []
    for _ in range(2):
        sandbox = new_sandbox(bookings=40, seed=5)
        history = Histories(sandbox, Random(5))
        steps = [history.step() for _ in range(40)]
        outcomes.append((steps, msgspec.json.encode(list(sandbox.world.bookings))))

    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("name", STEPS)
def test_step_changes_the_account_in_one_of_some_histories(name):
    effects = set()
    for seed in range(12):
        sandbox = new_sandbox(bookings=60, seed=seed)
        history = Histories(sandbox, Random(seed), {name: STEPS[name]})
        history.left = [1011]
        if name == "come_back":
            sandbox.world.remove_member(101, 1011)
        before = state(sandbox)
        history.step()
        effects.add(state(sandbox) != before)
        if effects == {True}:
            break

    assert True in effects


@pytest.mark.parametrize("name", sorted(UNSTAMPED))
def test_step_changes_bookings_without_moving_updated_at(name):
    """What an increment misses does happen in these histories."""
    for seed in range(30):
        sandbox = new_sandbox(bookings=60, seed=seed)
        before = rendered(sandbox)
        Histories(sandbox, Random(seed), {name: STEPS[name]}).step()
        after = rendered(sandbox)
        changed = {uid for uid in before if before[uid] != after.get(uid)}
        stamps = {uid for uid in changed & after.keys() if moved(before[uid], after[uid])}
        if changed and not stamps:
            return
    pytest.fail(f"{name} changed no booking unseen")


def moved(before, after):
    return before["updatedAt"] != after["updatedAt"]


@pytest.mark.parametrize("name", ["write_many_at_once", "cancel_series"])
def test_step_gives_several_bookings_one_stamp(name):
    sandbox = new_sandbox(bookings=40, seed=1)
    history = Histories(sandbox, Random(1))
    BOOKING_STEPS["book_series"](history)
    sandbox.clock.advance(timedelta(hours=1))

    BOOKING_STEPS[name](history)

    now = sandbox.clock.now()
    assert sum(booking.updated_at == now for booking in sandbox.world.bookings) > 1


def test_some_bookings_that_are_made_directly_have_no_stamp():
    sandbox = new_sandbox(bookings=40, seed=1)
    history = Histories(sandbox, Random(1))

    for _ in range(40):
        BOOKING_STEPS["book_directly"](history)

    assert 2 <= sum(booking.updated_at is None for booking in sandbox.world.bookings) < 30
