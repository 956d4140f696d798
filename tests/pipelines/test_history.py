"""Versions of rows: the open ones are the current rows, the closed ones are what was."""

from __future__ import annotations

import json
from random import Random

import pytest

from cal_source.sandbox import Fault
from cal_source.tables import TABLES
from tests.histories import Histories


def open_versions_differ(warehouse):
    """Return the tables whose open versions are not exactly their current rows."""
    wrong = []
    for name, table in TABLES.items():
        columns = ", ".join(f'"{key}"' for key in (*table.key, "_content_hash"))
        current = warehouse.rows(f"select {columns} from raw.{name} order by {columns}")
        versions = warehouse.rows(
            f"select {columns} from raw.{name}_history where valid_to is null order by {columns}"
        )
        if current != versions:
            wrong.append(name)
    return wrong


def overlapping_versions(warehouse):
    """Return the tables in which one key has two versions at one time."""
    wrong = []
    for name, table in TABLES.items():
        same = " and ".join(f'a."{key}" = b."{key}"' for key in table.key)
        if warehouse.scalar(
            f"select count(*) from raw.{name}_history a join raw.{name}_history b on {same} "
            "and (a.valid_from, a._content_hash) < (b.valid_from, b._content_hash) "
            "and a.valid_from < coalesce(b.valid_to, 'infinity') "
            "and b.valid_from < coalesce(a.valid_to, 'infinity')"
        ):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("seed", [5, 6])
def test_open_versions_are_the_current_rows_after_any_history(
    warehouse, small_sandbox, sync_of, seed
):
    history = Histories(small_sandbox, Random(seed))
    for _ in range(3):
        sync_of(warehouse, small_sandbox)

        assert open_versions_differ(warehouse) == []
        assert overlapping_versions(warehouse) == []
        for _ in range(8):
            history.step()


def test_an_unchanged_account_makes_no_new_versions(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    before = {n: warehouse.scalar(f"select count(*) from raw.{n}_history") for n in TABLES}

    sync_of(warehouse, small_sandbox)

    assert before == {n: warehouse.scalar(f"select count(*) from raw.{n}_history") for n in TABLES}


def test_a_change_can_be_read_as_of_before_and_after(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    (first,) = warehouse.rows("select uid, title from raw.bookings order by uid limit 1")
    uid, title = first.values()
    small_sandbox.world.edit_booking(uid, title="second title")
    sync_of(warehouse, small_sandbox)

    versions = warehouse.rows(
        "select title, valid_from, valid_to from raw.bookings_history where uid = $uid "
        "order by valid_from",
        {"uid": uid},
    )

    assert [v["title"] for v in versions] == [title, "second title"]
    assert versions[0]["valid_to"] == versions[1]["valid_from"]
    assert versions[1]["valid_to"] is None


def test_a_cancelled_seat_leaves_its_attendee_in_the_history(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    (first,) = warehouse.rows("select booking_uid, email from raw.booking_attendees limit 1")
    uid, email = first.values()
    small_sandbox.world.edit_booking(uid, attendees=[])

    sync_of(warehouse, small_sandbox)

    current = "select count(*) from raw.booking_attendees where booking_uid = $uid"
    assert warehouse.scalar(current, {"uid": uid}) == 0
    (version,) = warehouse.rows(
        "select * from raw.booking_attendees_history where booking_uid = $uid and email = $email "
        "limit 1",
        {"uid": uid, "email": email},
    )
    assert version["valid_to"] is not None


def test_a_deleted_booking_has_a_tombstone_and_a_last_version(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    uid = warehouse.scalar("select min(uid) from raw.bookings")
    small_sandbox.world.delete_booking(uid)

    sync_of(warehouse, small_sandbox)

    (stone,) = warehouse.rows("select * from ops.tombstones where resource = 'bookings'")
    assert (stone["row_key"], stone["reason"]) == (uid, "deleted")
    (version,) = warehouse.rows("select * from raw.bookings_history where uid = $uid", {"uid": uid})
    assert version["valid_to"] is not None


def test_a_hidden_booking_is_told_from_a_deleted_one_and_may_come_back(
    warehouse, small_sandbox, sync_of
):
    """A key that loses the organisation's list sees fewer bookings; they still exist."""
    sync_of(warehouse, small_sandbox)
    booking = next(iter(small_sandbox.world.bookings))
    of_uid = {"uid": booking.uid}
    uid = warehouse.scalar("select uid from raw.bookings where uid = $uid", of_uid)
    path = "/v2/organizations/101/bookings"

    def hide(answer, rng):
        body = answer.json()
        body["data"] = [b for b in body["data"] if b["uid"] != uid]
        body["pagination"]["totalItems"] -= 1
        return type(answer)(answer.status, answer.headers, json.dumps(body).encode())

    small_sandbox.faults.add(Fault(hide, path=path, times=None))
    sync_of(warehouse, small_sandbox)
    reason = warehouse.scalar("select reason from ops.tombstones where row_key = $uid", of_uid)
    small_sandbox.faults.clear()
    sync_of(warehouse, small_sandbox)

    assert reason == "hidden"
    assert warehouse.scalar("select count(*) from ops.tombstones where row_key = $uid", of_uid) == 0
    assert warehouse.scalar("select count(*) from raw.bookings where uid = $uid", of_uid) == 1
    assert open_versions_differ(warehouse) == []
