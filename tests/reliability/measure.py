"""Measures what docs/reliability.md shows: `python -m tests.reliability.measure MINUTES [SEED]`.

Each part adds to tests/reliability/results.json, so that several short measurements, or one after
an interruption, make one long one. Parts: faults, kills, baseline; all, when none is named.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from pipelines.warehouse import Warehouse, is_postgres
from tests.account import new_sandbox
from tests.postgres_server import running_server
from tests.reliability.baseline import PlainDlt
from tests.reliability.fault_matrix import FAULTS, Matrix
from tests.reliability.kills import Killer
from tests.reliability.page import PAGE, RESULTS, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Results = dict[str, Any]
    Over = Callable[[], bool]
    Keep = Callable[[Results], None]

KINDS = ("DuckDB", "Postgres")
_ANYWHERE = 3  # kills at random instants, besides one at each step
_BASELINE_KILLS = 10  # of plain dlt into one destination, then the other's turn


def empty_results() -> Results:
    return {
        "measured": "",
        "kinds": 0,
        "faults": {name: {"once": {}, "for good": {}, "says": ""} for name in FAULTS},
        "kills": {kind: {"killed": {}, "wrong": 0} for kind in KINDS},
        "baseline": {kind: {"kills": 0, "doubled": 0, "lost": 0, "stuck": 0} for kind in KINDS},
    }


def read_results() -> Results:
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else empty_results()


def nowhere(_results: Results) -> None:
    """Keep results in memory only."""


def in_the_page(results: Results) -> None:
    """Keep results in the repository, and show them."""
    now = datetime.now(UTC)
    results["measured"] = f"{now:%Y-%m-%d} with Python {platform.python_version()} on 2 cores"
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    PAGE.write_text(render(results))


def measure_faults(results: Results, seed: int, is_over: Over, keep: Keep = nowhere) -> None:
    """Count how every fault ended; raises where something was not right."""
    with tempfile.TemporaryDirectory() as folder:
        matrix = Matrix(Path(folder), seed=seed)
        results["kinds"] = len(matrix.kinds)
        known = [name for name, row in results["faults"].items() if row["once"]]
        for verdict in matrix.everything(known_once=known):
            assert verdict.problems == (), verdict
            row = results["faults"][verdict.fault]
            counts = row["for good" if verdict.is_for_good else "once"]
            counts[verdict.outcome] = counts.get(verdict.outcome, 0) + 1
            if verdict.says and not row["says"]:
                row["says"] = verdict.says.replace("|", "\\|")[:160]
            keep(results)
            if is_over():
                return


@contextmanager
def places(folder: Path) -> Iterator[dict[str, str]]:
    """Yield a new warehouse of each kind."""
    with running_server() as server, server.database(empty=True) as url:
        yield {"DuckDB": str(folder / "cal.duckdb"), "Postgres": url}


def measure_kills(
    results: Results, seed: int, is_over: Over, tell: Callable[[str], object], keep: Keep = nowhere
) -> None:
    """Kill runs into both kinds of warehouse, some in a row, then let one end and compare."""
    rng = Random(seed)
    sandbox = new_sandbox(bookings=150, seed=seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        places(Path(folder)) as found,
        sandbox.serve() as url,
    ):
        killers = {kind: Killer(sandbox, url, found[kind], Path(folder), rng) for kind in KINDS}
        for killer in killers.values():
            killer.run()
        while not is_over():
            for kind, killer in killers.items():
                killer.killed.clear()
                in_a_row = [*killer.steps(), *[None] * _ANYWHERE]
                for step in rng.sample(in_a_row, len(in_a_row)):
                    killer.change()
                    killer.kill_at(step) if step else killer.kill_anywhere("run")
                killer.run()
                problems = killer.problems()
                add(results["kills"][kind], killer.killed, problems)
                tell(f"{kind}: {sum(killer.killed.values())} kills: {problems or 'right'}")
                keep(results)


def add(row: dict[str, Any], killed: dict[str, int], problems: list[str]) -> None:
    for step, count in killed.items():
        row["killed"][step] = row["killed"].get(step, 0) + count
    row["wrong"] += bool(problems)


def as_dlt_takes_it(location: str) -> str:
    if not is_postgres(location):
        return location
    with Warehouse.open(location) as warehouse, warehouse.lent_to_dlt() as credentials:
        return str(credentials)


def measure_baseline(results: Results, seed: int, is_over: Over, keep: Keep = nowhere) -> None:
    """Kill plain dlt runs; a destination that got stuck or doubled starts anew."""
    rng = Random(seed)
    while not is_over():
        with tempfile.TemporaryDirectory() as folder, places(Path(folder)) as found:
            for kind in KINDS:
                sandbox = new_sandbox(bookings=1500, seed=rng.randrange(10**6))
                place = Path(folder) / kind
                place.mkdir()
                with sandbox.serve() as url:
                    plain = PlainDlt(sandbox, url, as_dlt_takes_it(found[kind]), place, rng)
                    plain.first_run()
                    for _ in range(_BASELINE_KILLS):
                        if is_over() or plain.stuck + plain.doubled + plain.lost:
                            break
                        plain.kill()
                row = results["baseline"][kind]
                for name in row:
                    row[name] += getattr(plain, name)
                keep(results)


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(minutes: float, seed: int, parts: list[str]) -> None:
    results = read_results()
    for part in parts or ["faults", "kills", "baseline"]:
        end = time.monotonic() + 60 * minutes

        def is_over(end: float = end) -> bool:
            return time.monotonic() > end

        if part == "faults":
            measure_faults(results, seed, is_over, in_the_page)
        elif part == "kills":
            measure_kills(results, seed, is_over, tell, in_the_page)
        else:
            measure_baseline(results, seed, is_over, in_the_page)


if __name__ == "__main__":
    minutes, seed, *parts = [*sys.argv[1:], "10", "1"][: max(2, len(sys.argv) - 1)]
    main(float(minutes), int(seed), parts)
