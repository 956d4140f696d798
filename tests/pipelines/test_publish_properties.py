"""Publishing is exact whatever the order and grouping of the rows that were landed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.records import Stamp, parse_records
from cal_source.tables import TABLES
from pipelines.errors import PublishError
from pipelines.publish import complete_landings, landed_tables, publish
from tests.table_contents import contents

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOOKINGS = TABLES["bookings"]

SQL_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.timestamp("us", "UTC"): "timestamptz",
}

READS_DDL = (
    "create table landing.reads (run_id varchar, resource varchar, operation varchar, "
    "scope varchar, status varchar, reason varchar, rows bigint, quarantined bigint, "
    "requests bigint, started_at timestamptz, finished_at timestamptz, cursor_at timestamptz, "
    "_dlt_load_id varchar)"
)


def booking(uid, version, attendees):
    return {
        "id": int(uid),
        "uid": uid,
        "title": f"version {version}",
        "status": "accepted",
        "start": "2026-01-05T09:00:00.000Z",
        "end": "2026-01-05T09:30:00.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "hosts": [{"id": 1, "email": "h@example.com"}],
        "attendees": [{"email": f"{a}@example.com", "absent": False} for a in attendees],
    }


def append(warehouse, name, rows):
    """Append an Arrow table to a table of the landing, which is made when it is missing."""
    quoted = [f'"{column}"' for column in rows.column_names]
    if name not in landed_tables(warehouse):
        typed = (f"{q} {SQL_TYPES[t]}" for q, t in zip(quoted, rows.schema.types, strict=True))
        warehouse.execute(f"create table landing.{name} ({', '.join(typed)})")
    marks = ", ".join(f"${column}" for column in rows.column_names)
    for row in rows.to_pylist():
        warehouse.execute(f"insert into landing.{name} ({', '.join(quoted)}) values ({marks})", row)


def land(warehouse, pages, *, scope="organization:1", status="complete", order=None):
    """Land pages of bookings as dlt does: their rows, then the reads, then the load.

    Returns the run: run-1 where none was published yet, then run-2, and so on.
    """
    published = warehouse.scalar("select count(distinct run_id) from ops.reads")
    run_id = f"run-{published + 1}"
    warehouse.execute("create schema if not exists landing")
    numbered = list(enumerate(pages, start=1))
    for number, page in (numbered[i] for i in order) if order else numbered:
        stamp = Stamp(scope, run_id, number, NOW + timedelta(seconds=number))
        for name, rows in parse_records(BOOKINGS, page, stamp).arrow(BOOKINGS.family()).items():
            append(warehouse, name, rows)
    if "reads" not in landed_tables(warehouse):
        warehouse.execute(READS_DDL)
        warehouse.execute("create table landing._dlt_loads (load_id varchar, status bigint)")
    warehouse.execute(
        "insert into landing.reads values ($run, 'bookings', 'fetch_all_bookings', $scope, "
        "$status, '', 0, 0, 0, $now, $now, null, $run)",
        {"run": run_id, "scope": scope, "status": status, "now": NOW},
    )
    warehouse.execute("insert into landing._dlt_loads values ($run, 0)", {"run": run_id})
    return run_id


def state(warehouse):
    return {member.name: contents(warehouse, member.name) for member in BOOKINGS.family()}


pages_of_bookings = st.lists(
    st.lists(
        st.builds(
            booking,
            st.sampled_from("12345"),
            st.integers(1, 9),
            st.lists(st.sampled_from("abc"), max_size=3),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda b: b["uid"],
    ),
    min_size=1,
    max_size=4,
)


def newest(pages):
    return {b["uid"]: b for page in pages for b in page}


@settings(max_examples=15)
@given(before=pages_of_bookings, pages=pages_of_bookings, data=st.data())
def test_publish_gives_the_newest_version_of_each_booking_in_any_order(
    new_warehouse, before, pages, data
):
    order = data.draw(st.permutations(range(len(pages))))
    with new_warehouse() as warehouse:
        run = land(warehouse, before)
        publish(warehouse, run, NOW)
        run = land(warehouse, pages, order=order)

        publish(warehouse, run, NOW)

        expected = newest(pages)
        rows = warehouse.rows("select uid, title from raw.bookings order by uid")
        assert rows == [{"uid": u, "title": expected[u]["title"]} for u in sorted(expected)]
        attendees = warehouse.rows(
            "select booking_uid, email from raw.booking_attendees order by booking_uid, email"
        )
        assert [(a["booking_uid"], a["email"]) for a in attendees] == sorted(
            (uid, a["email"]) for uid, b in expected.items() for a in b["attendees"]
        )


@settings(max_examples=10)
@given(before=pages_of_bookings, pages=pages_of_bookings)
def test_publish_of_a_partial_read_retires_nothing(new_warehouse, before, pages):
    with new_warehouse() as warehouse:
        run = land(warehouse, before)
        publish(warehouse, run, NOW)
        run = land(warehouse, pages, status="partial")

        publish(warehouse, run, NOW)

        found = {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}
        assert found == newest(before).keys() | newest(pages).keys()


@settings(max_examples=10)
@given(pages=pages_of_bookings)
def test_publish_of_another_scope_leaves_the_rows_of_this_one(new_warehouse, pages):
    with new_warehouse() as warehouse:
        run = land(warehouse, [[booking("9", 1, "a")]], scope="user:7")
        publish(warehouse, run, NOW)
        run = land(warehouse, pages)

        publish(warehouse, run, NOW)

        found = {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}
        assert found == {"9"} | newest(pages).keys()


def test_publish_empties_the_landing_so_that_a_second_time_finds_nothing(warehouse):
    run = land(warehouse, [[booking("1", 1, "a")]])
    assert complete_landings(warehouse) == [run]

    publish(warehouse, run, NOW)

    assert complete_landings(warehouse) == []
    assert not warehouse.has_schema("landing")


def test_publish_ignores_a_landing_whose_load_is_not_complete(warehouse):
    land(warehouse, [[booking("1", 1, "a")]])
    warehouse.execute("delete from landing._dlt_loads")

    assert complete_landings(warehouse) == []


def test_publish_takes_the_attendees_that_vanished_away(warehouse):
    run = land(warehouse, [[booking("1", 1, "abc")]])
    publish(warehouse, run, NOW)
    run = land(warehouse, [[booking("1", 2, "")]], status="partial")

    publish(warehouse, run, NOW)

    assert warehouse.scalar("select count(*) from raw.booking_attendees") == 0
    assert warehouse.scalar("select title from raw.bookings") == "version 2"


def test_publish_refuses_a_landing_that_would_hold_a_key_twice(warehouse):
    run = land(warehouse, [[booking("1", 1, "a")]])
    publish(warehouse, run, NOW)
    before = state(warehouse)
    run = land(warehouse, [[booking("2", 1, "b")]])
    warehouse.execute("insert into landing.booking_hosts select * from landing.booking_hosts")

    with pytest.raises(PublishError, match=r"raw\.booking_hosts.*would stand twice"):
        publish(warehouse, run, NOW)

    assert state(warehouse) == before


def test_publish_moves_cursors_forward_only(warehouse):
    def cursor():
        return warehouse.scalar("select cursor_at from ops.cursors where scope = 'organization:1'")

    for offset, expected in ((2, 2), (1, 2), (3, 3)):
        run = land(warehouse, [[booking("1", offset, "a")]])
        at = NOW + timedelta(days=offset)
        warehouse.execute("update landing.reads set cursor_at = $at", {"at": at})
        publish(warehouse, run, NOW)
        assert cursor() == NOW + timedelta(days=expected)
