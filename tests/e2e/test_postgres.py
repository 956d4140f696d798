"""The installed command on a Postgres warehouse; its password must appear nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.exit_codes import ExitCode

COMMAND = Path(sys.executable).with_name("cal-warehouse")
PASSWORD = "canary-password"


@pytest.fixture
def address(postgres_server):
    """The address of an empty database, with a password; the server believes anybody."""
    with postgres_server.database(empty=True) as url:
        yield url.replace("postgres@", f"postgres:{PASSWORD}@")


@pytest.fixture
def run(tmp_path, address):
    """Runs the command on that database and sees that it tells nobody the password."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAL_", "SOURCES__", "PG"))}

    def command(name, *arguments, expect=0, warehouse=address, **settings):
        done = subprocess.run(
            [COMMAND, name, "--warehouse", warehouse, *arguments],
            cwd=tmp_path,
            env={**kept, "HOME": str(tmp_path), "NO_COLOR": "1", **settings},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done

    return command


def test_demo_report_status_and_doctor_work_on_postgres(run, tmp_path):
    shown = run("demo", "--bookings", "200", "--folder", str(tmp_path)).stdout
    report = json.loads(run("report", "--json", "--html", "-").stdout)
    run("status", expect=0)
    findings = json.loads(run("doctor", "--json", expect=int(ExitCode.CONFIG)).stdout)["findings"]

    assert "postgresql://postgres:***@" in shown
    assert report["headline"]["all_time"]["bookings"] > 100
    by_check = {finding["check"]: finding for finding in findings}
    assert by_check["rights"]["found"] == "postgres may sync"
    assert "disk space" not in by_check
    assert PASSWORD not in (tmp_path / "report.html").read_text()


def test_a_database_that_goes_away_ends_the_run_with_exit_74_and_the_next_run_is_right(
    run, address, postgres_server, small_sandbox
):
    def go_away():
        postgres_server.run(f"alter database {name} allow_connections false")
        postgres_server.end_sessions(address)

    name = address.split("/")[3].split("?")[0]
    with small_sandbox.serve() as url:
        settings = {"CAL_API_KEY": "cal_sandbox_owner", "CAL_BASE_URL": url}
        run("sync", **settings)
        small_sandbox.before_request(go_away)
        lost = run("sync", "--debug", expect=int(ExitCode.CANNOT_WRITE), **settings)
        small_sandbox.before_request(None)
        postgres_server.run(f"alter database {name} allow_connections true")
        again = json.loads(run("sync", "--json", **settings).stdout)

    assert "run again" in lost.stderr
    assert again["outcome"] == "proved"


def test_an_address_without_a_server_says_what_to_do(run):
    nobody = f"postgresql://ada:{PASSWORD}@127.0.0.1:9/cal"

    done = run("status", "--debug", warehouse=nobody, expect=int(ExitCode.CANNOT_WRITE))

    assert "postgresql://ada:***@127.0.0.1:9/cal cannot be reached" in done.stderr
    assert "Check the address" in done.stderr
