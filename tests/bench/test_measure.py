"""The instruments: what a program cost, which results stand, what a target's line says."""

from __future__ import annotations

import sys

import pytest

from tests.bench import results as results_module
from tests.bench.cases.growth import LOAD, MERGE
from tests.bench.cases.load import PYAIRBYTE, REST_API
from tests.bench.cases.rate import full_windows
from tests.bench.measure import ProgramFailed, measured
from tests.bench.results import Results
from tests.bench.session import OURS
from tests.bench.targets import targets

_HOLD = "import sys, time; held = bytearray(60_000_000); held[::4096] = held[1::4096]; "
_ALONE = _HOLD + "time.sleep(0.3); print('{\"rows\": 3}')"
_WITH_CHILD = _HOLD + f"import subprocess; subprocess.run([sys.executable, '-c', {_ALONE!r}])"


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_program_costs_what_its_processes_used_together(tmp_path):
    own = measured(program(_ALONE), folder=tmp_path)
    both = measured(program(_WITH_CHILD), folder=tmp_path)

    assert own.output == {"rows": 3}
    assert own.seconds > 0.3
    assert own.cpu_seconds > 0
    assert 60 < own.peak_mb < 120 < both.peak_mb


def test_a_program_that_fails_or_never_ends_is_no_result(tmp_path):
    with pytest.raises(ProgramFailed, match="ended with 3 after"):
        measured(program("import sys; print('why'); sys.exit(3)"), folder=tmp_path)
    with pytest.raises(ProgramFailed, match="ended with -9"):
        measured(program("import time; time.sleep(60)"), folder=tmp_path, timeout_seconds=0.3)


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Results:
    monkeypatch.setattr(results_module, "RESULTS", tmp_path / "results.json")
    return Results()


def keep(kept: Results, monkeypatch, commit: str, case: str, way: str, size: int, **row) -> None:
    monkeypatch.setattr(results_module, "_commit", lambda: commit)
    cost = {"seconds": 10.0, "cpu_seconds": 8.0, "peak_mb": 300.0, **row}
    kept.keep(case, way, size, cost, is_peer=way in {REST_API, PYAIRBYTE})


def test_our_rows_are_of_one_commit_and_peers_stay(kept, monkeypatch):
    keep(kept, monkeypatch, "a", "load", OURS, 100)
    keep(kept, monkeypatch, "a", "load", REST_API, 100, seconds=100.0)
    keep(kept, monkeypatch, "a", "load", OURS, 200)
    keep(kept, monkeypatch, "b", "load", OURS, 100, seconds=5.0)
    keep(kept, monkeypatch, "b", "load", OURS, 100, seconds=7.0)

    assert [row["seconds"] for row in kept.of("load", OURS, 100)] == [5.0, 7.0]
    assert (kept.done("load", OURS, 100), kept.done("load", OURS, 200)) == (2, 0)
    assert kept.done("load", REST_API, 100) == 1
    assert kept.median("load", OURS, 100) == 6.0


def test_targets_say_what_was_reached_and_what_was_not(kept, monkeypatch):
    keep(kept, monkeypatch, "a", "load", OURS, 200_000)
    keep(kept, monkeypatch, "a", "load", REST_API, 200_000, seconds=130.0, cpu_seconds=60.0)
    keep(kept, monkeypatch, "a", "load", PYAIRBYTE, 200_000, seconds=30.0, cpu_seconds=30.0)
    steps = {"extract": 80.0, "publish": 2.0, "proof": 18.0}
    requests = {"check": 1, "whole": 4200}
    keep(
        kept, monkeypatch, "a", "growth", LOAD, 1_000_000,
        step_seconds=steps, booking_requests=requests, pages=4000, windows=80, peak_mb=480.0,
    )  # fmt: skip
    keep(kept, monkeypatch, "a", "growth", MERGE, 1_000_000, seconds=9.0, step_seconds=steps)

    lines = {target.what: target for target in targets(kept)}

    def said(start: str) -> tuple[str, str]:
        return next((t.reached, t.verdict) for what, t in lines.items() if what.startswith(start))

    assert said("first load into DuckDB") == (
        "13 × / 7.5 × at 200,000",
        "reached by one of the two",
    )
    assert said("the same, beside PyAirbyte") == ("3 × / 3.75 × at 200,000", "missed")
    assert said("first load into Postgres") == ("not measured", "")
    assert said("merge")[1] == "reached by one of the two"
    assert said("peak memory") == ("480 MB at 1,000,000", "reached")
    assert said("requests") == ("4,201 of 4,282 at 1,000,000", "reached")
    assert said("completeness") == ("18.0 % at 1,000,000", "missed")


def test_windows_are_cut_as_cal_com_cuts_them_and_the_last_does_not_count():
    arrivals = [0.0, 10.0, 59.9, 61.0, 120.9, 121.0, 130.0]

    assert full_windows(arrivals, 60) == [3, 2]
    assert full_windows([], 60) == []
