"""Long random histories against the sync, for SOAK_MINUTES; each has its seed and goes on from it.

    SOAK_MINUTES=120 SOAK_SEED=4711 make soak

A history that fails names its seed, its setting and its steps; the same SOAK_SEED repeats it.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from random import Random

import pytest

from tests.exact import Exact, random_setting, random_step

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

STEPS = 14


@pytest.fixture
def new_location(tmp_path, postgres_server):
    """Yields where the next history's warehouse is: DuckDB and Postgres in turn."""

    @contextmanager
    def make(seed):
        if seed % 2:
            yield str(tmp_path / f"history{seed}.duckdb")
        else:
            with postgres_server.database() as url:
                yield url

    return make


def test_sync_is_exact_after_long_random_histories(new_location, capsys):
    deadline = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "30"))
    first = seed = int(os.environ.get("SOAK_SEED", "1"))
    while time.monotonic() < deadline:
        rng = Random(seed)
        setting = random_setting(rng, seed, 400)
        with new_location(seed) as location, Exact.open(setting, location) as exact:
            for _ in range(STEPS):
                random_step(exact, rng)
            if exact.is_view_lost:
                exact.regain_view()
            exact.sync_full()
        with capsys.disabled():
            print(f"history {seed} ({exact.setting}): exact after {len(exact.log)} steps")
        seed += 1
    with capsys.disabled():
        print(f"{seed - first} histories; go on with SOAK_SEED={seed}")
    assert seed > first
