"""One writer at a time, with real processes: started together, killed, stopped and resumed."""

from __future__ import annotations

import signal
import time

import pytest

from cal_source.sandbox import Fault
from cal_source.sandbox.faults import delayed
from pipelines.exit_codes import ExitCode
from pipelines.warehouse import Warehouse
from tests.oracle import differences


@pytest.fixture(params=["duckdb", "postgres"])
def location(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    path = str(tmp_path / "cal.duckdb")
    with Warehouse.open(path):
        return path


def test_of_many_runs_started_at_once_one_works_and_the_others_say_who(location, start, sandbox):
    runs = [start(location, "--only", "me,bookings") for _ in range(20)]
    told = {run.pid: run.communicate(timeout=280)[1] for run in runs}

    refused = [run for run in runs if run.returncode == ExitCode.LOCKED]
    done = [run for run in runs if run.returncode == ExitCode.DONE]
    assert len(done) + len(refused) == 20, [run.returncode for run in runs]
    assert done
    holders = {run.pid for run in done} | {run.pid for run in refused}
    for run in refused:
        said = told[run.pid]
        assert any(f"{word} {pid}" in said for word in ("PID", "process") for pid in holders), said
    with Warehouse.open(location) as warehouse:
        assert differences(warehouse, sandbox, tables=("me", "bookings")) == []


def test_next_run_takes_over_from_a_killed_one_at_once(location, start, until):
    killed = start(location)
    until(killed, "steps: extract")
    killed.kill()
    killed.wait()

    following = start(location, "--only", "me")
    _, said = following.communicate(timeout=120)

    assert following.returncode == ExitCode.DONE, said


def test_run_that_was_stopped_and_overtaken_publishes_nothing(postgres_url, start, until, sandbox):
    """On DuckDB the stopped process keeps the file locked, so nobody can overtake it."""
    paused = start(postgres_url)
    until(paused, "steps: load")
    paused.send_signal(signal.SIGSTOP)
    with Warehouse.open(postgres_url) as warehouse:
        warehouse.execute("update ops.leases set expires_at = acquired_at")  # as if it had ended
    overtaking = start(postgres_url)
    _, said = overtaking.communicate(timeout=120)
    assert overtaking.returncode == ExitCode.DONE, said

    paused.send_signal(signal.SIGCONT)
    _, said = paused.communicate(timeout=120)

    assert paused.returncode != ExitCode.DONE
    with Warehouse.open(postgres_url) as warehouse:
        (run,) = warehouse.rows("select distinct _run_id from raw.bookings")
        outcomes = warehouse.rows("select run_id, outcome from ops.runs order by run_id")
        assert run["_run_id"] == outcomes[-1]["run_id"]
        assert outcomes[-1]["outcome"] == "proved"
        assert outcomes[0]["outcome"] in {"failed", "interrupted"}
        assert differences(warehouse, sandbox) == []


def test_stopped_run_keeps_the_file_and_is_named(start, until, sandbox, tmp_path):
    path = str(tmp_path / "cal.duckdb")
    sandbox.faults.add(Fault(delayed(0.3), times=None))
    paused = start(path)
    until(paused, "steps: extract")
    paused.send_signal(signal.SIGSTOP)
    time.sleep(0.2)

    other = start(path)
    _, said = other.communicate(timeout=120)

    assert other.returncode == ExitCode.LOCKED
    assert f"PID {paused.pid}" in said
    assert "--publish-copy" in said
