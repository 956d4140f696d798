"""The installed command, as a user runs it: a sandbox over real HTTP, a warehouse on disk."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from cal_source.sandbox import Fault
from cal_source.sandbox.faults import delayed
from pipelines.warehouse import Warehouse

COMMAND = Path(sys.executable).with_name("cal-warehouse")


@pytest.fixture
def environment(tmp_path):
    """The process's environment without settings of ours, working in a folder of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAL_", "SOURCES__"))}
    return {**kept, "HOME": str(tmp_path), "NO_COLOR": "1"}


@pytest.fixture
def run(tmp_path, environment):
    def command(*arguments, expect=0, **settings):
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=tmp_path,
            env={**environment, **settings},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return command


@pytest.fixture
def served(small_sandbox):
    """A sandbox over real HTTP, and the settings that reach it."""
    with small_sandbox.serve() as url:
        yield {"CAL_API_KEY": "cal_sandbox_owner", "CAL_BASE_URL": url}


def bookings_in(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select count(*) from raw.bookings").fetchone()[0]


def test_run_syncs_and_builds_the_models(run, served, tmp_path):
    done = run("run", "--json", "--as-of", "2026-11-22T09:00:00Z", **served)

    result = json.loads(done.stdout)
    assert result["sync"]["outcome"] == "proved"
    assert result["transform"]["ok"] is True
    with duckdb.connect(str(tmp_path / "cal.duckdb"), read_only=True) as connection:
        rates = connection.execute(
            "select sum(booking_no_show_count), sum(booking_count) from marts.agg_no_show_rates"
        ).fetchone()
    assert 0 < rates[0] < rates[1]


def test_report_writes_a_page_that_opens_offline(run, served, tmp_path):
    run("run", "--as-of", "2026-11-22T09:00:00Z", **served)

    done = run("report", "--html", "page.html")

    page = (tmp_path / "page.html").read_text()
    assert "page.html" in done.stdout
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "http://" not in page
    assert "https://" not in page


def test_sync_shows_people_what_came_and_that_it_is_proved(run, served):
    done = run("sync", **served)

    assert "proved: Cal.com counts" in done.stdout
    assert "booking_attendees" in done.stdout
    assert served["CAL_API_KEY"] not in done.stdout + done.stderr


def test_sync_takes_the_address_from_the_command_line(run, served):
    key = {"CAL_API_KEY": served["CAL_API_KEY"]}

    done = run("sync", "--base-url", served["CAL_BASE_URL"], "--only", "me", "--json", **key)

    assert json.loads(done.stdout)["tables"]["me"]["rows"] == 1


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "says"),
    [
        (["sync"], {}, 78, "CAL_API_KEY is not set"),
        (["sync"], {"CAL_API_KEY": "cal_x", "CAL_BASE_URL": "http://127.0.0.1:9"}, 69, "base_url"),
        (["sync"], {"CAL_API_KEY": "cal_x", "CAL_ORG_ID": "acme"}, 78, "CAL_ORG_ID=acme"),
        (["sync", "--warehouse", "raw.duckdb"], {"CAL_API_KEY": "cal_x"}, 78, "Rename the file"),
        (["sync", "--only", "bokings"], {"CAL_API_KEY": "cal_x"}, 64, "'bokings'"),
        (["sync", "--since", "yesterday"], {}, 64, "'yesterday' is not a date"),
        (["sync", "--warehouse", "mysql://x/y"], {"CAL_API_KEY": "cal_x"}, 64, "cal.duckdb"),
        (["report", "--warehouse", "none.duckdb"], {}, 74, "There is no warehouse"),
        (["sandbox", "--world", "nowhere"], {}, 64, "holds no index.json"),
        (["frobnicate"], {}, 64, "frobnicate"),
        ([], {}, 64, ""),
    ],
    ids=[
        "no key",
        "unreachable",
        "organisation is no number",
        "file named like a schema",
        "unknown table",
        "bad date",
        "not a file",
        "no warehouse",
        "no world",
        "no such command",
        "no command",
    ],
)
def test_bad_input_gets_one_message_and_its_exit_code(run, arguments, settings, code, says):
    done = run(*arguments, expect=code, **{"RETRY": "0", **settings})

    assert says in done.stdout + done.stderr


def test_wrong_key_is_refused_without_showing_it(run, served):
    done = run("sync", expect=77, **{**served, "CAL_API_KEY": "cal_canary_key_123"})

    assert "401" in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_errors_are_json_where_json_was_asked_for(run):
    done = run("sync", "--json", expect=78)

    error = json.loads(done.stdout)
    assert error["exit_code"] == 78
    assert "CAL_API_KEY" in error["error"]


