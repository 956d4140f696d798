"""docs/benchmarks.md, made from results.json; `python -m tests.bench.page` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.cases.growth import LOAD, MARTS, MERGE, UNCHANGED
from tests.bench.cases.load import AIRBYTE, PARQUET, PYAIRBYTE, REST_API
from tests.bench.cases.startup import EMPTY
from tests.bench.reference import REFERENCES
from tests.bench.results import Results
from tests.bench.session import OURS
from tests.bench.targets import targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.results import Row

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
_COSTS: Final = ("seconds", "cpu_seconds", "peak_mb")
PROFILES: Final = Path(__file__).with_name("profiles")

_INTRODUCTION = """\
# Benchmarks, measured

Made from `tests/bench/results.json`, which `make bench` (`python -m tests.bench`) writes: one row
per run of a whole process, the interpreter's start and all imports included. Peers and
cal-warehouse took turns on one machine, against a local server that answers like Cal.com without
latency and without limits unless a table says otherwise
([`tests/bench/server`](../tests/bench/server)).

Machines are shared and noisy: **read ratios, not seconds**. Seconds of CPU (user and system, of
all processes) stand beside those of the wall, because they move less when something else runs; n
is the number of runs, numbers are their medians. A ratio is given by both, wall first. Memory is
the greatest sum of what all processes of a run held at one time, looked at every 20 ms.

An invented booking has {per_booking}, and about 1.4 kB of JSON.
"""
_LOAD = """
## First load into DuckDB

"cal-warehouse" is an ordinary `cal-warehouse sync`: all tables (about 85 requests beside those for
bookings), keys, history, counts compared with Cal.com's. The peers read the bookings only.
`rest_api` is dlt's own REST source with its defaults, and with `loader_file_format="parquet"`;
`airbyte-cdk` runs a manifest equal to the bookings stream of Airbyte's public source-cal-com
(pages of 100) and writes messages to a file; PyAirbyte loads those into one DuckDB table.
References read page files from the page cache and keep no keys, history or proof: *typed decode +
CTAS* is the serial reference, msgspec into declared types, five Arrow tables, `create table as` in
DuckDB.
"""
_POSTGRES = """
## First load into Postgres

A PostgreSQL 18 that does not wait for the disk, on a socket of the same machine.
"""
_GROWTH = """
## Growth with the account

One account: its first load, syncs that find nothing new, 5,000 changed bookings and a sync, as
often as n says, and once all models built. An ordinary sync of a large account also reads about
5,000 bookings again (`--reread-requests`, default 20), because not every change moves
`updatedAt`; that is in the rows of changes and of nothing new. "publish" is the step that writes
the published tables and their history, "proof" the comparison with Cal.com's counts.

| bookings | what | n | seconds | CPU s | publish s | proof s | peak MB | warehouse MB | requests |
|---|---|---|---|---|---|---|---|---|---|
"""
_RATE = """
## Use of the allowed rate

First loads in real time against a limit; the server counts requests in windows of a minute, as
Cal.com does, and gives 25 bookings an answer, so that requests and not rows decide. Use is what
was asked in full windows, of what was allowed in them; the last window, in which the work ends,
does not count.

| limit | full windows | requests in them | use | refused (429) |
|---|---|---|---|---|
"""
_STARTUP = """
## Start

| process | n | seconds | CPU s | peak MB |
|---|---|---|---|---|
"""
_LIMITS = """
## What these numbers do not say

