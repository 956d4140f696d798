"""Publishing is exact whatever the order and grouping of the rows that were landed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.records import Stamp, parse_records
from cal_source.tables import TABLES
from pipelines.errors import PublishError
from pipelines.publish import complete_landings, landed_tables, publish
from pipelines.warehouse import Warehouse

RUN = "run-1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOOKINGS = TABLES["bookings"]

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


def land(warehouse, pages, *, scope="organization:1", status="complete", run_id=RUN, order=None):
    """Land pages of bookings as dlt does: append their rows, then the reads, then the load."""
    connection = warehouse.connection
    connection.execute("create schema if not exists landing")
    numbered = list(enumerate(pages, start=1))
    for number, page in (numbered[i] for i in order) if order else numbered:
        stamp = Stamp(scope, run_id, number, NOW + timedelta(seconds=number))
        for name, rows in parse_records(BOOKINGS, page, stamp).arrow(BOOKINGS.family()).items():
            connection.register("page_rows", rows)
            exists = name in landed_tables(warehouse)
            verb = f"insert into landing.{name}" if exists else f"create table landing.{name} as"
            connection.execute(f"{verb} select * from page_rows")
            connection.unregister("page_rows")
    if "reads" not in landed_tables(warehouse):
        connection.execute(READS_DDL)
        connection.execute("create table landing._dlt_loads (load_id varchar, status bigint)")
    connection.execute(
        "insert into landing.reads values (?, 'bookings', 'fetch_all_bookings', ?, ?, '', 0, 0, 0, "
        "?, ?, null, ?)",
        [run_id, scope, status, NOW, NOW, run_id],
    )
    connection.execute("insert into landing._dlt_loads values (?, 0)", [run_id])


def state(warehouse):
    return {
        member.name: sorted(
            map(
                repr,
                warehouse.rows(f"select * exclude (_run_id, _loaded_at) from raw.{member.name}"),
            )
        )
        for member in BOOKINGS.family()
    }


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
    tmp_path_factory, before, pages, data
):
    order = data.draw(st.permutations(range(len(pages))))
    with Warehouse.open(str(tmp_path_factory.mktemp("w") / "cal.duckdb")) as warehouse:
        land(warehouse, before)
        publish(warehouse, RUN, NOW)
        land(warehouse, pages, order=order)

        publish(warehouse, RUN, NOW)

        expected = newest(pages)
        rows = warehouse.rows("select uid, title from raw.bookings order by uid")
        assert rows == [{"uid": u, "title": expected[u]["title"]} for u in sorted(expected)]
        attendees = warehouse.rows(
            "select booking_uid, email from raw.booking_attendees order by all"
        )
        assert [(a["booking_uid"], a["email"]) for a in attendees] == sorted(
            (uid, a["email"]) for uid, b in expected.items() for a in b["attendees"]
        )


@settings(max_examples=10)
@given(before=pages_of_bookings, pages=pages_of_bookings)
def test_publish_of_a_partial_read_retires_nothing(tmp_path_factory, before, pages):
    with Warehouse.open(str(tmp_path_factory.mktemp("w") / "cal.duckdb")) as warehouse:
        land(warehouse, before)
        publish(warehouse, RUN, NOW)
        land(warehouse, pages, status="partial")

        publish(warehouse, RUN, NOW)

        found = {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}
        assert found == newest(before).keys() | newest(pages).keys()


@settings(max_examples=10)
@given(pages=pages_of_bookings)
def test_publish_of_another_scope_leaves_the_rows_of_this_one(tmp_path_factory, pages):
    with Warehouse.open(str(tmp_path_factory.mktemp("w") / "cal.duckdb")) as warehouse:
        land(warehouse, [[booking("9", 1, "a")]], scope="user:7")
        publish(warehouse, RUN, NOW)
        land(warehouse, pages)

        publish(warehouse, RUN, NOW)

        found = {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}
        assert found == {"9"} | newest(pages).keys()


def test_publish_empties_the_landing_so_that_a_second_time_finds_nothing(warehouse):
    land(warehouse, [[booking("1", 1, "a")]])
    assert complete_landings(warehouse) == [RUN]

    publish(warehouse, RUN, NOW)

    assert complete_landings(warehouse) == []
    assert not warehouse.has_schema("landing")


def test_publish_ignores_a_landing_whose_load_is_not_complete(warehouse):
    land(warehouse, [[booking("1", 1, "a")]])
    warehouse.connection.execute("delete from landing._dlt_loads")

    assert complete_landings(warehouse) == []


def test_publish_takes_the_attendees_that_vanished_away(warehouse):
    land(warehouse, [[booking("1", 1, "abc")]])
    publish(warehouse, RUN, NOW)
    land(warehouse, [[booking("1", 2, "")]], status="partial")

    publish(warehouse, RUN, NOW)

    assert warehouse.scalar("select count(*) from raw.booking_attendees") == 0
    assert warehouse.scalar("select title from raw.bookings") == "version 2"


def test_publish_refuses_a_landing_that_would_hold_a_key_twice(warehouse):
    land(warehouse, [[booking("1", 1, "a")]])
    publish(warehouse, RUN, NOW)
    before = state(warehouse)
    land(warehouse, [[booking("2", 1, "b")]])
    warehouse.connection.execute(
        "insert into landing.booking_hosts select * from landing.booking_hosts"
    )

    with pytest.raises(PublishError, match=r"raw\.booking_hosts.*would stand twice"):
        publish(warehouse, RUN, NOW)

    assert state(warehouse) == before


def test_publish_moves_cursors_forward_only(warehouse):
    def cursor():
        return warehouse.scalar("select cursor_at from ops.cursors where scope = 'organization:1'")

    for offset, expected in ((2, 2), (1, 2), (3, 3)):
        land(warehouse, [[booking("1", offset, "a")]])
        at = NOW + timedelta(days=offset)
        warehouse.connection.execute("update landing.reads set cursor_at = ?", [at])
        publish(warehouse, RUN, NOW)
        warehouse.connection.execute("delete from ops.reads")
        assert cursor() == NOW + timedelta(days=expected)
