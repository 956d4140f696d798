"""Syncs into Postgres when its connections break, and readers that look on."""

from __future__ import annotations

import logging
import threading
import time
from random import Random

import pytest

from cal_source.extraction import Extraction
from pipelines.errors import WarehouseLost
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.options import SyncOptions
from pipelines.steps import Step
from pipelines.sync import sync
from pipelines.warehouse import Warehouse
from tests.histories import Histories
from tests.oracle import differences


def test_sessions_that_end_at_any_request_of_a_sync_cost_nothing(
    postgres_url, postgres_server, small_sandbox, client_of
):
    """Reading takes long, and firewalls, poolers and restarts end sessions that wait."""
    client = client_of(small_sandbox)
    ended = []

    def end_sessions():
        postgres_server.end_sessions(postgres_url)
        ended.append(True)

    small_sandbox.before_request(end_sessions)
    with Warehouse.open(postgres_url) as warehouse:
        result = sync(warehouse, lambda **m: Extraction(client, strict=False, **m), SyncOptions())
        small_sandbox.before_request(None)

        assert result.outcome == "proved"
        assert len(ended) > 20
        assert differences(warehouse, small_sandbox) == []


def test_a_first_load_that_builds_keys_afterwards_is_exact_and_has_them_all(
    postgres_url, small_sandbox, client_of, monkeypatch
):
    monkeypatch.setattr("pipelines.merge._MANY", 1)
    asked = "select indexdef from pg_indexes where schemaname = 'raw' order by indexdef"
    client = client_of(small_sandbox)
    with Warehouse.open(postgres_url) as warehouse:
        before = warehouse.rows(asked)
        result = sync(warehouse, lambda **m: Extraction(client, strict=False, **m), SyncOptions())

        assert result.outcome == "proved"
        assert differences(warehouse, small_sandbox) == []
        assert warehouse.rows(asked) == before


class EndsSessions(logging.Handler):
    """Ends all sessions of a database again and again, for a while, once a step begins."""

    def __init__(self, server, url, step, seconds):
        super().__init__()
        self.server, self.url, self.step, self.seconds = server, url, step, seconds
        self.thread = None

    def emit(self, record):
        if self.thread is None and record.getMessage() == self.step:
            self.thread = threading.Thread(target=self.end_sessions)
            self.thread.start()

    def end_sessions(self):
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            self.server.end_sessions(self.url)
            time.sleep(0.03)


@pytest.mark.parametrize("step", [Step.LOAD, Step.PUBLISH])
def test_sessions_that_end_in_a_step_end_the_run_cleanly_or_not_at_all(
    postgres_url, postgres_server, small_sandbox, sync_of, caplog, step
):
    caplog.set_level("INFO", "cal_warehouse.steps")
    history = Histories(small_sandbox, Random(4))
    with Warehouse.open(postgres_url) as warehouse:
        sync_of(warehouse, small_sandbox)
        for _ in range(6):
            history.step()
        ending = EndsSessions(postgres_server, postgres_url, step, seconds=1.0)
        steps = logging.getLogger("cal_warehouse.steps")
        steps.addHandler(ending)
        lost = None
        try:
            sync_of(warehouse, small_sandbox)
        except WarehouseLost as error:
            lost = error
        finally:
            steps.removeHandler(ending)
        ending.thread.join()
        # The lease of a process that has ended is taken over; this one lives on.
        warehouse.execute("delete from ops.leases")

        assert lost is None or exit_code_of(lost) == ExitCode.CANNOT_WRITE
        assert lost is None or "run again" in str(lost)
        assert sync_of(warehouse, small_sandbox).outcome == "proved"
        assert differences(warehouse, small_sandbox) == []
        assert warehouse.scalar("select count(*) from ops.runs where outcome = 'running'") == 0


def test_a_reader_of_ours_stays_in_one_state_while_runs_are_published(
    postgres_url, small_sandbox, sync_of
):
    with Warehouse.open(postgres_url) as warehouse:
        sync_of(warehouse, small_sandbox, only=("bookings",))
        with Warehouse.open(postgres_url, read_only=True) as reader:
            before = reader.rows("select uid, title from raw.bookings order by uid")
            for booking in list(small_sandbox.world.bookings):
                small_sandbox.world.edit_booking(booking.uid, title="another")
            sync_of(warehouse, small_sandbox, only=("bookings",))

            assert reader.rows("select uid, title from raw.bookings order by uid") == before
    with Warehouse.open(postgres_url, read_only=True) as reader:
        assert reader.scalar("select min(title) from raw.bookings") == "another"
