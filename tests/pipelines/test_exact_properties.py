"""What order, repetition, part or view a run has makes no difference to what is true."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from cal_source.bookings import BookingReads
from cal_source.extraction import Extraction
from cal_source.sandbox import Fault, Sandbox
from cal_source.sandbox.faults import bare_error
from cal_source.tables import ROOT_TABLES, TABLES
from pipelines.errors import ViewLost
from pipelines.landed import LANDING
from pipelines.publish import complete_landings, landed_tables, publish
from pipelines.warehouse import Warehouse
from tests.account import client_for, land_now, new_sandbox, sync_now
from tests.histories import BOOKING_STEPS, Histories
from tests.oracle import differences, hash_differences, history_problems, rows_of, snapshot

BOOKINGS = "/v2/organizations/101/bookings"
USERS = "/v2/organizations/101/users"


@pytest.fixture
def sandbox():
    return new_sandbox(bookings=60, seed=3)


@pytest.fixture
def duckdb(tmp_path):
    """A warehouse in a file."""
    with Warehouse.open(str(tmp_path / "exact.duckdb")) as opened:
        yield opened


def contents(warehouse, suffix=""):
    """All rows of `raw` but for their run; of versions, also but for when they were last read."""
    left_out = {"_run_id", "_loaded_at"} if suffix else {"_run_id"}
    return {
        name: Counter(
            repr({column: value for column, value in row.items() if column not in left_out})
            for row in rows_of(warehouse, name, suffix)
        )
        for name in TABLES
    }


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"page_size": 3, "workers": 1}, id="small pages"),
        pytest.param({"page_size": 7, "workers": 4, "slice_size": 8}, id="slices side by side"),
        pytest.param({"page_size": 20, "reread_requests": 3}, id="in a second run with windows"),
    ],
)
def test_pages_of_any_size_in_any_order_give_the_same_tables(duckdb, tmp_path, sandbox, options):
    """Another seed of the sandbox also gives everything without an order in another order."""
    other_order = Sandbox(sandbox.world, seed=99, rate_limit_per_minute=10**6)
    sync_now(duckdb, sandbox)

    with Warehouse.open(str(tmp_path / "other.duckdb")) as other:
        sync_now(other, other_order, **options)
        other_order.clock.advance(timedelta(hours=1))
        sync_now(other, other_order, **options)

        assert differences(other, other_order) == []
        assert hash_differences(duckdb, other) == []


def test_landing_tables_in_any_order_publishes_the_same(duckdb, tmp_path, sandbox):
    names = [table.name for table in ROOT_TABLES]
    Random(7).shuffle(names)
    sync_now(duckdb, sandbox)

    with Warehouse.open(str(tmp_path / "in_parts.duckdb")) as other:
        for part in (names[:9], names[9:12], names[12:]):
            sync_now(other, sandbox, only=tuple(part))

        assert differences(other, sandbox) == []
        assert hash_differences(duckdb, other) == []


def test_publishing_a_landing_a_second_time_changes_nothing(duckdb, sandbox):
    sync_now(duckdb, sandbox)
    history = Histories(sandbox, Random(4))
    for _ in range(30):
        history.step()
    extraction = Extraction(client_for(sandbox), strict=False, clock=sandbox.clock.now)
    land_now(duckdb, extraction, BookingReads(), [table.name for table in ROOT_TABLES])
    (run_id,) = complete_landings(duckdb)
    copies = sorted(landed_tables(duckdb))
    duckdb.connection.execute("create schema kept")
    for name in copies:
        duckdb.connection.execute(f"create table kept.{name} as from {LANDING}.{name}")
    publish(duckdb, run_id, extraction.clock())
    once = contents(duckdb), contents(duckdb, "_history"), ops_of(duckdb)

    duckdb.connection.execute(f"create schema if not exists {LANDING}")
    for name in copies:
        duckdb.connection.execute(f"create or replace table {LANDING}.{name} as from kept.{name}")
    assert complete_landings(duckdb) == [run_id]
    publish(duckdb, run_id, extraction.clock())

    assert (contents(duckdb), contents(duckdb, "_history"), ops_of(duckdb)) == once
    assert differences(duckdb, sandbox) == []


def ops_of(warehouse):
    tables = ("cursors", "tombstones", "schema_changes")
    return [Counter(map(repr, warehouse.rows(f"select * from ops.{name}"))) for name in tables]


@pytest.mark.parametrize("only", ["users", "bookings", "schedule_overrides"])
def test_a_run_over_a_part_changes_nothing_else(duckdb, sandbox, only):
    sync_now(duckdb, sandbox)
    history = Histories(sandbox, Random(5))
    for _ in range(40):
        history.step()
    (family,) = [t.family() for t in ROOT_TABLES if only in {m.name for m in t.family()}]
    own = {member.name for member in family}
    before = contents(duckdb), contents(duckdb, "_history")

    sync_now(duckdb, sandbox, only=(only,))

    for old, new in zip(before, (contents(duckdb), contents(duckdb, "_history")), strict=True):
        assert {name for name in TABLES if old[name] != new[name]} <= own
    assert differences(duckdb, sandbox, tables=(family[0].name,)) == []


def test_a_view_lost_and_regained_gives_no_false_versions_and_loses_no_rows(duckdb, sandbox):
    sync_now(duckdb, sandbox)
    past = {sandbox.clock.now(): snapshot(duckdb)}
    before = contents(duckdb), contents(duckdb, "_history")
    owner = sandbox.world.membership(101, 1001)
    sandbox.world.edit("memberships", owner.id, role="MEMBER")
    sandbox.clock.advance(timedelta(hours=1))

    with pytest.raises(ViewLost):
        sync_now(duckdb, sandbox)
    while_lost = contents(duckdb), contents(duckdb, "_history")
    changed = Histories(sandbox, Random(6), {"rate": BOOKING_STEPS["rate"]}).step()
    sandbox.world.edit("memberships", owner.id, role="OWNER")
    sandbox.clock.advance(timedelta(hours=1))
    result = sync_now(duckdb, sandbox)
    past[sandbox.clock.now()] = snapshot(duckdb)

    assert while_lost == before
    assert result.outcome == "proved"
    assert differences(duckdb, sandbox) == []
    assert history_problems(duckdb, past) == []
    again = {
        name: duckdb.scalar(f"select count(*) from raw.{name}_history") - len(rows)
        for name, rows in contents(duckdb).items()
    }
    uid = changed.split()[-1]
    was_visible = any(uid in row for row in before[0]["bookings"])
    assert {name: more for name, more in again.items() if more} == (
        {"bookings": 1} if was_visible else {}
    )


def test_a_list_that_is_refused_for_a_while_keeps_its_rows_and_versions(duckdb, sandbox):
    sync_now(duckdb, sandbox)
    before = contents(duckdb), contents(duckdb, "_history")
    sandbox.faults.add(Fault(bare_error(403, "Forbidden"), path=USERS, times=None))
    sandbox.clock.advance(timedelta(hours=1))

    result = sync_now(duckdb, sandbox)
    lost = contents(duckdb), contents(duckdb, "_history")
    sandbox.faults.clear()
    sandbox.clock.advance(timedelta(hours=1))
    sync_now(duckdb, sandbox)

    assert "users" in {read["resource"] for read in result.skipped}
    assert [side["users"] for side in lost] == [side["users"] for side in before]
    assert contents(duckdb, "_history") == before[1]
    assert differences(duckdb, sandbox) == []


def test_a_member_who_leaves_and_returns_has_two_lives_in_the_history(duckdb, sandbox):
    sync_now(duckdb, sandbox)
    past = {sandbox.clock.now(): snapshot(duckdb)}
    history = Histories(sandbox, Random(8))
    row = sandbox.world.membership(101, 1005)
    history.ask("DELETE", f"/v2/organizations/101/memberships/{row.id}")
    sandbox.clock.advance(timedelta(hours=1))
    gone = sync_now(duckdb, sandbox)
    past[sandbox.clock.now()] = snapshot(duckdb)
    hidden = differences(duckdb, sandbox)
    body = {"userId": 1005, "role": "MEMBER", "accepted": True}
    history.ask("POST", "/v2/organizations/101/memberships", body)
    sandbox.clock.advance(timedelta(hours=1))
    sync_now(duckdb, sandbox)
    past[sandbox.clock.now()] = snapshot(duckdb)

    assert gone.tables["bookings"]["retired"] > 0
    assert hidden == []
    assert differences(duckdb, sandbox) == []
    assert history_problems(duckdb, past) == []
    lives = "select uid from raw.bookings_history group by uid having count(*) = 2"
    assert duckdb.scalar(f"select count(*) from ({lives})") == gone.tables["bookings"]["retired"]


@pytest.mark.parametrize("factor", [0, 0.5, 3], ids=["none", "half", "three times"])
def test_wrong_totals_cost_the_proof_but_no_row(duckdb, sandbox, factor):
    def miscount(answer, _rng):
        body = answer.json()
        if "pagination" not in body:
            return answer
        body["pagination"]["totalItems"] = int(body["pagination"]["totalItems"] * factor)
        return replace(answer, body=json.dumps(body).encode())

    sandbox.faults.add(Fault(miscount, path=BOOKINGS, times=None))
    first = sync_now(duckdb, sandbox, page_size=7, slice_size=10)
    sandbox.clock.advance(timedelta(hours=1))
    second = sync_now(duckdb, sandbox, page_size=7, reread_requests=4)
    sandbox.faults.clear()

    assert (first.outcome, second.outcome) == ("unproved", "unproved")
    assert differences(duckdb, sandbox) == []


LISTS = {
    "webhooks": "webhooks",
    "schedules": "schedules",
    "out_of_office": "out_of_office_entries",
    "attribute_options": "attribute_options",
    "attribute_assignments": "attribute_assignments",
    "private_links": "event_type_private_links",
    "workflows": "workflows",
    "routing_responses": "routing_form_responses",
}


def test_a_deletion_is_seen_in_any_list_and_at_any_level(duckdb, sandbox):
    """Half of the rows of each list go: of the user, of the organisation, of teams and below."""
    sync_now(duckdb, sandbox)
    rows = {name: duckdb.scalar(f"select count(*) from raw.{name}") for name in LISTS.values()}
    for name in LISTS:
        table = getattr(sandbox.world, name)
        for key in list(table)[::2]:
            del table[key]
    sandbox.world.touch()
    sandbox.clock.advance(timedelta(hours=1))

    sync_now(duckdb, sandbox, accept_losses=True)

    fewer = {name: duckdb.scalar(f"select count(*) from raw.{name}") for name in rows}
    assert differences(duckdb, sandbox) == []
    assert [name for name in rows if fewer[name] >= rows[name]] == []


def test_a_deleted_webhook_is_retired_although_others_may_not_be_listed(duckdb, sandbox):
    """The platform's clients are refused to this key; that says nothing about its own webhooks."""
    sync_now(duckdb, sandbox)
    own = next(row.id for row in sandbox.world.webhooks.values() if row.user_id == 1001)
    Histories(sandbox, Random(1)).ask("DELETE", f"/v2/webhooks/{own}")

    result = sync_now(duckdb, sandbox, only=("webhooks",))

    assert any(read["operation"].endswith("oauth_client") for read in result.skipped)
    assert duckdb.scalar(f"select count(*) from raw.webhooks where id = '{own}'") == 0
    assert differences(duckdb, sandbox, tables=("webhooks",)) == []
