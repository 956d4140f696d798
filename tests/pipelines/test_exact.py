"""Large accounts in parts, budgets, repairs, held losses, lost views, and what status says."""

from __future__ import annotations

import json
from datetime import timedelta
from math import ceil

import pytest

from cal_source.bookings import OVERLAP, Window
from cal_source.sandbox import Fault
from pipelines.booking_plan import cursors
from pipelines.errors import ViewLost
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.status import warehouse_status
from tests.account import NOW, new_sandbox, sync_now
from tests.oracle import differences

BOOKINGS = "/v2/organizations/101/bookings"
# An account that is large for its budget: one request brings 20 bookings, few may be read again.
ONLY = {"only": ("bookings",)}
SMALL = {"page_size": 20, "reread_requests": 6, "proof_requests": 4, **ONLY}
TABLES = ("bookings", "booking_attendees", "booking_hosts")


@pytest.fixture
def sandbox():
    return new_sandbox(bookings=300, seed=3)


def uids(warehouse):
    return {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}


def table(status, name):
    return next(entry for entry in status.tables if entry.table == name)


@pytest.mark.parametrize("bookings", [60, 340, 700, 1340])
def test_a_first_load_asks_hardly_more_often_than_its_pages(bookings, tmp_path):
    from pipelines.warehouse import Warehouse

    sandbox = new_sandbox(bookings=bookings, seed=bookings)

    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        result = sync_now(warehouse, sandbox, only=("bookings",))

    pages = ceil(result.tables["bookings"]["rows"] / 250)
    assert result.booking_requests.total() <= 1.05 * pages + 2
    assert result.outcome == "proved"


def test_a_large_account_is_read_in_slices_side_by_side(warehouse, sandbox):
    result = sync_now(warehouse, sandbox, slice_size=30, page_size=10, **ONLY)

    assert result.outcome == "proved"
    assert differences(warehouse, sandbox, tables=TABLES) == []
    parts = warehouse.rows(
        "select position_at from ops.reads where resource = 'bookings' "
        "and status <> 'skipped' order by run_id"
    )
    assert len(parts) > 2
    assert parts[0]["position_at"] < parts[1]["position_at"]
    assert [cursor.position_at for cursor in cursors(warehouse).values()] == [None]


def test_parts_of_a_first_load_are_not_read_again_as_changes(warehouse, sandbox):
    for booking in sandbox.world.bookings:  # a long life: the oldest changed long ago
        booking.updated_at = booking.created_at
    late = sum(b.created_at > NOW - OVERLAP for b in sandbox.world.bookings)

    result = sync_now(warehouse, sandbox, slice_size=30, page_size=10, **ONLY)

    assert result.outcome == "proved"
    assert result.booking_requests["changes"] <= ceil(late / 10) + 2


def test_a_first_load_that_breaks_off_goes_on_where_it_was(warehouse, sandbox):
    calls = 0

    def stop_later():
        nonlocal calls
        calls += 1
        if calls > 40:
            raise KeyboardInterrupt

    sandbox.before_request(stop_later)
    with pytest.raises(KeyboardInterrupt):
        sync_now(warehouse, sandbox, slice_size=15, page_size=5, **ONLY)
    sandbox.before_request(None)
    there = len(uids(warehouse))
    (cursor,) = cursors(warehouse).values()

    result = sync_now(warehouse, sandbox, slice_size=15, page_size=5, **ONLY)

    assert there > 0
    assert cursor.position_at is not None
    first = min(
        (read for read in result.reads if read["resource"] == "bookings" and read["rows"]),
        key=lambda read: read["run_id"],
    )
    assert first["rows"] < len(uids(warehouse)), "what was published was not read again"
    assert result.outcome == "proved"
    assert differences(warehouse, sandbox, tables=TABLES) == []


def test_nothing_changed_costs_few_booking_requests(warehouse, sandbox):
    sync_now(warehouse, sandbox, **SMALL)
    sandbox.clock.advance(timedelta(hours=1))

    result = sync_now(warehouse, sandbox, **SMALL)

    asked = result.booking_requests
    assert result.outcome == "proved"
    assert asked["windows"] + asked["seated"] <= SMALL["reread_requests"]
    assert asked["check"] + asked["changes"] + asked["count"] <= 3 + SMALL["proof_requests"]
    assert result.tables["bookings"]["changed"] == 0


