"""Applies killed and raced for long: each change once, and nothing overwritten that was known.

    SOAK_MINUTES=120 SOAK_SEED=4711 make soak

`python -m tests.pipelines.reverse_sync.measure` runs the same and keeps what it found for the docs.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.pipelines.reverse_sync.measure import deaths, races

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

SEED = int(os.environ.get("SOAK_SEED", "1"))
SECONDS = 60 * float(os.environ.get("SOAK_MINUTES", "30"))
KILLS = 500
RACES = 500


def test_applies_killed_at_every_step_and_at_random_moments_do_each_change_once(tmp_path):
    found = Counter(deaths(tmp_path, SEED, count=KILLS, seconds=SECONDS))

    print(f"{found.total()} applies killed, every change done once: {dict(found)}")
    assert found


def test_many_edits_that_could_be_known_are_never_overwritten(tmp_path):
    found = Counter(races(tmp_path, SEED, count=RACES, seconds=SECONDS))

    print(f"{found.total()} races by moment of the edit and winner: {dict(found)}")
    assert found["before the look", "ours"] == 0
