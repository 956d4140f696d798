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
from pipelines.warehouse.postgres import PostgresWarehouse
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


@pytest.mark.parametrize("step", [Step.EXTRACT, Step.LOAD, Step.PUBLISH, Step.PROOF])
def test_sessions_that_end_in_a_step_end_the_run_cleanly_or_not_at_all(
    postgres_url, postgres_server, small_sandbox, sync_of, step
):
    history = Histories(small_sandbox, Random(4))
    with Warehouse.open(postgres_url) as warehouse:
        sync_of(warehouse, small_sandbox)
        for _ in range(6):
            history.step()
        ending = EndsSessions(postgres_server, postgres_url, step, seconds=1.0)
        steps = logging.getLogger("cal_warehouse.steps")
        steps.addHandler(ending)
        try:
            assert sync_of(warehouse, small_sandbox).outcome in {"proved", "unproved"}
        except WarehouseLost as error:
            assert exit_code_of(error) == ExitCode.CANNOT_WRITE
            assert "run again" in str(error)
        finally:
            steps.removeHandler(ending)
        ending.thread.join()

        assert sync_of(warehouse, small_sandbox).outcome == "proved"
        assert differences(warehouse, small_sandbox) == []
        assert warehouse.scalar("select count(*) from ops.runs where outcome = 'running'") == 0