def test_an_unstamped_change_is_found_within_one_rotation(warehouse, sandbox):
    sync_now(warehouse, sandbox, **SMALL)
    long_ago = min(
        (b for b in sandbox.world.bookings if b.attendees), key=lambda booking: booking.start
    )
    sandbox.world.mark_absent(long_ago.uid, long_ago.attendees[0].email, is_absent=True)
    runs = 0

    while differences(warehouse, sandbox, tables=("bookings", "booking_attendees")):
        sandbox.clock.advance(timedelta(hours=1))
        sync_now(warehouse, sandbox, **SMALL)
        runs += 1
        assert runs <= ceil(300 / 20), "every booking is read again within one rotation"


def test_a_deleted_booking_is_found_by_counting_and_nothing_else_is_read(warehouse, sandbox):
    sync_now(warehouse, sandbox, **SMALL)
    sandbox.clock.advance(timedelta(hours=1))
    last_month = NOW - timedelta(days=60)
    gone = next(
        b.uid for b in sandbox.world.bookings if b.uid in uids(warehouse) and b.start < last_month
    )
    sandbox.world.delete_booking(gone)

    result = sync_now(warehouse, sandbox, **SMALL)

    assert result.outcome == "proved"
    assert gone not in uids(warehouse)
    assert "whole" not in result.booking_requests
    reasons = warehouse.rows("select row_key, reason from ops.tombstones")
    assert reasons == [{"row_key": gone, "reason": "deleted"}]


def test_rows_lost_by_the_warehouse_are_found_and_read_again(warehouse, sandbox):
    sync_now(warehouse, sandbox, **SMALL)
    lost = sorted(uids(warehouse))[::40]
    for uid in lost:
        warehouse.execute("delete from raw.bookings where uid = $uid", {"uid": uid})

    result = sync_now(warehouse, sandbox, **SMALL)

    assert result.outcome == "proved"
    assert differences(warehouse, sandbox, tables=("bookings", "booking_attendees")) == []


def half_a_list(answer, _rng):
    """What a server says that has forgotten every other booking."""
    body = json.loads(answer.body)
    body["data"] = [b for b in body["data"] if isinstance(b, dict) and b["id"] % 2]
    body["pagination"]["totalItems"] //= 2
    return type(answer)(answer.status, answer.headers, json.dumps(body).encode())


def test_losses_that_nothing_explains_are_held_until_they_are_accepted(warehouse, sandbox):
    sync_now(warehouse, sandbox, **ONLY)
    before = uids(warehouse)
    sandbox.faults.add(Fault(half_a_list, path=BOOKINGS, times=None))

    held = sync_now(warehouse, sandbox, **ONLY)
    after = uids(warehouse)
    again = sync_now(warehouse, sandbox, **ONLY)
    status = warehouse_status(warehouse, NOW)
    accepted = sync_now(warehouse, sandbox, accept_losses=True, **ONLY)

    assert (held.exit_code, held.outcome) == (ExitCode.HELD, "held")
    assert again.exit_code == ExitCode.HELD
    assert after == before
    assert table(status, "bookings").held == held.held > 20
    assert accepted.exit_code in {ExitCode.DONE, ExitCode.UNPROVED}
    assert len(uids(warehouse)) == len(before) - held.held
    assert warehouse.scalar("select count(*) from ops.held_losses") == 0


def test_assignments_of_attributes_that_were_deleted_are_no_unexplained_loss(warehouse, sandbox):
    sync_now(warehouse, sandbox)
    assigned = warehouse.rows(
        "select attribute_id, count(*) as n from raw.attribute_assignments group by 1"
    )
    assert sum(row["n"] for row in assigned) > 20
    for row in assigned:
        headers = {"authorization": "Bearer cal_sandbox_owner"}
        path = f"/v2/organizations/101/attributes/{row['attribute_id']}"
        assert sandbox.respond("DELETE", path, [], headers).status == 200

    result = sync_now(warehouse, sandbox)

    assert result.outcome == "proved"
    assert warehouse.scalar("select count(*) from raw.attribute_assignments") == 0


def test_held_rows_that_come_back_are_held_no_longer(warehouse, sandbox):
    sync_now(warehouse, sandbox, **ONLY)
    versions = warehouse.scalar("select count(*) from raw.bookings_history")
    sandbox.faults.add(Fault(half_a_list, path=BOOKINGS, times=None))
    sync_now(warehouse, sandbox, **ONLY)
    sandbox.faults.clear()

    result = sync_now(warehouse, sandbox, **ONLY)

    assert result.outcome == "proved"
    assert warehouse.scalar("select count(*) from ops.held_losses") == 0
    assert warehouse.scalar("select count(*) from raw.bookings_history") == versions


