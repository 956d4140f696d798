"""The targets, and what was reached of each at the largest size that was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.bench.cases.growth import LOAD, MERGE, UNCHANGED
from tests.bench.cases.load import PYAIRBYTE, REST_API
from tests.bench.cases.startup import EMPTY, HELP
from tests.bench.session import OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.bench.results import Results

_WALL_AND_CPU: Final = ("seconds", "cpu_seconds")
_SERIAL: Final = "typed decode + CTAS"
_YES, _NO = "reached", "missed"
_BY_ONE, _AT_SOME = "reached by one of the two", "reached at some sizes"


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the table."""

    what: str
    wanted: str
    reached: str = "not measured"
    verdict: str = ""


def targets(results: Results) -> Iterator[Target]:
    """Yield every target, with what was reached.

    Yields:
        The lines of the table in order.
    """
    for case, what, peer, wanted, stretch in (
        ("load", "first load into DuckDB, beside `rest_api` defaults", REST_API, 12, 20),
        ("load", "the same, beside PyAirbyte", PYAIRBYTE, 4, 6),
        ("load", "the same, of the serial reference's speed", _SERIAL, 0.35, 0.5),
        ("postgres", "first load into Postgres, beside `rest_api` defaults", REST_API, 5, 8),
    ):
        yield _speed(results, case, peer, what, wanted, stretch)
    yield _merge(results)
    yield _unchanged(results)
    yield from _memory(results)
    yield from _rate(results)
    yield from _requests(results)
    yield _proof(results)
    yield Target(
        "200 accounts × 2,000 bookings, 120 a minute each, simulated",
        "≤ 1.2 × the slowest account",
        "asserted by a test, on a clock that moves while all wait: [many accounts](accounts.md)",
    )
    yield _help(results)


def _speed(
    results: Results, case: str, peer: str, what: str, wanted: float, stretch: float
) -> Target:
    is_share = wanted < 1
    text = f"≥ {_times(wanted, is_share)}; stretch {_times(stretch, is_share)}"
    for size in reversed(results.sizes(case)):
        pairs = [
            (results.median(case, peer, size, name), results.median(case, OURS, size, name))
            for name in _WALL_AND_CPU
        ]
        ratios = [theirs / ours for theirs, ours in pairs if theirs and ours]
        if ratios:
            shown = " / ".join(_times(ratio, is_share) for ratio in ratios)
            return Target(what, text, f"{shown} at {size:,}", _verdict(r >= wanted for r in ratios))
    return Target(what, text)


def _merge(results: Results) -> Target:
    what, wanted = "merge of 5,000 changed into 1,000,000", "≤ 3 s, sub-linear"
    shown, in_time = [], []
    for size in results.sizes("growth"):
        rows = [r for r in results.of("growth", MERGE, size) if "step_seconds" in r]
        if rows:
            steps = sorted(row["step_seconds"].get("publish", 0.0) for row in rows)
            publish = steps[len(steps) // 2]
            whole = results.median("growth", MERGE, size)
            shown.append(f"{publish:.1f} s of {whole:.1f} s at {size:,}")
            if size == 1_000_000:
                in_time = [publish <= 3, whole is not None and whole <= 3]
    if not shown:
        return Target(what, wanted)
    reached = f"publishing, of the whole process: {'; '.join(shown)}"
    return Target(what, wanted, reached, _verdict(in_time) if in_time else "")


def _unchanged(results: Results) -> Target:
    what = "a run that finds nothing new, whole process"
    wanted = "≤ 1.3 × `import dlt` and an empty pipeline"
    found, verdicts = [], []
    for size in results.sizes("growth"):
        ratios = _ratios(results, "growth", size, UNCHANGED, EMPTY)
        if ratios:
            found.append(f"{' / '.join(f'{r:.1f} ×' for r in ratios)} at {size:,}")
            verdicts += [ratio <= 1.3 for ratio in ratios]
    return (
        Target(what, wanted, "; ".join(found), _verdict(verdicts, _AT_SOME))
        if found
        else Target(what, wanted)
    )


def _memory(results: Results) -> Iterator[Target]:
    what, wanted = "peak memory of a first load", "≤ 500 MB at 2,000,000, flat from 100,000"
    peaks = {s: results.median("growth", LOAD, s, "peak_mb") for s in results.sizes("growth")}
    known = {size: peak for size, peak in peaks.items() if peak}
    if not known:
        yield Target(what, wanted)
        return
    shown = "; ".join(f"{peak:,.0f} MB at {size:,}" for size, peak in known.items())
    held = [max(known.values()) <= 500]
    if from_there := [peak for size, peak in known.items() if size >= 100_000]:
        held.append(max(from_there) <= 1.1 * min(from_there))
    yield Target(what, wanted, shown, _verdict(held))


def _rate(results: Results) -> Iterator[Target]:
    for row in (row for row in results.rows if row["case"] == "rate" and row.get("use")):
        yield Target(
            f"use of the allowed rate: {row['way']}",
            "≥ 95 %, no 429",
            f"{row['use']:.1%}, {row['refused']} refused".replace("%", " %"),
            _verdict([row["use"] >= 0.95 and not row["refused"]]),
        )


def _requests(results: Results) -> Iterator[Target]:
    what = "requests for bookings of a first load"
    wanted = "≤ 1.05 × ⌈N/250⌉ + 2 + windows"
    shown, verdicts = [], []
    for size in results.sizes("growth"):
        for row in results.of("growth", LOAD, size)[-1:]:
            if "booking_requests" in row:
                made = sum(row["booking_requests"].values())
                allowed = 1.05 * row["pages"] + 2 + row["windows"]
                shown.append(f"{made:,} of {allowed:,.0f} at {size:,}")
                verdicts.append(made <= allowed)
    yield (
        Target(what, wanted, "; ".join(shown), _verdict(verdicts, _AT_SOME))
        if shown
        else Target(what, wanted)
    )


def _proof(results: Results) -> Target:
    what, wanted = "completeness proof and planning the next part, of the load's time", "≤ 10 %"
    shown, verdicts = [], []
    for size in results.sizes("growth"):
        for row in results.of("growth", LOAD, size)[-1:]:
            steps = row.get("step_seconds")
            if steps:
                share = steps.get("proof", 0.0) / sum(steps.values())
                shown.append(f"{share:.1%} at {size:,}".replace("%", " %"))
                verdicts.append(share <= 0.1)
    return (
        Target(what, wanted, "; ".join(shown), _verdict(verdicts, _AT_SOME))
        if shown
        else Target(what, wanted)
    )


def _help(results: Results) -> Target:
    what, wanted = "`cal-warehouse --help`", "≤ 0.3 s"
    found = [results.median("startup", HELP, 0, name) for name in _WALL_AND_CPU]
    seconds = [value for value in found if value]
    if not seconds:
        return Target(what, wanted)
    shown = " / ".join(f"{value:.2f} s" for value in seconds)
    return Target(what, wanted, shown, _verdict(value <= 0.3 for value in seconds))


def _ratios(results: Results, case: str, size: int, way: str, other: str) -> list[float]:
    pairs = [
        (results.median(case, way, size, name), results.median(case, other, size, name))
        for name in _WALL_AND_CPU
    ]
    return [ours / theirs for ours, theirs in pairs if ours and theirs]


def _verdict(passed: Iterable[bool], partly: str = _BY_ONE) -> str:
    found = list(passed)
    if all(found):
        return _YES
    return partly if any(found) else _NO


def _times(value: float, is_share: bool) -> str:
    return f"{value:.0%}".replace("%", " %") if is_share else f"{value:.3g} ×"
