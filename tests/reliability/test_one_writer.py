"""One writer at a time, with real processes: started together, killed, stopped and resumed."""

from __future__ import annotations

import re
import signal
import threading
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


def test_of_twenty_runs_started_at_once_one_works_and_nineteen_say_who(location, start, sandbox):
    """Cal.com answers nobody before nineteen have given up: whoever works holds on until then."""
    given_up = threading.Event()
    sandbox.before_request(lambda: given_up.wait(timeout=240))
    runs = [start(location, "--only", "me,bookings") for _ in range(20)]
    while sum(run.poll() is not None for run in runs) < 19:
        time.sleep(0.1)
    given_up.set()
    told = {run.pid: run.communicate(timeout=120)[1] for run in runs}

    codes = sorted(run.returncode for run in runs)
    assert codes == [ExitCode.DONE, *[ExitCode.LOCKED] * 19], told.values()
    (worked,) = (run for run in runs if run.returncode == ExitCode.DONE)
    for run in runs:
        said = told[run.pid]
        # On DuckDB two may meet in the moment in which a third opens the file.
        assert run is worked or re.search(rf"(PID|process) ({'|'.join(map(str, told))})\b", said)
    assert any(f" {worked.pid}" in told[run.pid] for run in runs if run is not worked)
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


def test_of_two_builds_at_once_one_works_and_the_other_says_who(location, start, until):
    first = start(location, command="transform")
    until(first, "steps: transform")
    first.send_signal(signal.SIGSTOP)  # in the middle of the build, for as long as it takes

    second = start(location, command="transform")
    _, said = second.communicate(timeout=120)

    assert second.returncode == ExitCode.LOCKED, said
    assert re.search(rf"(PID|process) {first.pid}\b", said)
    if location.startswith("postgresql"):
        assert "'cal-warehouse transform'" in said
    first.send_signal(signal.SIGCONT)
    _, said = first.communicate(timeout=120)
    assert first.returncode == ExitCode.DONE, said
    with Warehouse.open(location, read_only=True) as warehouse:
        runs = warehouse.rows("select command, outcome from ops.runs")
        assert runs == [{"command": "transform", "outcome": "built"}]
        assert warehouse.rows("select booking_uid from marts.fct_bookings") == []


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
