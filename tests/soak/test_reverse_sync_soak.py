"""Applies killed and raced for long: each change once, and nothing overwritten that was known."""

from __future__ import annotations

import os
import time
from collections import Counter
from random import Random

import pytest

from pipelines.warehouse import Warehouse
from tests.pipelines.reverse_sync.killing import KillBench
from tests.pipelines.reverse_sync.lab import Lab
from tests.pipelines.reverse_sync.test_kills import check_after_kill, unkilled
from tests.pipelines.reverse_sync.test_races import race

pytestmark = pytest.mark.soak
SEED = int(os.environ.get("SOAK_SEED", "1"))
SECONDS = 60 * float(os.environ.get("SOAK_MINUTES", "30"))
KILLS = 500
RACES = 500


def test_applies_killed_at_every_step_and_at_random_moments_do_each_change_once(tmp_path):
    bench = KillBench(str(tmp_path / "cal.duckdb"))
    rng, killed, tried = Random(SEED), 0, 0
    with bench.serving():
        expected, instants = unkilled(bench)
        started = time.monotonic()
        bench.apply(bench.approved_plan())
        seconds = time.monotonic() - started
        end = time.monotonic() + SECONDS
        while killed < KILLS and time.monotonic() < end:
            kill = {"fatal": tried // 2 % instants}
            if tried % 2:
                kill = {"after_seconds": rng.uniform(0.2, 1.0) * seconds}
            killed += check_after_kill(bench, expected, bench.approved_plan(), **kill)
            tried += 1
    print(f"{killed} applies killed of {tried}, {instants} steps each: every change done once")
    assert killed > tried / 3


def test_many_edits_that_could_be_known_are_never_overwritten(tmp_path):
    seen: Counter[tuple[str, str]] = Counter()
    rng, end = Random(SEED), time.monotonic() + SECONDS
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        lab = Lab(warehouse)
        while seen.total() < RACES and time.monotonic() < end:
            seen[race(lab, rng, seen.total())] += 1
    print(f"{seen.total()} races by moment of the edit and winner: {dict(seen)}")
    assert seen["before the look", "ours"] == 0