def test_doctor_names_what_the_key_may_not_read(run, served):
    done = run("doctor", "--json", **{**served, "CAL_API_KEY": "cal_sandbox_member"})

    findings = {f["check"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["server and key"]["verdict"] == "ok"
    assert "ORG_ADMIN" in findings["users"]["remedy"]
    assert "visible as user:" in findings["bookings"]["found"]


def test_doctor_fails_with_the_code_of_what_is_wrong(run):
    done = run("doctor", expect=78)

    assert "CAL_API_KEY is not set" in " ".join(done.stdout.split())


def start(arguments, tmp_path, environment, **settings):
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=tmp_path,
        env={**environment, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )


def hear_ctrl_c():
    """Take SIGINT again: a shell that runs the tests in the background switches it off."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_ctrl_c_leaves_a_state_from_which_the_next_run_succeeds(
    run, served, small_sandbox, tmp_path, environment
):
    path = "/v2/organizations/101/bookings"
    small_sandbox.faults.add(Fault(delayed(1.0), path=path, times=None))
    process = start(["sync"], tmp_path, environment, **served)
    wait_for(lambda: sum(r.path == path for r in small_sandbox.requests) >= 2)

    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)

    assert process.returncode == 130, stderr
    assert "Stopped" in stderr
    assert "Traceback" not in stderr
    small_sandbox.faults.clear()
    result = json.loads(run("sync", "--json", **served).stdout)
    assert result["outcome"] == "proved"
    with duckdb.connect(str(tmp_path / "cal.duckdb"), read_only=True) as connection:
        outcomes = connection.execute("select outcome from ops.runs order by started_at").fetchall()
    assert outcomes == [("interrupted",), ("proved",)]


def test_disk_full_is_reported_and_leaves_the_warehouse_as_it_was(
    run, served, small_sandbox, tmp_path, environment
):
    run("sync", "--only", "me,teams", **served)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [COMMAND, "sync"],
        cwd=tmp_path,
        env={**environment, **served},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=limit,
    )

    assert done.returncode == 74, done.stdout + done.stderr
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert bookings_in(tmp_path / "cal.duckdb") == 0
    result = json.loads(run("sync", "--json", **served).stdout)
    assert result["outcome"] == "proved"
    assert bookings_in(tmp_path / "cal.duckdb") > 100


def test_locked_warehouse_is_named_with_its_holder(run, served, tmp_path):
    run("sync", "--only", "me", **served)
    code = "import duckdb; c = duckdb.connect('cal.duckdb'); print('open', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "open\n"
        done = run("sync", expect=75, **served)
    finally:
        holder.communicate("\n")

    assert f"PID {holder.pid}" in done.stderr


def test_sandbox_says_when_it_is_ready_and_stops_on_a_signal(tmp_path, environment):
    process = start(["sandbox", "--bookings", "50", "--port", "0"], tmp_path, environment)
    try:
        line = process.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:")
    finally:
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=20)

    assert stdout == ""
    assert "Traceback" not in stderr


def test_demo_shows_the_whole_product(run, tmp_path):
    done = run("demo", "--bookings", "400")

    assert (tmp_path / "demo" / "report.html").exists()
    assert bookings_in(tmp_path / "demo" / "cal.duckdb") > 200
    assert "proved" in done.stdout
    assert "report.html" in done.stdout


@pytest.mark.parametrize(
    "name", ["demo", "sync", "transform", "run", "report", "sandbox", "doctor"]
)
def test_help_of_every_command_answers(run, name):
    done = run(name, "--help")

    assert name in done.stdout
    assert "--debug" in done.stdout


def test_version_names_what_it_stands_on(run):
    done = run("--version")

    assert "cal-warehouse 0." in done.stdout
    assert "dlt 1." in done.stdout


def test_status_does_not_load_dlt(tmp_path):
    path = str(tmp_path / "cal.duckdb")
    with Warehouse.open(path):
        pass
    code = (
        "import sys; from pipelines.cli import main\n"
        "try: main(['status', '--warehouse', sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "print('loaded', sorted({'dlt', 'pandas', 'pyarrow', 'sqlglot'} & sys.modules.keys()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.splitlines()[-1] == "loaded []"


def test_help_does_not_load_dlt():
    code = (
        "import sys; from pipelines.cli.arguments import build_parser; build_parser(); "
        "print(sorted({'dlt', 'duckdb', 'sqlglot', 'rich'} & sys.modules.keys()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def test_progress_shows_rows_and_rate_on_a_terminal(served, tmp_path, environment):
    """The bar goes to standard error, so that standard output stays clean for pipes."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "sync"],
        cwd=tmp_path,
        env={**environment, **served, "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux ends a terminal whose other side has closed that way
        while block := os.read(ours, 4096):
            shown += block
    stdout, _ = process.communicate(timeout=60)
    os.close(ours)

    assert process.returncode == 0
    text = shown.decode(errors="replace")
    assert "bookings" in text
    assert "rows/s" in text
    assert "227/227" in text
    assert "\x1b" not in stdout