def test_a_view_that_is_lost_changes_nothing_and_says_so(warehouse, sandbox):
    sync_now(warehouse, sandbox, **ONLY)
    before = uids(warehouse)
    versions = warehouse.scalar("select count(*) from raw.bookings_history")

    with pytest.raises(ViewLost, match="--accept-losses") as caught:
        sync_now(warehouse, sandbox, key="member", **ONLY)

    assert exit_code_of(caught.value) == ExitCode.HELD
    assert uids(warehouse) == before
    assert warehouse.scalar("select count(*) from raw.bookings_history") == versions


def test_a_lost_view_that_is_accepted_gives_way_to_the_one_that_is_left(warehouse, sandbox):
    sync_now(warehouse, sandbox, **ONLY)
    before = len(uids(warehouse))

    result = sync_now(warehouse, sandbox, key="member", accept_losses=True, **ONLY)

    assert result.outcome == "proved"
    assert 0 < len(uids(warehouse)) < before
    assert len(cursors(warehouse)) == 1
    assert differences(warehouse, sandbox, key="member", tables=("bookings",)) == []


def test_backfill_reads_a_range_again_and_leaves_the_cursor(warehouse, sandbox):
    sync_now(warehouse, sandbox, **SMALL)
    (cursor,) = cursors(warehouse).values()
    window = Window(NOW - timedelta(days=90), NOW - timedelta(days=60))
    inside = [
        b
        for b in sandbox.world.bookings
        if window.start_at <= b.start < window.end_at and b.uid in uids(warehouse)
    ]
    sandbox.world.edit_booking(inside[0].uid, title="changed without a stamp")
    sandbox.world.delete_booking(inside[1].uid)

    result = sync_now(warehouse, sandbox, window=window, **SMALL)

    title = warehouse.scalar(
        "select title from raw.bookings where uid = $uid", {"uid": inside[0].uid}
    )
    assert title == "changed without a stamp"
    assert inside[1].uid not in uids(warehouse)
    assert list(cursors(warehouse).values()) == [cursor]
    assert result.booking_requests["changes"] == 0


def test_refresh_of_a_deleted_booking_retires_it(warehouse, sandbox):
    sync_now(warehouse, sandbox, **ONLY)
    gone, kept = sorted(uids(warehouse))[:2]
    sandbox.world.delete_booking(gone)

    result = sync_now(warehouse, sandbox, only=(f"bookings:{gone}", f"bookings:{kept}"))

    assert result.outcome == "proved"
    assert gone not in uids(warehouse)
    assert kept in uids(warehouse)


def test_a_full_sync_proves_keys_and_contents(warehouse, sandbox):
    result = sync_now(warehouse, sandbox, full=True)

    keys = {proof.resource: proof for proof in result.proofs if proof.window_name == "keys"}
    assert result.outcome == "proved"
    for name in ("bookings", "booking_attendees", "booking_answers", "users", "event_types"):
        assert keys[name].is_proved
        assert keys[name].api_count == result.tables[name]["rows"] > 0


def test_a_bookings_list_that_fails_leaves_the_other_tables_their_run(warehouse, sandbox):
    from cal_source.sandbox.faults import bare_error

    sandbox.faults.add(Fault(bare_error(500), path=BOOKINGS, times=None))

    result = sync_now(warehouse, sandbox)

    assert result.outcome == "incomplete"
    assert result.tables["users"]["rows"] > 0


def test_status_says_what_was_not_read_and_how_old_it_is(warehouse, sandbox):
    sync_now(warehouse, sandbox, **{**SMALL, "only": ()})
    loaded_at = sandbox.clock.now()
    sandbox.clock.advance(timedelta(days=1))
    sync_now(warehouse, sandbox, **{**SMALL, "only": ()})

    status = warehouse_status(warehouse, sandbox.clock.now())

    bookings = table(status, "bookings")
    assert status.unread_bookings == warehouse.scalar(
        "select count(*) from raw.bookings where _loaded_at < $at",
        {"at": sandbox.clock.now() - timedelta(hours=1)},
    )
    assert bookings.read_at == loaded_at
    assert bookings.proved_at >= loaded_at
    assert bookings.lag_seconds > 0
    assert table(status, "users").proved_at >= sandbox.clock.now() - timedelta(minutes=1)
    assert {proof["is_proved"] for proof in status.proofs} == {True}


def test_status_of_an_empty_warehouse_knows_nothing(warehouse):
    status = warehouse_status(warehouse, NOW)

    assert status.last_run is None
    assert {entry.rows for entry in status.tables} == {0}
    assert table(status, "bookings").proved_at is None
