"""A killed run leaves nothing that the next one has to be helped with."""

from __future__ import annotations

from random import Random

import pytest

from cal_source.sandbox import Sandbox, World
from tests.reliability.fault_matrix import NOW
from tests.reliability.kills import Killer, kill_while_copying


@pytest.fixture
def killer(request, tmp_path):
    """Kills runs into a new warehouse of the kind asked for."""
    sandbox = Sandbox(
        World.generate(bookings=120, seed=8, now=NOW), now=NOW, rate_limit_per_minute=10**6
    )
    is_file = request.param == "duckdb"
    location = str(tmp_path / "cal.duckdb") if is_file else request.getfixturevalue("postgres_url")
    with sandbox.serve() as url:
        killer = Killer(sandbox, url, location, tmp_path, Random(8))
        killer.run()
        yield killer


@pytest.mark.parametrize("killer", ["duckdb", "postgres"], indirect=True)
def test_killed_runs_lose_and_double_nothing_at_any_step(killer):
    for step in killer.steps():
        killer.change()
        assert killer.kill_at(step), f"the run ended before it was killed at {step}"
    for _ in range(10 - len(killer.steps())):
        killer.change()
        killer.kill_anywhere()

    killer.run()

    assert killer.problems() == []


def test_copy_killed_half_way_leaves_the_one_before(tmp_path):
    from pipelines.warehouse import Warehouse

    location = str(tmp_path / "cal.duckdb")
    with Warehouse.open(location):
        pass

    assert kill_while_copying(tmp_path, location) == []
