"""A sync that is killed leaves nothing behind that a later one has to be helped with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from cal_source.sandbox import Sandbox, World
from pipelines.warehouse import Warehouse
from tests.histories import Histories
from tests.oracle import differences

COMMAND = Path(sys.executable).with_name("cal-warehouse")


def kill_and_check(sandbox, folder, *, kills, rng):
    """Kill syncs at random instants of changing histories; then one sync has to put all right."""
    history = Histories(sandbox, rng)
    warehouse = folder / "cal.duckdb"
    killed = 0
    with sandbox.serve() as url:
        settings = {"CAL_API_KEY": "cal_sandbox_owner", "CAL_BASE_URL": url, "HOME": str(folder)}
        command = [COMMAND, "sync", "--json", "--warehouse", str(warehouse)]
        started = time.monotonic()
        run = subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, check=True, timeout=120
        )
        seconds = time.monotonic() - started
        for _ in range(kills):
            for _ in range(5):
                history.step()
            process = subprocess.Popen(
                command,
                env={**os.environ, **settings},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(rng.uniform(0.3, 1.0) * seconds)
            killed += process.poll() is None
            process.kill()
            process.wait()
        run = subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, timeout=120, check=False
        )
    assert run.returncode == 0, run.stderr
    with Warehouse.open(str(warehouse)) as opened:
        assert differences(opened, sandbox) == []
        assert opened.scalar("select count(*) from ops.runs where outcome = 'running'") == 0
    return killed


def test_killed_syncs_lose_and_double_nothing(tmp_path):
    sandbox = Sandbox(World.generate(bookings=400, seed=8), rate_limit_per_minute=10**6)

    killed = kill_and_check(sandbox, tmp_path, kills=5, rng=Random(8))

    assert killed >= 2


@pytest.mark.soak
def test_killed_syncs_lose_and_double_nothing_for_long(tmp_path):
    deadline = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "30"))
    seed, killed = int(os.environ.get("SOAK_SEED", "1")), 0
    while time.monotonic() < deadline:
        sandbox = Sandbox(World.generate(bookings=1500, seed=seed), rate_limit_per_minute=10**6)
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed += kill_and_check(sandbox, folder, kills=10, rng=Random(seed))
        print(f"seed {seed}: {killed} kills so far, warehouse equal")
        seed += 1
