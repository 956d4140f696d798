"""`cal-warehouse plan` against a served sandbox: exit codes, files and faults."""

from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime

import pytest

from cal_source.sandbox import Sandbox, World
from pipelines.cli.main import main
from pipelines.reverse_sync.plan import decode_plan, digest_of
from pipelines.warehouse import Warehouse

POLICY = """
[limits]
maximum_changes = 500
"""


class Desk:
    """A working folder with a served sandbox and a warehouse; runs commands in it."""

    def __init__(self, sandbox, folder, location):
        self.sandbox, self.folder, self.location = sandbox, folder, location
        self.errors = ""
        (folder / "cal_policy.toml").write_text(POLICY)

    def run(self, command, *arguments):
        """Run a command on the warehouse; gives its exit code and what it prints as JSON."""
        shown, told = io.StringIO(), io.StringIO()
        with redirect_stdout(shown), redirect_stderr(told):
            code = main([command, *arguments, "--warehouse", self.location, "--json"])
        self.errors = told.getvalue()
        return code, json.loads(shown.getvalue() or "{}")

    def plan(self, *arguments):
        return self.run("plan", *arguments)


@contextmanager
def opened(folder, empty_file):
    """A desk in the present, where commands live, with the environment that they need."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    world = World.generate(bookings=250, seed=3, now=now)
    sandbox = Sandbox(world, now=now, rate_limit_per_minute=10**6)
    location = str(shutil.copy(empty_file, folder / "cal.duckdb"))
    with pytest.MonkeyPatch.context() as patch, sandbox.serve() as url:
        patch.chdir(folder)
        patch.setenv("CAL_API_KEY", "cal_sandbox_owner")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("CAL_BASE_URL", url)
        yield Desk(sandbox, folder, location)


@pytest.fixture
def desk(tmp_path, empty_file):
    with opened(tmp_path, empty_file) as found:
        yield found


def write_csv(path, *rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def buffer(event_type_id, minutes):
    return {
        "action": "edit_event_type_by_id",
        "eventTypeId": event_type_id,
        "afterEventBuffer": minutes,
    }


def test_nothing_asked_for_is_no_change(desk):
    code, planned = desk.plan()

    assert (code, planned["plan"]["changes"]) == (0, [])


def test_changes_are_kept_written_and_told_by_the_exit_code(desk):
    write_csv(desk.folder / "r.csv", buffer(5001, 10), buffer(5002, "ten"))

    code, planned = desk.plan(
        "--file", "r.csv", "--reason", "air", "--output", "p.json", "--output", "p.html"
    )

    assert code == 2
    content = (desk.folder / "p.json").read_bytes()
    assert digest_of(decode_plan(content, "p.json")) == planned["digest"]
    assert planned["digest"] in (desk.folder / "p.html").read_text()
    assert "r.csv:3: afterEventBuffer (ten) must be a valid integer" in desk.errors
    with Warehouse.open(desk.location) as warehouse:
        assert warehouse.scalar("select plan_digest from ops.plans") == planned["digest"]
        assert warehouse.scalar("select rule from ops.rejected_requests") == (
            "must be a valid integer"
        )


def test_same_requests_give_the_same_digest_on_another_day(desk):
    write_csv(desk.folder / "r.csv", buffer(5001, 10))

    _, first = desk.plan("--file", "r.csv")
    _, second = desk.plan("--file", "r.csv")

    assert first["digest"] == second["digest"]


def test_what_is_so_already_is_no_change(desk):
    write_csv(desk.folder / "r.csv", buffer(5001, 0))

    code, planned = desk.plan("--file", "r.csv")

    assert (code, planned["already_so"]) == (0, ["r.csv:2"])


def test_broken_guard_is_an_error(desk):
    (desk.folder / "cal_policy.toml").write_text("[protected]\nevent_types = [5001]\n")
    write_csv(desk.folder / "r.csv", buffer(5001, 10))

    code, planned = desk.plan("--file", "r.csv")

    assert (code, planned["plan"]["breaches"][0]["guard"]) == (1, "protected")
    assert "blocked by protected" in desk.errors


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--file", "r.csv", "--all-or-nothing"], 1, "Mend them"),
        (["--file", "empty.csv"], 1, "source.may_be_empty"),
        (["--file", "missing.csv"], 64, "missing.csv"),
        (["--table", "ops.nothing"], 64, "there is no such table"),
        (["--query", "wrong.sql"], 64, "wrong.sql"),
        (["--output", "plan.pdf"], 64, "ends in none of"),
        (["--policy", "none.toml"], 78, "--policy"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_what_cannot_be_planned_is_told(desk, arguments, code, told):
    write_csv(desk.folder / "r.csv", buffer(5001, "ten"))
    (desk.folder / "empty.csv").write_text("action,eventTypeId\n")
    (desk.folder / "wrong.sql").write_text("select from")

    assert desk.plan(*arguments)[0] == code
    assert told in desk.errors


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("plan", ["--table", "ops.requests"]), ("apply", ["0123"]), ("undo", ["0123"])],
)
def test_a_missing_warehouse_is_told_and_not_made(desk, command, arguments):
    desk.location = str(desk.folder / "misspelt.duckdb")

    assert desk.run(command, *arguments)[0] == 74
    assert "There is no warehouse at" in desk.errors
    assert not (desk.folder / "misspelt.duckdb").exists()
