"""The disk fills up, or the database goes away, in the middle of a run."""

from __future__ import annotations

import resource
import signal

import pytest

from pipelines.exit_codes import ExitCode
from pipelines.steps import Step
from pipelines.warehouse import Warehouse
from tests.oracle import differences, history_problems


def assert_next_run_is_right(location, start, sandbox):
    following = start(location)
    _, said = following.communicate(timeout=240)
    assert following.returncode == ExitCode.DONE, said
    with Warehouse.open(location) as warehouse:
        assert differences(warehouse, sandbox) == []
        assert history_problems(warehouse) == []


@pytest.mark.parametrize("step", [Step.EXTRACT, Step.LOAD, Step.PUBLISH, Step.PROOF])
def test_run_whose_connections_are_cut_goes_on_or_says_so(
    postgres_url, postgres_server, start, until, sandbox, step
):
    database = postgres_url.partition("@/")[2].partition("?")[0]
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity "
        f"where datname = '{database}' and pid <> pg_backend_pid()"
    )
    run = start(postgres_url)
    until(run, f"steps: {step}")

    postgres_server.run(cut)
    _, said = run.communicate(timeout=240)

    assert run.returncode in {ExitCode.DONE, ExitCode.CANNOT_WRITE}, said
    if run.returncode == ExitCode.CANNOT_WRITE:
        last_line = said.strip().splitlines()[-1]
        assert last_line.startswith(
            f"cal-warehouse: The warehouse {postgres_url} cannot be reached"
        )
        assert "run again" in last_line
    assert_next_run_is_right(postgres_url, start, sandbox)


@pytest.mark.parametrize("most", [30_000, 300_000], ids=["in dlt's files", "in the log"])
def test_run_that_fills_the_disk_leaves_the_warehouse_as_it_was(start, sandbox, tmp_path, most):
    location = tmp_path / "cal.duckdb"
    start(str(location), "--only", "me").communicate(timeout=120)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    full = start(str(location), preexec_fn=limit)
    _, said = full.communicate(timeout=120)

    assert full.returncode == ExitCode.CANNOT_WRITE, said
    assert "could not be written" in said
    with Warehouse.open(str(location)) as warehouse:
        assert warehouse.scalar("select count(*) from raw.bookings") == 0
    assert_next_run_is_right(str(location), start, sandbox)
