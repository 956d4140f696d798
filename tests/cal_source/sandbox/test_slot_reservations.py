"""Slots held for a few minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from tests.cal_source.sandbox.booking_requests import BOOKER, MONDAY, asked, key_of
from tests.cal_source.sandbox.conftest import Ask, asking, telling

VERSION = "2024-09-04"
HELD = "/v2/slots/reservations"


@pytest.fixture
def sandbox(empty_world: World) -> Sandbox:
    return Sandbox(empty_world, rate_limits=False)


@pytest.fixture
def hold(sandbox: Sandbox) -> Ask:
    tell = telling(sandbox)

    def hold(path: str = HELD, **more: Any) -> Any:
        call = {name: more.pop(name) for name in ("method", "key", "version") if name in more}
        body = {"eventTypeId": key_of(sandbox.world, "30min"), "slotStart": MONDAY} | more
        return tell(path, body, **({"version": VERSION} | call))

    return hold


def read(sandbox: Sandbox, uid: str) -> Any:
    return asking(sandbox)(f"{HELD}/{uid}", version=VERSION).json()["data"]


def test_reservation_is_read_back_until_released(sandbox: Sandbox, hold: Ask) -> None:
    made = hold()

    body = made.json()["data"]
    uid = body["reservationUid"]
    assert made.status == 201
    assert body["slotEnd"] == "2026-11-23T10:30:00.000Z"
    assert body["reservationUntil"] == "2026-11-22T09:05:00.000Z"
    assert read(sandbox, uid) | {"reservationDuration": 5} == body
    for _ in range(2):
        released = telling(sandbox)(f"{HELD}/{uid}", method="DELETE", version=VERSION)
        assert (released.status, released.json()) == (200, {"status": "success"})
    assert read(sandbox, uid) is None


def test_held_slot_is_refused_to_others_until_it_expires(sandbox: Sandbox, hold: Ask) -> None:
    hold()

    again = hold()
    sandbox.clock.advance(timedelta(minutes=6))
    later = hold()

    assert [again.status, later.status] == [422, 201]
    assert "already reserved by another user" in again.json()["error"]["message"]


def test_held_slot_is_still_listed(sandbox: Sandbox, hold: Ask) -> None:
    key = key_of(sandbox.world, "30min")
    dates = {"eventTypeId": key, "start": "2026-11-23", "end": "2026-11-23"}
    before = asking(sandbox)("/v2/slots", version=VERSION, **dates).json()
    hold()

    assert asking(sandbox)("/v2/slots", version=VERSION, **dates).json() == before


@pytest.mark.parametrize("start", ["2026-11-28T02:00:00Z", "2026-01-05T10:00:00Z"])
def test_slot_need_be_neither_free_nor_to_come(hold: Ask, start: str) -> None:
    assert hold(slotStart=start).status == 201


def test_booked_slot_cannot_be_held(sandbox: Sandbox, hold: Ask) -> None:
    telling(sandbox)("/v2/bookings", asked(key_of(sandbox.world, "30min")))

    answer = hold()

    assert answer.status == 422
    assert "already booked" in answer.json()["error"]["message"]


def test_seat_can_be_held_while_one_is_left(sandbox: Sandbox, hold: Ask) -> None:
    key = key_of(sandbox.world, "class")
    sandbox.world.edit("event_types", key, seats_per_slot=2)
    tell = telling(sandbox)
    tell("/v2/bookings", asked(key))

    first = hold(eventTypeId=key)
    tell("/v2/bookings", asked(key, attendee=BOOKER | {"email": "sam@example.com"}))
    full = hold(eventTypeId=key)

    assert [first.status, full.status] == [201, 422]
    assert full.json()["error"]["message"].endswith("has no more seats left.")


@pytest.mark.parametrize(
    ("key", "slug", "owner", "status"),
    [
        ("owner", "30min", 1001, 201),
        ("member", "30min", 1001, 201),
        ("solo", "30min", 1001, 403),
        (None, "30min", 1001, 401),
        ("member", "discovery", None, 201),
        ("solo", "discovery", None, 403),
    ],
    ids=["own", "colleague", "stranger", "nobody", "team", "not of the team"],
)
def test_duration_is_for_those_who_have_to_do_with_it(
    sandbox: Sandbox, hold: Ask, key: str | None, slug: str, owner: int | None, status: int
) -> None:
    event_type = key_of(sandbox.world, slug, owner)

    answer = hold(eventTypeId=event_type, reservationDuration=30, key=key)

    assert answer.status == status


def test_length_can_be_chosen_where_the_event_type_has_several(sandbox: Sandbox, hold: Ask) -> None:
    flexible = key_of(sandbox.world, "flexible")

    chosen = hold(eventTypeId=flexible, slotDuration=60)
    wrong = hold(eventTypeId=flexible, slotDuration=7)
    fixed = hold(slotDuration=30)

    assert chosen.json()["data"]["slotDuration"] == 60
    assert [wrong.status, fixed.status] == [400, 400]


def test_reservation_can_be_moved(sandbox: Sandbox, hold: Ask) -> None:
    uid = hold().json()["data"]["reservationUid"]

    moved = hold(f"{HELD}/{uid}", method="PATCH", slotStart="2026-11-23T11:00:00Z")
    unknown = hold(f"{HELD}/none", method="PATCH")

    assert moved.status == 200
    assert read(sandbox, uid)["slotStart"] == "2026-11-23T11:00:00.000Z"
    assert (unknown.status, unknown.json()["error"]["message"]) == (
        404,
        "Slot with uid=none not found",
    )


def test_bad_reservations_are_refused(hold: Ask) -> None:
    broken = hold(eventTypeId="x", slotStart="nope")
    unknown = hold(eventTypeId=999999)
    old = hold(version=None)

    errors = broken.json()["error"]["details"]["errors"]
    assert [error["property"] for error in errors] == ["eventTypeId", "slotStart"]
    assert unknown.json()["error"]["message"] == "Event Type with ID=999999 not found"
    assert old.status == 404


def test_old_version_holds_and_releases_too(sandbox: Sandbox) -> None:
    tell = telling(sandbox)
    body = {
        "eventTypeId": key_of(sandbox.world, "30min"),
        "slotUtcStartDate": MONDAY,
        "slotUtcEndDate": "2026-11-23T10:30:00Z",
    }

    uid = tell("/v2/slots/reserve", body, version=None).json()["data"]
    held = read(sandbox, uid)
    sandbox.respond("DELETE", "/v2/slots/selected-slot", [("uid", uid)])

    assert held["slotDuration"] == 30
    assert read(sandbox, uid) is None
