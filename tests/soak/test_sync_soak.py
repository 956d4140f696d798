"""Long random histories against the sync, for SOAK_MINUTES; every step of a run has its seed."""

from __future__ import annotations

import os
import time
from random import Random

import pytest

from cal_source.sandbox import Sandbox, World
from tests.histories import Histories, differences

pytestmark = pytest.mark.soak


def test_sync_equals_cal_after_long_random_histories(tmp_path, sync_of, capsys):
    from pipelines.warehouse import Warehouse

    deadline = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "30"))
    seed = int(os.environ.get("SOAK_SEED", "1"))
    while time.monotonic() < deadline:
        rng = Random(seed)
        sandbox = Sandbox(
            World.generate(bookings=rng.randint(20, 800), seed=seed), rate_limit_per_minute=10**6
        )
        history = Histories(sandbox, rng)
        with Warehouse.open(str(tmp_path / f"history{seed}.duckdb")) as warehouse:
            for _ in range(5):
                changes = [history.step() for _ in range(rng.randint(0, 40))]
                result = sync_of(warehouse, sandbox)
                problems = differences(warehouse, sandbox)
                assert not problems, f"SOAK_SEED={seed}: {problems[:5]} after {changes}"
                assert result.outcome == "proved", f"SOAK_SEED={seed}"
        with capsys.disabled():
            print(f"history {seed}: 5 syncs, equal")
        seed += 1