Loopback, without TLS and compression; invented data of a stable shape, page files in the page
cache; one machine with {cores} cores, which others used at the same time; small n. The server runs
on the same cores and is not in our seconds of CPU, but it takes time from the wall of every
reader. Nothing here ran against the hosted Cal.com, whose limit is far below what is measured
here.
"""


def render(results: Results) -> str:
    """Return the page."""
    parts = [
        _INTRODUCTION.format(per_booking="one host, 1.6 attendees, 0.2 guests and 6.5 answers"),
        _versions(results),
        _targets(results),
        _LOAD,
        *(_loads(results, "load", size) for size in results.sizes("load")),
        _POSTGRES,
        *(_loads(results, "postgres", size) for size in results.sizes("postgres")),
        _growth(results),
        _rate(results),
        _lines(results, "startup", _STARTUP),
        _profiles(),
        _LIMITS.format(cores=results.machine["cores"]),
    ]
    return "".join(parts)


def _versions(results: Results) -> str:
    machine = results.machine
    days = sorted({row["at"][:10] for row in results.rows})
    versions = ", ".join(f"{name} {number}" for name, number in sorted(results.versions.items()))
    busy = [row["load_average"] for row in results.rows if "load_average" in row]
    load = f" The load average was {min(busy):.0f} to {max(busy):.0f}." if busy else ""
    return (
        f"\n{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python "
        f"{machine['python']}; {versions}. Measured {days[0]} to {days[-1]}.{load}\n"
    )


def _targets(results: Results) -> str:
    rows = "\n".join(
        f"| {target.what} | {target.wanted} | {target.reached} | {target.verdict} |"
        for target in targets(results)
    )
    return f"\n## Targets\n\n| what | target | reached | |\n|---|---|---|---|\n{rows}\n"


def _loads(results: Results, case: str, size: int) -> str:
    order = (OURS, REST_API, PARQUET, AIRBYTE, PYAIRBYTE, *REFERENCES)
    ways = [way for way in order if way in results.ways(case, size)]
    rows = "\n".join(_load(results, case, way, size) for way in ways)
    return (
        f"\n### {size:,} bookings\n\n"
        "| way | n | seconds | CPU s | bookings/s | bookings/CPU s | peak MB | beside ours |\n"
        f"|---|---|---|---|---|---|---|---|\n{rows}\n"
    )


def _load(results: Results, case: str, way: str, size: int) -> str:
    rows = results.of(case, way, size)
    if all("failed" in row for row in rows):
        return f"| {way} | {len(rows)} | failed: {rows[-1]['failed']} | | | | | |"
    seconds, cpu = (_median(results, case, way, size, n) for n in ("seconds", "cpu_seconds"))
    speed = f"{size / seconds:,.0f} | {size / cpu:,.0f}"
    peak = f"{_median(results, case, way, size, 'peak_mb'):,.0f}"
    ratios = "" if way == OURS else ratio_text(results, case, size, way)
    cells = (way, str(len(rows)), f"{seconds:.1f}", f"{cpu:.1f}", speed, peak, ratios)
    return f"| {' | '.join(cells)} |"


def ratio_text(results: Results, case: str, size: int, way: str) -> str:
    """Return how many times as long another way takes as ours, by the wall and by CPU."""
    pairs = [
        (results.median(case, way, size, name), results.median(case, OURS, size, name))
        for name in ("seconds", "cpu_seconds")
    ]
    return " / ".join(f"{theirs / ours:.2g} ×" for theirs, ours in pairs if theirs and ours)


def _growth(results: Results) -> str:
    rows = [
        _grown(results, size, way)
        for size in results.sizes("growth")
        for way in (LOAD, MERGE, UNCHANGED, EMPTY, MARTS)
        if results.of("growth", way, size)
    ]
    return _GROWTH + "\n".join(rows) + "\n"


def _grown(results: Results, size: int, way: str) -> str:
    rows = results.of("growth", way, size)
    if all("failed" in row for row in rows):
        return f"| {size:,} | {way} | {len(rows)} | failed: {rows[-1]['failed']} | | | | | | |"
    publish, proof = (
        _median_of([row.get("step_seconds", {}).get(step) for row in rows])
        for step in ("publish", "proof")
    )
    seconds, cpu, peak, held, requests = (
        _median_of([row.get(name) for row in rows])
        for name in (*_COSTS, "warehouse_mb", "requests")
    )
    cells = (
        f"{size:,}", way, str(len(rows)), _number(seconds, 1), _number(cpu, 1),
        _number(publish, 1), _number(proof, 1), _number(peak), _number(held), _number(requests),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _rate(results: Results) -> str:
    rows: list[Row] = [row for row in results.rows if row["case"] == "rate" and "use" in row]
    lines = [
        f"| {row['way']} | {len(row['full_windows'])} | {', '.join(map(str, row['full_windows']))} "
        f"| {_percent(row['use'])} | {row['refused']} |"
        for row in rows
    ]
    return _RATE + "\n".join(lines) + "\n"


def _lines(results: Results, case: str, head: str) -> str:
    lines = []
    for size in results.sizes(case):
        for way in results.ways(case, size):
            seconds, cpu, peak = (_median(results, case, way, size, name) for name in _COSTS)
            n = len(results.of(case, way, size))
            lines.append(f"| {way} | {n} | {seconds:.2f} | {cpu:.2f} | {peak:.0f} |")
    return head + "\n".join(lines) + "\n" if lines else ""


def _profiles() -> str:
    names = sorted(path.name for path in PROFILES.glob("*.txt"))
    listed = "\n".join(f"- [{name}](../tests/bench/profiles/{name})" for name in names)
    return f"\n## Profiles of the hot paths\n\n{listed}\n" if names else ""


def _median(results: Results, case: str, way: str, size: int, name: str) -> float:
    return results.median(case, way, size, name) or float("nan")


def _median_of(values: Sequence[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return known[len(known) // 2] if known else None


def _number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}".replace("%", " %")


if __name__ == "__main__":
    PAGE.write_text(render(Results.read()))
