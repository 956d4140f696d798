"""Tables that stand as they were read are not landed again, and lose nothing by it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from cal_source.batches import join_batches
from cal_source.bookings import BookingReads, booking_view, fetch_bookings
from cal_source.extraction import Extraction
from cal_source.tables import ROOT_TABLES, TABLES
from pipelines.booking_plan import plan_bookings
from pipelines.options import SyncOptions
from pipelines.sync import publish_left_over
from pipelines.unchanged import changed_bookings
from tests.account import NOW, client_for, land_now, new_sandbox, sync_now
from tests.table_contents import contents

REREAD = {"only": ("bookings",), "page_size": 10, "reread_requests": 12}
"""Of an account of 300 bookings a sync reads some 100 again."""


def set_aside(warehouse):
    """Return the tables that the latest run found unchanged."""
    rows = warehouse.rows(
        "select distinct resource from ops.reads where is_unchanged "
        "and run_id = (select max(run_id) from ops.reads)"
    )
    return {row["resource"] for row in rows}


def filled(warehouse):
    return {
        table.name
        for table in ROOT_TABLES
        if warehouse.scalar(f"select count(*) from raw.{table.name}")
    }


def everything(warehouse):
    return {name: contents(warehouse, name) for name in TABLES}


def test_sync_of_an_unchanged_account_loads_nothing_and_says_when_it_read(
    warehouse, small_sandbox, sync_of, caplog
):
    sync_of(warehouse, small_sandbox)
    before = everything(warehouse)
    first = warehouse.scalar("select max(_run_id) from raw.bookings")
    caplog.set_level(logging.INFO, "cal_warehouse.steps")

    result = sync_of(warehouse, small_sandbox)

    assert result.outcome == "proved"
    assert "normalize" not in caplog.messages
    assert set_aside(warehouse) >= filled(warehouse)
    assert everything(warehouse) == before
    for table in filled(warehouse):
        assert warehouse.scalar(f"select min(_run_id) from raw.{table}") > first


def test_sync_loads_the_table_in_which_a_nested_list_changed(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    (someone,) = warehouse.rows(
        "select booking_uid, email from raw.booking_attendees where not absent and ordinal = 1 "
        "order by 1, 2 limit 1"
    )
    small_sandbox.world.mark_absent(*someone.values())

    result = sync_of(warehouse, small_sandbox)

    assert result.tables["booking_attendees"]["changed"] == 1
    assert "bookings" not in set_aside(warehouse)
    assert "event_types" in set_aside(warehouse)


def test_landing_of_a_killed_run_retires_nothing_of_what_it_set_aside(
    warehouse, small_sandbox, sync_of, client_of
):
    sync_of(warehouse, small_sandbox)
    before = everything(warehouse)
    uid = warehouse.scalar("select max(uid) from raw.bookings")
    small_sandbox.world.edit_booking(uid, title="changed")
    killed = Extraction(client_of(small_sandbox), strict=False)
    land_now(warehouse, killed, BookingReads(), [table.name for table in ROOT_TABLES])

    result = sync_of(warehouse, small_sandbox)

    assert warehouse.scalar(
        "select count(*) from ops.reads where run_id = $r", {"r": killed.run_id}
    )
    assert warehouse.scalar("select count(*) from ops.tombstones") == 0
    assert result.outcome == "proved"
    assert {n: len(rows) for n, rows in everything(warehouse).items()} == {
        n: len(rows) for n, rows in before.items()
    }


@pytest.fixture
def account(warehouse):
    """An account that was read once, of which a sync reads a part again."""
    sandbox = new_sandbox(bookings=300, seed=3)
    sync_now(warehouse, sandbox, **REREAD)
    sandbox.clock.advance(timedelta(minutes=1))
    return sandbox


def read_by(warehouse, run_id):
    rows = warehouse.rows("select uid from raw.bookings where _run_id = $run", {"run": run_id})
    return {row["uid"] for row in rows}


def near_now(warehouse):
    """Return a booking that every sync reads again, and an attendee of it."""
    return warehouse.rows(
        "select b.uid, a.email from raw.bookings as b join raw.booking_attendees as a "
        "on a.booking_uid = b.uid where b.start < $now and not a.absent and a.ordinal = 1 "
        "order by b.start desc, a.email limit 1",
        {"now": NOW},
    )[0]


def test_bookings_that_stand_are_confirmed_and_not_landed(warehouse, account, caplog):
    before = everything(warehouse)
    caplog.set_level(logging.INFO, "cal_warehouse.steps")

    result = sync_now(warehouse, account, **REREAD)

    assert result.outcome == "proved"
    assert "normalize" not in caplog.messages
    assert result.tables["bookings"]["written"] == 0
    assert everything(warehouse) == before
    assert 50 < len(read_by(warehouse, result.run_id)) < 200


def test_changed_list_is_published_beside_confirmed_bookings(warehouse, account):
    uid, email = near_now(warehouse).values()
    account.world.mark_absent(uid, email)

    result = sync_now(warehouse, account, **REREAD)

    assert result.tables["bookings"]["written"] == 1
    assert result.tables["booking_attendees"]["changed"] == 1
    assert len(read_by(warehouse, result.run_id)) > 50
    assert warehouse.scalar(
        "select absent from raw.booking_attendees where booking_uid = $uid and email = $email",
        {"uid": uid, "email": email},
    )


def test_deleted_booking_goes_and_its_confirmed_neighbours_stay(warehouse, account):
    rows = warehouse.scalar("select count(*) from raw.bookings")
    uid = near_now(warehouse)["uid"]
    account.world.delete_booking(uid)

    result = sync_now(warehouse, account, **REREAD)

    assert result.outcome == "proved"
    assert result.tables["bookings"]["retired"] == 1
    assert warehouse.scalar("select count(*) from raw.bookings") == rows - 1
    assert warehouse.scalar("select row_key from ops.tombstones") == uid


def test_landing_of_a_killed_run_retires_no_confirmed_booking(warehouse, account):
    before = everything(warehouse)
    account.world.mark_absent(*near_now(warehouse).values())
    killed = Extraction(client_for(account), strict=False, clock=account.clock.now)
    reads = plan_bookings(warehouse, killed, SyncOptions(**REREAD))
    land_now(warehouse, killed, reads, ["bookings"])
    assert len(killed.ledger.confirmed) > 0

    (published,) = publish_left_over(warehouse, account.clock.now())

    assert published.run_id == killed.run_id
    assert published.retired == {}
    assert len(everything(warehouse)["bookings"]) == len(before["bookings"])
    assert published.changed["booking_attendees"] == 1


@pytest.mark.parametrize("rows_of_batch", [1, 1000], ids=["page by page", "in one batch"])
def test_the_latest_reading_of_a_booking_counts(warehouse, account, rows_of_batch):
    run = Extraction(client_for(account), strict=False, clock=account.clock.now)
    view = booking_view(run)
    uid, email = near_now(warehouse).values()

    def readings():
        for is_absent in (False, True, False):
            account.world.mark_absent(uid, email, is_absent=is_absent)
            page = fetch_bookings(run, view, {"bookingUid": uid, "take": 10}, "uids").data
            yield run.batch(TABLES["bookings"], page, view.scope, loaded_at=NOW)[0]

    batches = join_batches(readings(), "bookings", rows_of_batch)
    landed = [
        [row["absent"] for row in batch.tables["booking_attendees"].to_pylist()]
        for batch in changed_bookings(warehouse, run, batches)
        if batch.tables
    ]

    assert [any(absent) for absent in landed] == ([True, False] if rows_of_batch == 1 else [])
    assert sum(rows.num_rows for rows in run.ledger.confirmed) == 1
