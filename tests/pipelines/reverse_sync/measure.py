"""Measures what docs/reverse-sync.md states, and keeps it in results.json.

    python -m tests.pipelines.reverse_sync.measure kills races window size pace

Kills and races are added to those kept; SOAK_SEED gives others, SOAK_COUNT how many (default 500),
SOAK_MINUTES how long at most (default 30). The rest is measured anew, the pace with SOAK_PACED
changes (default 10000: a quarter of an hour). The page is written after it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.warehouse import Warehouse
from tests.pipelines.reverse_sync import page, test_pace, test_plan_size
from tests.pipelines.reverse_sync.killing import KillBench, Loss, Trouble
from tests.pipelines.reverse_sync.lab import Lab
from tests.pipelines.reverse_sync.test_kills import name_of_death, unkilled
from tests.pipelines.reverse_sync.test_races import race, windows

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = int(os.environ.get("SOAK_SEED", "1"))
COUNT = int(os.environ.get("SOAK_COUNT", "500"))
SECONDS = 60 * float(os.environ.get("SOAK_MINUTES", "30"))
CHANGES = 10_000
PACED = int(os.environ.get("SOAK_PACED", "10000"))


def deaths(folder: Path, seed: int, *, count: int, seconds: float) -> Iterator[tuple[str, str]]:
    """Kill applies, half of them at their steps in turn; gives instant and loss of each."""
    bench, rng, tried, found = KillBench(str(folder / "cal.duckdb")), Random(seed), 0, 0
    with bench.serving():
        expected, names = unkilled(bench)
        started = time.monotonic()
        bench.apply(bench.approved_plan(), Trouble())
        usual_seconds = time.monotonic() - started
        end = time.monotonic() + seconds
        while found < count and time.monotonic() < end:
            trouble = Trouble(
                fatal=None if tried % 2 else (seed + tried // 2) % len(names),
                after_seconds=rng.uniform(0.2, 1.0) * usual_seconds if tried % 2 else None,
                loss=rng.choice(list(Loss)),
                lost_write=rng.randint(1, 5),
            )
            tried += 1
            if name := name_of_death(bench, expected, bench.approved_plan(), trouble):
                found += 1
                yield name, trouble.loss


def races(folder: Path, seed: int, *, count: int, seconds: float) -> Iterator[tuple[str, str]]:
    """Race an editor; gives the moment of each edit and who won."""
    rng, end = Random(seed), time.monotonic() + seconds
    with Warehouse.open(str(folder / "races.duckdb")) as warehouse:
        lab = Lab(warehouse)
        for number in range(count):
            if time.monotonic() > end:
                return
            yield race(lab, rng, number)


def _add(kept: dict[str, dict[str, int]], found: Counter[tuple[str, str]]) -> None:
    for (row, column), count in found.items():
        counts = kept.setdefault(row, {})
        counts[column] = counts.get(column, 0) + count


def _window(folder: Path) -> dict[str, float]:
    with Warehouse.open(str(folder / "window.duckdb")) as warehouse:
        found = sorted(1000 * one for one in windows(Lab(warehouse), 200))
    return {name: round(found[int(len(found) * share)], 1) for name, share in page.QUANTILES}


def _size(_folder: Path) -> dict[str, Any]:
    timed = test_plan_size.large_plan(bookings=50_000, changes=CHANGES)
    traced = test_plan_size.large_plan(bookings=50_000, changes=CHANGES, traced=True)
    return {
        "changes": CHANGES,
        "own_seconds": round(timed.own_seconds, 1),
        "requests": timed.requests,
        "peak_megabytes": round(traced.peak_megabytes),
    }


def _pace(folder: Path) -> dict[str, Any]:
    with Warehouse.open(str(folder / "pace.duckdb")) as warehouse:
        return test_pace.paced(warehouse, changes=PACED, bookings=50_000)._asdict()


def _measured(part: str, folder: Path) -> Any:
    if part == "kills":
        return Counter(deaths(folder, SEED, count=COUNT, seconds=SECONDS))
    if part == "races":
        return Counter(races(folder, SEED, count=COUNT, seconds=SECONDS))
    return {"window": _window, "size": _size, "pace": _pace}[part](folder)


def main(parts: list[str]) -> None:
    """Measure the parts that are named, and write the page."""
    with TemporaryDirectory() as name:
        for part in parts:
            found = _measured(part, Path(name))
            kept = json.loads(page.RESULTS.read_text())
            if isinstance(found, Counter):
                _add(kept[part], found)
            else:
                kept[part] = found
            page.RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    page.write()


if __name__ == "__main__":
    main(sys.argv[1:] or ["kills", "races", "window", "size", "pace"])
