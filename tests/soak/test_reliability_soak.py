"""Faults and kills for SOAK_MINUTES each; SOAK_SEED chooses account, order and instants."""

from __future__ import annotations

import os
import time

import pytest

from tests.reliability.measure import (
    empty_results,
    measure_baseline,
    measure_faults,
    measure_kills,
)

pytestmark = pytest.mark.soak


@pytest.fixture
def seed():
    return int(os.environ.get("SOAK_SEED", "1"))


@pytest.fixture
def is_over():
    end = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "30"))
    return lambda: time.monotonic() > end


@pytest.fixture
def results():
    return empty_results()


def test_every_fault_on_every_kind_of_request(results, seed, is_over):
    measure_faults(results, seed, is_over)


def test_runs_killed_at_every_step_and_instant(results, seed, is_over, capsys):
    def tell(line):
        with capsys.disabled():
            print(f"seed {seed}: {line}")

    measure_kills(results, seed, is_over, tell)

    assert [row["wrong"] for row in results["kills"].values()] == [0, 0]


def test_plain_dlt_killed_at_random_instants_for_comparison(results, seed, is_over, capsys):
    measure_baseline(results, seed, is_over)

    with capsys.disabled():
        print(results["baseline"])
