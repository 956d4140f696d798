"""The same kills on plain dlt (`pipeline.run(cal_source())`, merge), for comparison.

dlt keeps the packages of a killed run and loads them with the next one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.warehouse import is_postgres
from tests.histories import Histories

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from cal_source.sandbox import Sandbox

_PROGRAM = """
import sys, dlt
from cal_source import cal_source
location, folder = sys.argv[1:]
name, where = ("postgres", location) if "://" in location else ("duckdb", location)
destination = getattr(dlt.destinations, name)(where)
options = {"pipelines_dir": folder, "destination": destination, "dataset_name": "plain"}
pipeline = dlt.pipeline("plain_cal", **options)
pipeline.run(cal_source().with_resources("bookings"))
"""
_COUNTS = "select count(*), count(distinct uid) from plain.bookings"


@dataclass
class PlainDlt:
    """Kills plain dlt runs and counts what became of the bookings.

    Attributes:
        sandbox: The account.
        url: Where it is served.
        location: A DuckDB file, or an address as dlt takes it.
        folder: dlt's working folder.
        rng: Chooses changes and instants.
        kills: Runs that were killed while they ran.
        doubled: Kills after which a booking stood twice although the next run succeeded.
        lost: Kills after which one was missing although the next run succeeded.
        stuck: Kills after which the next run failed.
    """

    sandbox: Sandbox
    url: str
    location: str
    folder: Path
    rng: Random
    kills: int = 0
    doubled: int = 0
    lost: int = 0
    stuck: int = 0
    seconds: float = field(default=0.0)

    def first_run(self) -> None:
        started = time.monotonic()
        assert self._start().wait(timeout=240) == 0
        self.seconds = time.monotonic() - started

    def kill(self) -> None:
        """Change the account, kill a run, let the next one end, and count."""
        history = Histories(self.sandbox, self.rng)
        for _ in range(10):
            history.step()
        process = self._start()
        killer = threading.Timer(self.rng.uniform(0.3, 1.0) * self.seconds, process.kill)
        killer.start()
        was_killed = process.wait(timeout=240) == -9
        killer.cancel()
        if not was_killed:
            return
        self.kills += 1
        if self._start().wait(timeout=240) != 0:
            self.stuck += 1
            return
        rows, distinct = self._counts()
        self.doubled += rows > distinct
        self.lost += distinct < len(list(self.sandbox.world.bookings)) - self._hidden()

    def _hidden(self) -> int:
        """Bookings that this key never saw; plain merges keep those that were deleted."""
        headers = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}
        answer = self.sandbox.respond("GET", "/v2/organizations/101/bookings", [], headers)
        return len(list(self.sandbox.world.bookings)) - answer.json()["pagination"]["totalItems"]

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {
            "SOURCES__CAL__API_KEY": "cal_sandbox_owner",
            "SOURCES__CAL__BASE_URL": self.url,
            "HOME": str(self.folder),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "CRITICAL",
        }
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, self.location, str(self.folder)],
            env={**os.environ, **settings},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _counts(self) -> tuple[int, int]:
        if is_postgres(self.location):
            import psycopg

            with psycopg.connect(self.location) as connection:
                row = connection.execute(_COUNTS).fetchone()
        else:
            import duckdb

            with duckdb.connect(self.location, read_only=True) as connection:
                row = connection.execute(_COUNTS).fetchone()
        assert row is not None
        return row[0], row[1]
