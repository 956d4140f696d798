"""The shipped models, built incrementally after random changes, have the rows of a whole build."""

from __future__ import annotations

import random
from datetime import timedelta

import duckdb
import pytest

from pipelines.models import project_folder
from tests.engines.generated import AS_OF, add_bookings, keep_old, load_year, rewrite
from transforms import DuckDBEngine, How, Project, build

PROJECT = Project.load(project_folder())
TABLES = [name for name in PROJECT.models if not name.startswith("staging.")]
BOOKINGS = 400
HOSTS = 12


def change(connection, table: str, assignment: str, key: str, now) -> None:
    """Change one booking's rows of a raw table."""
    rewrite(connection, table, assignment, _of(table, key), now)


def remove(connection, table: str, key: str, now) -> None:
    """Delete one booking's rows of a raw table; their versions end."""
    keep_old(connection, table, _of(table, key), now)
    connection.execute(f"delete from raw.{table} where {_of(table, key)}")


def _of(table: str, key: str) -> str:
    return f"{'uid' if table == 'bookings' else 'booking_uid'} = '{key}'"


def live(rng: random.Random, connection, day: int) -> None:
    """A day: bookings cancelled, moved, marked absent, reassigned, gone and new."""
    now = AS_OF + timedelta(days=day)
    found = connection.execute("select uid from raw.bookings order by uid").fetchall()
    uids = [uid for (uid,) in rng.sample(found, 8)]
    change(connection, "bookings", "status = 'cancelled'", uids[0], now)
    moved = 'start = start + to_days(3), "end" = "end" + to_days(3)'
    change(connection, "bookings", moved, uids[1], now)
    change(connection, "bookings", "absent_host = not absent_host", uids[2], now)
    change(connection, "booking_attendees", "absent = true", uids[3], now)
    change(connection, "booking_hosts", f"id = {rng.randint(1, HOSTS)}", uids[4], now)
    change(connection, "bookings", f"rescheduled_from_uid = '{uids[5]}'", uids[6], now)
    remove(connection, "booking_attendees", uids[7], now)
    if rng.random() < 0.5:
        for table in ("bookings", "booking_hosts", "booking_attendees", "booking_answers"):
            remove(connection, table, uids[7], now)
    add_bookings(
        connection,
        BOOKINGS + day * 10,
        rng.randint(1, 9),
        now,
        minutes=60 * 24 * 14,
        loaded_at=now + timedelta(hours=1),
    )


def kept(name: str) -> str:
    """Name of the copy of a model as the incremental build left it."""
    return f"incremental.{name.replace('.', '__')}"


def differs(connection, name: str) -> bool:
    """Tell whether a model has other rows than its copy; in SQL, as some have a million."""
    pair = (name, kept(name))
    return any(
        connection.execute(f"from {one} except all from {other} limit 1").fetchone()
        for one, other in (pair, pair[::-1])
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1])
def test_incremental_builds_give_the_rows_of_a_whole_one(seed):
    rng = random.Random(seed)
    with duckdb.connect() as connection:
        load_year(connection, BOOKINGS, hosts=HOSTS)
        engine = DuckDBEngine(connection)
        assert build(PROJECT, engine, as_of=AS_OF).ok
        for day in range(1, 3):
            live(rng, connection, day)
            moment = AS_OF + timedelta(days=day, hours=rng.randint(1, 9))
            result = build(PROJECT, engine, as_of=moment)
            assert result.ok, result.failures
        how = {model.name: model.how for model in result.models}
        connection.execute("create schema incremental")
        for name in TABLES:
            connection.execute(f"create table {kept(name)} as from {name}")

        assert build(PROJECT, engine, as_of=moment, whole=True).ok

        assert {name for name in TABLES if differs(connection, name)} == set()
        assert how["marts.fct_bookings"] is How.PARTITIONS
        assert how["marts.agg_no_show_rates"] is How.PARTITIONS
        assert how["marts.agg_host_utilisation_daily"] is How.PARTITIONS
        assert how["marts.agg_bookings_by_host"] is How.PARTITIONS
        assert how["marts.fct_insights_bookings"] is How.PARTITIONS


def test_a_cancellation_ninety_days_back_recomputes_its_day_only():
    with duckdb.connect() as connection:
        load_year(connection, BOOKINGS, hosts=HOSTS)
        engine = DuckDBEngine(connection)
        assert build(PROJECT, engine, as_of=AS_OF).ok
        uid, day = connection.execute(
            "select booking_uid, start_date from marts.fct_bookings where status = 'accepted' "
            "and start_date <= date '2026-08-24' order by start_at desc limit 1"
        ).fetchone()
        connection.execute("update marts.agg_no_show_rates set attendee_count = 777")

        change(connection, "bookings", "status = 'cancelled'", uid, AS_OF)
        assert build(PROJECT, engine, as_of=AS_OF).ok

        recomputed = connection.execute(
            "select distinct start_date from marts.agg_no_show_rates where attendee_count <> 777"
        ).fetchall()
        assert set(recomputed) <= {(day,)}
        cancelled = connection.execute(
            "select outcome from marts.fct_bookings where booking_uid = ?", [uid]
        ).fetchone()
        assert cancelled == ("cancelled",)


def test_where_nobody_new_is_marked_counts_by_circumstance_are_updated_in_part():
    name = "marts.agg_bookings_by_circumstance"
    with duckdb.connect() as connection:
        load_year(connection, BOOKINGS, hosts=HOSTS)
        engine = DuckDBEngine(connection)
        assert build(PROJECT, engine, as_of=AS_OF).ok
        (uid,) = connection.execute(
            "select booking_uid from marts.fct_bookings where outcome = 'upcoming' "
            "order by start_at limit 1"
        ).fetchone()
        change(connection, "bookings", "status = 'cancelled'", uid, AS_OF)

        result = build(PROJECT, engine, as_of=AS_OF)

        assert {model.name: model.how for model in result.models}[name] is How.PARTITIONS
        connection.execute("create schema incremental")
        connection.execute(f"create table {kept(name)} as from {name}")
        assert build(PROJECT, engine, as_of=AS_OF, whole=True).ok
        assert not differs(connection, name)
