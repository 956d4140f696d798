"""Edits of the state: what changes, and what the real service leaves as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cal_source.sandbox import Sandbox, UnknownRowError, World
from cal_source.sandbox.records import Attendee, Booking
from tests.cal_source.sandbox.conftest import BOOKINGS, NOW, asking

if TYPE_CHECKING:
    from pathlib import Path

Make = Callable[..., Booking]


def _shown(world: World, uid: str) -> dict[str, object]:
    ask = asking(Sandbox(world, rate_limits=False))
    row: dict[str, object] = ask(f"/v2/bookings/{uid}", version=BOOKINGS).json()["data"]
    return row


def test_marking_absent_does_not_move_updated_at(empty_world: World, make_booking: Make) -> None:
    empty_world.add_booking(make_booking(1))
    before = _shown(empty_world, "uid1")

    empty_world.mark_absent("uid1", "lena@example.com")

    after = _shown(empty_world, "uid1")
    assert after["updatedAt"] == before["updatedAt"]
    assert after["attendees"] != before["attendees"]
    empty_world.mark_absent("uid1", "lena@example.com", is_absent=False)
    assert _shown(empty_world, "uid1") == before


def test_marking_absent_touches_the_first_of_equal_addresses(
    empty_world: World, make_booking: Make
) -> None:
    twice = [Attendee(n, "Lena", "lena@example.com", "UTC") for n in (1, 2)]
    empty_world.add_booking(make_booking(1, attendees=twice))

    empty_world.mark_absent("uid1", "lena@example.com")

    assert [person.is_absent for person in twice] == [True, False]


def test_answer_follows_an_edit_at_once(empty_world: World, make_booking: Make) -> None:
    empty_world.add_booking(make_booking(1))
    ask = asking(Sandbox(empty_world, rate_limits=False))
    path = "/v2/bookings"
    assert ask(path, version=BOOKINGS).json()["data"][0]["title"] == "Meeting 1"

    empty_world.edit_booking("uid1", title="Renamed", start=NOW, end=NOW + timedelta(hours=3))
    empty_world.edit("users", 1001, name="Ingrid H.")

    [row] = ask(path, version=BOOKINGS).json()["data"]
    assert (row["title"], row["duration"]) == ("Renamed", 180)
    assert row["hosts"][0]["name"] == "Ingrid H."


def test_deleting_an_event_type_leaves_its_bookings_without_one(world: World) -> None:
    event_type = next(e for e in world.event_types.values() if e.slug == "discovery")
    before = {b.uid: b.updated_at for b in world.bookings.of_event_type(event_type.id)}

    world.delete_event_type(event_type.id)

    assert before
    for uid, updated_at in before.items():
        booking = world.bookings.by_uid(uid)
        assert booking is not None
        assert (booking.event_type_id, booking.updated_at) == (None, updated_at)
    row = _shown(world, next(iter(before)))
    assert (row["eventTypeId"], row["eventType"]) == (None, None)


def test_deleting_a_managed_event_type_deletes_its_children_and_webhooks(world: World) -> None:
    parent = next(e for e in world.event_types.values() if e.scheduling_type == "managed")
    children = [e.id for e in world.event_types.values() if e.parent_id == parent.id]

    world.delete_event_type(parent.id)

    assert children
    assert not set(children) & set(world.event_types)
    levels = {w.event_type_id for w in world.webhooks.values()} - {None}
    assert levels <= set(world.event_types)


def test_deleting_a_user_deletes_the_bookings_they_host(world: World) -> None:
    hosted = {booking.uid for booking in world.bookings.of_host(1004)}
    attended = world.bookings.ids(emails=["camila.rojas@example.com"])

    world.delete_user(1004)

    assert hosted
    assert not any(uid in world.bookings for uid in hosted)
    left = {booking.id for booking in world.bookings}
    assert attended & left, "bookings they only attended stay"
    assert all(host.user_id != 1004 for e in world.event_types.values() for host in e.hosts)
    assert all(row.user_id != 1004 for row in world.memberships.values())
    assert asking(Sandbox(world))("/v2/bookings", version=BOOKINGS).status == 200


def test_leaving_an_organization_means_leaving_its_teams(world: World) -> None:
    world.remove_member(101, 1005)

    assert world.users[1005].organization_id is None
    assert not [row for row in world.memberships.values() if row.user_id == 1005]
    assert all(host.user_id != 1005 for e in world.event_types.values() for host in e.hosts)


def test_leaving_a_team_keeps_the_organization(world: World) -> None:
    world.remove_member(102, 1005)

    assert [row.team_id for row in world.memberships.values() if row.user_id == 1005] == [101]


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda world: world.edit_booking("nope", title="x"), "no row 'nope' in bookings"),
        (lambda world: world.delete_booking("nope"), "no row 'nope' in bookings"),
        (lambda world: world.mark_absent("nope", "a@example.com"), "no row 'nope' in bookings"),
        (lambda world: world.delete_event_type(1), "no row 1 in event_types"),
        (lambda world: world.delete_user(1), "no row 1 in users"),
        (lambda world: world.remove_member(102, 1020), "user 1020 in team 102"),
        (lambda world: world.edit("teams", 1, name="x"), "no row 1 in teams"),
    ],
)
def test_edit_of_an_unknown_row_names_it(
    empty_world: World, edit: Callable[[World], object], text: str
) -> None:
    with pytest.raises(UnknownRowError, match=text) as caught:
        edit(empty_world)

    assert "Take a key that is in world." in str(caught.value)


def test_unknown_attendee_is_named_without_the_address(
    empty_world: World, make_booking: Make
) -> None:
    empty_world.add_booking(make_booking(1))

    with pytest.raises(UnknownRowError) as caught:
        empty_world.mark_absent("uid1", "stranger@example.com")

    assert "stranger" not in str(caught.value)


def test_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"index\.json"):
        World.from_folder(tmp_path)
