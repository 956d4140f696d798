"""One writer at a time; one that was overtaken changes nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from pipelines.engines import engine_of
from pipelines.errors import LeaseHeld, LeaseLost
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.lease import Lease, Place, acquire, writing
from pipelines.warehouse import Warehouse

ELSEWHERE = Place("elsewhere", "another machine", 7)
THERE = Place("there", "a third machine", 8)


def holder(warehouse):
    return warehouse.rows("select * from ops.leases")[0]


def test_writing_is_refused_while_another_process_holds_the_lease(warehouse):
    acquire(warehouse, "sync", seconds=60, place=ELSEWHERE)
    since = f"{holder(warehouse)['acquired_at']:%Y-%m-%d %H:%M}"

    with (
        pytest.raises(
            LeaseHeld,
            match=rf"'cal-warehouse sync', process 7 on elsewhere, since {since}.*wait until",
        ) as caught,
        writing(warehouse, "transform", place=THERE),
    ):
        pytest.fail("both write")

    assert exit_code_of(caught.value) is ExitCode.LOCKED
    assert warehouse.lease is None


def test_writing_releases_the_lease_also_after_an_error(warehouse):
    with pytest.raises(ValueError, match="on purpose"), writing(warehouse, "sync", place=THERE):
        raise ValueError("on purpose")

    with writing(warehouse, "transform", place=ELSEWHERE):
        assert (holder(warehouse)["command"], holder(warehouse)["fence_number"]) == ("transform", 2)


def test_writing_inside_writing_goes_on_with_the_same_lease(warehouse):
    with writing(warehouse, "run", place=THERE):
        with writing(warehouse, "sync", place=THERE):
            inner = holder(warehouse)
        outer = holder(warehouse)

        assert inner["command"] == outer["command"] == "run"
        assert warehouse.lease == Lease(1, 60)


def test_lease_that_has_ended_is_taken_over(warehouse):
    acquire(warehouse, "sync", seconds=0, place=ELSEWHERE)

    lease = acquire(warehouse, "sync", seconds=60, place=THERE)

    assert lease.fence_number == 2
    assert holder(warehouse)["host"] == "there"


def test_lease_of_a_process_known_to_be_dead_is_taken_over_at_once(warehouse):
    here = Place.here()
    if not here.process_space:
        pytest.skip("this system does not say what makes its process ids unique")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    acquire(warehouse, "sync", seconds=60, place=replace(here, process_id=ended.pid))

    assert acquire(warehouse, "sync", seconds=60, place=here).fence_number == 2


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({}, id="alive"),
        pytest.param({"process_space": "another container", "process_id": 2**22 + 1}, id="unknown"),
        pytest.param({"process_space": "", "process_id": 2**22 + 1}, id="no space"),
    ],
)
def test_lease_of_a_process_not_known_to_be_dead_is_left_to_end(warehouse, other):
    here = Place.here()
    acquire(warehouse, "sync", seconds=60, place=replace(here, **other))

    with pytest.raises(LeaseHeld):
        acquire(warehouse, "sync", seconds=60, place=here)


def test_overtaken_holder_changes_nothing(warehouse):
    with writing(warehouse, "sync", seconds=60, place=ELSEWHERE):
        warehouse.execute("update ops.leases set expires_at = acquired_at")
        acquire(warehouse, "sync", seconds=60, place=THERE)

        with (
            pytest.raises(
                LeaseLost, match=r"taken over by .* process 8 on there.*Run again"
            ) as caught,
            warehouse.transaction(),
        ):
            warehouse.execute("delete from ops.leases")

    assert exit_code_of(caught.value) is ExitCode.LOCKED
    assert holder(warehouse)["host"] == "there"
    with pytest.raises(LeaseHeld):
        acquire(warehouse, "sync", seconds=60, place=ELSEWHERE)


def test_overtaken_holder_replaces_no_model(warehouse):
    with writing(warehouse, "transform", seconds=60, place=ELSEWHERE):
        engine = engine_of(warehouse)
        warehouse.execute("update ops.leases set expires_at = acquired_at")
        acquire(warehouse, "transform", seconds=60, place=THERE)

        with pytest.raises(LeaseLost):
            engine.prepare(["never_made"])

    assert not warehouse.has_schema("never_made")


def test_lease_holds_where_the_warehouse_is_closed_in_between(tmp_path):
    path = str(tmp_path / "cal.duckdb")
    with Warehouse.open(path) as warehouse:
        acquire(warehouse, "apply", seconds=60, place=ELSEWHERE)

    with Warehouse.open(path) as warehouse, pytest.raises(LeaseHeld, match="'cal-warehouse apply'"):
        acquire(warehouse, "sync", seconds=60, place=THERE)


def test_lease_is_renewed_beside_long_work(postgres_url):
    with (
        Warehouse.open(postgres_url) as warehouse,
        Warehouse.open(postgres_url) as other,
        writing(warehouse, "sync", seconds=0.6, place=ELSEWHERE),
    ):
        time.sleep(1.5)

        with pytest.raises(LeaseHeld):
            acquire(other, "sync", seconds=60, place=THERE)


def test_lease_is_not_taken_from_a_transaction_that_outlasts_it(postgres_url):
    outcome = []

    def take():
        with Warehouse.open(postgres_url) as other:
            try:
                outcome.append(acquire(other, "sync", seconds=60, place=THERE))
            except LeaseHeld as error:
                outcome.append(error)

    with Warehouse.open(postgres_url) as warehouse:
        warehouse.lease = acquire(warehouse, "sync", seconds=0.3, place=ELSEWHERE)
        contender = threading.Thread(target=take)
        with warehouse.transaction():
            time.sleep(0.5)
            contender.start()
            time.sleep(0.5)
        contender.join(timeout=10)

    assert isinstance(outcome[0], LeaseHeld)


def test_lease_goes_to_one_of_many_that_want_it_at_once(postgres_url):
    contenders = 8
    start = threading.Barrier(contenders)
    won, told = [], []

    def take(number):
        with Warehouse.open(postgres_url) as warehouse:
            start.wait()
            try:
                won.append(
                    acquire(
                        warehouse, "sync", seconds=60, place=Place("host", f"space {number}", 1)
                    )
                )
            except LeaseHeld as error:
                told.append(str(error))

    threads = [threading.Thread(target=take, args=(n,)) for n in range(contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(won) == 1
    assert len(told) == contenders - 1
    assert all("being written by" in message for message in told)
