"""Tables that stand as they were read are not landed again, and lose nothing by it."""

from __future__ import annotations

import logging

from cal_source.bookings import BookingReads
from cal_source.extraction import Extraction
from cal_source.tables import ROOT_TABLES, TABLES
from pipelines.landing import land
from tests.table_contents import contents


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
    land(warehouse, killed, BookingReads(), [table.name for table in ROOT_TABLES])

    result = sync_of(warehouse, small_sandbox)

    assert warehouse.scalar(
        "select count(*) from ops.reads where run_id = $r", {"r": killed.run_id}
    )
    assert warehouse.scalar("select count(*) from ops.tombstones") == 0
    assert result.outcome == "proved"
    assert {n: len(rows) for n, rows in everything(warehouse).items()} == {
        n: len(rows) for n, rows in before.items()
    }
