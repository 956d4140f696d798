"""`cal-warehouse plan` against a served sandbox: exit codes, files, and the worked examples."""

from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import pipelines.reverse_sync
from cal_source.sandbox import Sandbox, World
from pipelines.cli.main import main
from pipelines.reverse_sync.plan import decode_plan, digest_of
from pipelines.warehouse import Warehouse
from tests.pipelines.reverse_sync.scenarios import ADA, send

EXAMPLES = Path(pipelines.reverse_sync.__file__).parent / "examples"
OPEN_POLICY = """
[limits]
maximum_changes = 500
maximum_share_of_future_bookings = 1.0
per_attendee = 500
[allow]
irreversible = ["cancel_booking_via_uid", "reassign_booking_to_another_user"]
[approval]
two_for = []
"""
SECRET = "a-new-webhook-secret"


class Desk:
    """A working folder with a served sandbox and a warehouse; runs commands in it."""

    def __init__(self, sandbox, folder, location):
        self.sandbox, self.folder, self.location = sandbox, folder, location
        self.errors = ""
        self.booked = ""
        (folder / "cal_policy.toml").write_text(OPEN_POLICY)

    def run(self, command, *arguments):
        shown, told = io.StringIO(), io.StringIO()
        with redirect_stdout(shown), redirect_stderr(told):
            code = main([command, *arguments, "--warehouse", self.location, "--json"])
        self.errors = told.getvalue()
        return code, json.loads(shown.getvalue())

    def plan(self, *arguments):
        return self.run("plan", *arguments)


@contextmanager
def opened(folder, empty_file):
    """A desk in the present, where commands live, with the environment that they need."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    sandbox = Sandbox(World.generate(bookings=250, seed=3, now=now), now=now)
    location = str(shutil.copy(empty_file, folder / "cal.duckdb"))
    with pytest.MonkeyPatch.context() as patch, sandbox.serve() as url:
        patch.chdir(folder)
        patch.setenv("CAL_API_KEY", "cal_sandbox_owner")
        patch.setenv("CAL_SECRET_WEBHOOK", SECRET)
        patch.setenv("CAL_BASE_URL", url)
        yield Desk(sandbox, folder, location)


@pytest.fixture
def desk(tmp_path, empty_file):
    with opened(tmp_path, empty_file) as found:
        yield found


@pytest.fixture(scope="module")
def synced(tmp_path_factory, empty_file):
    """A desk whose warehouse has a booking of Ada's; plans change nothing, so tests share it."""
    with opened(tmp_path_factory.mktemp("synced"), empty_file) as found:
        start = next_week(found.sandbox.clock.now(), hour=15)
        body = {"start": f"{start:%Y-%m-%dT%H:%M}:00.000Z", "eventTypeId": 5060, "attendee": ADA}
        body["bookingFieldsResponses"] = {"company": "Engines"}
        found.booked = send(found.sandbox, "POST", "/v2/bookings", body)["uid"]
        assert found.run("run")[0] == 0
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


def actions(planned):
    return sorted(change["action"] for change in planned["plan"]["changes"])


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


def next_week(now, hour):
    monday = now + timedelta(days=7 - now.weekday())
    return (monday + timedelta(days=2)).replace(hour=hour, minute=0)


def example(desk, name, *arguments, **replaced):
    """Plan a shipped example, values of this account put in place of the example's."""
    sql = (EXAMPLES / name).read_text()
    for old, new in replaced.items():
        assert old in sql
        sql = sql.replace(old, str(new))
    (desk.folder / name).write_text(sql)
    code, planned = desk.plan("--query", name, *arguments)
    assert planned["rejected"] == []
    return code, planned


def test_example_marks_no_shows_of_a_csv(synced):
    now = synced.sandbox.clock.now()
    rows = [
        row
        for row in synced.sandbox.world.bookings
        if row.end < now and row.status == "accepted" and row.user_id == 1001
    ]
    rows = [row for row in rows if row.attendees and not row.attendees[0].is_absent][:5]
    with (EXAMPLES / "mark_no_shows.csv").open() as file:
        head, *_ = csv.reader(file)
    lines = [
        ["mark_booking_absent_for_uid", row.uid, row.attendees[0].email, "true", "did not come"]
        for row in rows
    ]
    write_csv(synced.folder / "n.csv", *(dict(zip(head, line, strict=True)) for line in lines))

    code, planned = synced.plan("--file", "n.csv")

    assert (code, planned["rejected"]) == (2, [])
    assert actions(planned) == ["mark_booking_absent_for_uid"] * len(rows)


def test_example_moves_next_week_to_another_host(synced):
    world = synced.sandbox.world
    host = world.users[world.bookings.by_uid(synced.booked).user_id]
    other = next(h.user_id for h in world.event_types[5060].hosts if h.user_id != host.id)

    code, planned = example(
        synced,
        "move_next_week.sql",
        **{
            "camila.rojas@example.com": host.email,
            "daniel.whitfield@example.com": world.users[other].email,
        },
    )

    assert code == 2
    moved = {change["target"]["bookingUid"] for change in planned["plan"]["changes"]}
    assert synced.booked in moved
    assert {change["target"]["userId"] for change in planned["plan"]["changes"]} == {other}


def test_example_raises_buffers_of_busy_hosts(synced):
    code, planned = example(
        synced, "raise_buffers.sql", "--desired", "event_types", **{"> 0.9": "> 0.0"}
    )

    assert code in {0, 2}
    bodies = {json.dumps(change["body"]) for change in planned["plan"]["changes"]}
    assert bodies <= {'{"afterEventBuffer": 15}'}
    assert planned["plan"]["changes"] or planned["already_so"]


def test_example_gives_a_team_a_new_schedule(synced):
    members = [
        row.user_id
        for row in synced.sandbox.world.memberships.values()
        if row.team_id == 102 and row.is_accepted
    ]

    code, planned = example(synced, "new_team_schedule.sql")

    assert code == 2
    assert actions(planned) == sorted(
        ["create_user_schedule_in_organization", "patch_organization_user_details"] * len(members)
    )
    done = set()
    for change in planned["plan"]["changes"]:
        assert set(change["depends_on"]) <= done
        done.add(change["id"])


def test_example_rotates_all_webhook_secrets_and_shows_none(synced):
    code, planned = example(synced, "rotate_webhook_secrets.sql")

    assert code == 2
    assert set(actions(planned)) == {
        "patch_webhook_event_type",
        "update_team_event_type_webhook",
        "update_webhook_by_id",
        "update_webhook_for_organization",
    }
    text = json.dumps(planned)
    assert SECRET not in text
    assert not [row.secret for row in synced.sandbox.world.webhooks.values() if row.secret in text]


def test_example_adds_missing_webhooks(synced):
    mine = [row for row in synced.sandbox.world.event_types.values() if row.owner_id == 1001]

    code, planned = example(synced, "add_missing_webhooks.sql", "--desired", "webhooks")

    assert code == 2
    assert len(planned["plan"]["changes"]) == len([row for row in mine if row.team_id is None])
    assert set(actions(planned)) == {"create_webhook_for_event_type"}


def test_example_cancels_the_bookings_of_a_departed_attendee(synced):
    code, planned = example(synced, "cancel_departed_attendee.sql")

    assert code == 2
    (change,) = planned["plan"]["changes"]
    assert change["target"] == {"bookingUid": synced.booked}
    assert change["effects"]["mails"][-1]["to"] == ADA["email"]
