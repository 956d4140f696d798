"""The commands, from change requests to undo, against a served sandbox."""

from __future__ import annotations

import itertools
import json
import stat
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from cal_source.sandbox import Sandbox, World
from pipelines.cli.main import main
from pipelines.reverse_sync.approval import (
    Statement,
    StatementKind,
    encode_statement,
    read_key,
    sign,
    write_new_key,
)
from pipelines.warehouse import Warehouse
from tests.pipelines.reverse_sync.lab import Lab

POLICY = """
[limits]
maximum_share_of_future_bookings = 1.0
per_attendee = 50

[allow]
irreversible = ["cancel_booking_via_uid"]

[approval]
two_for = []
hours = 24

[[approver]]
name = "ada@example.com"
public_key = "{key}"
"""


@pytest.fixture
def project(tmp_path, monkeypatch, location):
    """A working folder with a served sandbox, a warehouse, a key and a policy; gives a runner."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAL_API_KEY", "cal_sandbox_owner")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with ExitStack() as stack:
        # The commands live in the present, so the sandbox does too.
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        world = World.generate(bookings=60, seed=3, now=now)
        served = Sandbox(world, now=now, rate_limit_per_minute=10**6)
        monkeypatch.setenv("CAL_BASE_URL", stack.enter_context(served.serve()))
        yield Project(served, tmp_path, location)


class Project:
    """Runs commands and gives what they print."""

    def __init__(self, sandbox: Sandbox, folder, location) -> None:
        self.sandbox, self.folder, self.location = sandbox, folder, location

    def run(self, capsys, *arguments: str) -> tuple[int, dict]:
        """Run a command with --json; give exit code and result."""
        capsys.readouterr()
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out or "{}")

    def on(self, capsys, *arguments: str) -> tuple[int, dict]:
        """Run a command on the warehouse."""
        return self.run(capsys, *arguments, "--warehouse", self.location)

    def make_key(self, capsys) -> None:
        _, made = self.run(capsys, "keygen", "--name", "ada@example.com")
        (self.folder / "cal_policy.toml").write_text(POLICY.format(key=made["public_key"]))

    def requests(self, count: int) -> list[str]:
        lab = Lab.__new__(Lab)
        lab.sandbox, lab.now = self.sandbox, self.sandbox.clock.now()
        uids = Lab.bookings(lab, count)
        lines = [f"cancel_booking_via_uid,{uid},ill,desk@example.com" for uid in uids]
        head = "action,bookingUid,body.cancellationReason,requested_by"
        (self.folder / "requests.csv").write_text("\n".join([head, *lines]) + "\n")
        return uids

    def statuses(self, uids) -> list[str]:
        return [self.sandbox.world.bookings.by_uid(uid).status for uid in uids]

    def plan(self, capsys) -> str:
        code, planned = self.on(
            capsys, "plan", "--file", "requests.csv", "--reason", "ill", "--output", "plan.json"
        )
        assert code == 2
        return planned["digest"]


def test_commands_go_from_requests_to_audit(project, capsys):
    project.make_key(capsys)
    uids = project.requests(2)
    digest = project.plan(capsys)

    assert project.on(capsys, "apply", digest)[0] == 77
    assert project.statuses(uids) == ["accepted"] * 2
    code, approval = project.on(capsys, "approve", digest[:10], "--reason", "seen")
    assert (code, approval["plan_digest"]) == (0, digest)
    code, applied = project.on(capsys, "apply", digest[:10])
    assert (code, applied["outcomes"]) == (0, {"done": 2})
    assert project.statuses(uids) == ["cancelled"] * 2
    assert project.on(capsys, "apply", digest)[0] == 77
    code, audit = project.on(capsys, "audit", "--booking", uids[0])
    (change,) = audit["changes"]
    assert change["requested_by"] == "desk@example.com"
    assert change["approved_by"] == "ada@example.com"
    assert change["outcome"] == "done"
    assert change["plan_digest"] == digest
    code, undo = project.on(capsys, "undo", digest)
    assert (code, undo["plan"]["changes"]) == (0, [])


def test_detached_files_take_a_plan_through_review_without_the_warehouse(project, capsys):
    project.make_key(capsys)
    uids = project.requests(1)
    project.plan(capsys)
    command = ("approve", "plan.json", "--reason", "seen", "--detached", "--output", "ok.json")

    assert project.run(capsys, *command)[0] == 0
    assert project.on(capsys, "apply", "plan.json", "--approval", "ok.json")[0] == 0
    assert project.statuses(uids) == ["cancelled"]


def test_edited_plan_file_and_edited_approval_file_are_refused(project, capsys):
    project.make_key(capsys)
    uids = project.requests(1)
    project.plan(capsys)
    project.run(
        capsys, "approve", "plan.json", "--reason", "a", "--detached", "--output", "ok.json"
    )
    for name in ("plan.json", "ok.json"):
        path = project.folder / name
        whole = path.read_text()
        path.write_text(whole.replace('"reason":"', '"reason":"x', 1))
        assert project.on(capsys, "apply", "plan.json", "--approval", "ok.json")[0] != 0
        path.write_text(whole)

    assert project.statuses(uids) == ["accepted"]


def test_part_of_a_plan_is_approved_under_a_digest_of_its_own(project, capsys):
    project.make_key(capsys)
    uids = project.requests(2)
    digest = project.plan(capsys)
    plan = json.loads((project.folder / "plan.json").read_text())
    kept = plan["changes"][0]
    arguments = ("approve", digest, "--reason", "only one", "--only", kept["id"])

    code, part = project.on(capsys, *arguments)

    assert (code, part["plan_digest"] == digest) == (0, False)
    assert project.on(capsys, "apply", digest)[0] == 77
    assert project.on(capsys, "apply", part["plan_digest"])[0] == 0
    done = kept["target"]["bookingUid"]
    assert sorted(project.statuses(uids)) == ["accepted", "cancelled"]
    assert project.statuses([done]) == ["cancelled"]


def test_revoked_approval_applies_nothing(project, capsys):
    project.make_key(capsys)
    uids = project.requests(1)
    digest = project.plan(capsys)
    project.on(capsys, "approve", digest, "--reason", "seen")

    assert project.on(capsys, "approve", digest, "--reason", "no", "--revoke")[0] == 0

    code, refused = project.on(capsys, "apply", digest)
    assert code == 77
    assert "was revoked" in refused["error"]
    assert project.statuses(uids) == ["accepted"]


def test_approve_refuses_what_would_not_count(project, capsys):
    project.make_key(capsys)
    project.requests(1)
    digest = project.plan(capsys)
    policy = project.folder / "cal_policy.toml"

    code, refused = project.on(capsys, "approve", digest, "--reason", "x", "--hours", "500")
    assert (code, "longer than the policy's 24 hours" in refused["error"]) == (77, True)
    policy.write_text(policy.read_text() + "# changed\n")
    code, refused = project.on(capsys, "approve", digest, "--reason", "x")
    assert (code, "policy file is not the one" in refused["error"]) == (77, True)
    policy.write_text(policy.read_text().replace('"ada@', '"bob@').replace('= "', '= "0', 0))
    other = POLICY.format(key="0" * 64)
    policy.write_text(other)
    code, refused = project.on(capsys, "approve", digest, "--reason", "x")
    assert (code, "nobody whom the policy trusts" in refused["error"]) == (78, True)


def test_no_combination_of_options_opens_the_gate(project, capsys):
    project.make_key(capsys)
    uids = project.requests(1)
    digest = project.plan(capsys)
    change = json.loads((project.folder / "plan.json").read_text())["changes"][0]["id"]
    own_key = write_new_key(project.folder / "own.key")
    (project.folder / "own.toml").write_text(POLICY.format(key=own_key))
    now = datetime.now(UTC)
    statement = Statement(
        kind=StatementKind.APPROVAL,
        plan_digest=digest,
        approver="ada@example.com",
        reason="in her name",
        signed_at=now,
        expires_at=now + timedelta(hours=1),
    )
    forged = sign(statement, read_key(project.folder / "own.key"))
    (project.folder / "forged.json").write_bytes(encode_statement(forged))
    options = [
        ("--target", change),
        ("--canary", "0"),
        ("--policy", "own.toml"),
        ("--approval", "forged.json"),
    ]
    for chosen in itertools.product((True, False), repeat=len(options)):
        given = itertools.chain.from_iterable(itertools.compress(options, chosen))
        named = "plan.json" if chosen[0] else digest
        code, refused = project.on(capsys, "apply", named, *given)
        assert (code, "Nothing was sent" in refused["error"]) == (77, True), chosen
    assert project.on(capsys, "apply", digest, "--decide", f"{change}=applied")[0] != 0

    assert project.statuses(uids) == ["accepted"]
    writes = [r for r in project.sandbox.requests if r.path.endswith("/cancel")]
    assert writes == []


def test_keygen_keeps_the_key_to_its_owner_and_never_shows_it(project, capsys):
    project.make_key(capsys)
    path = project.folder / "config" / "cal-warehouse" / "approval.key"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert project.run(capsys, "keygen")[0] == 78
    secret = path.read_text().splitlines()[1]
    assert secret not in (project.folder / "cal_policy.toml").read_text()


def test_journal_that_was_cut_after_the_fact_stops_audit_and_apply(project, capsys):

    project.make_key(capsys)
    project.requests(1)
    digest = project.plan(capsys)
    project.on(capsys, "approve", digest, "--reason", "seen")
    with Warehouse.open(project.location) as warehouse:
        warehouse.execute("delete from ops.reverse_journal")

    code, told = project.on(capsys, "audit")
    assert (code, "rows were cut" in told["error"]) == (77, True)
    assert project.on(capsys, "apply", digest)[0] == 77


def test_audit_exports_the_journal_for_others_to_check(project, capsys):
    project.make_key(capsys)
    project.requests(1)
    digest = project.plan(capsys)
    project.on(capsys, "approve", digest, "--reason", "seen")

    assert project.on(capsys, "audit", "--plan", digest, "--export", "journal.jsonl")[0] == 0
    assert project.on(capsys, "audit", "--export", "journal.csv")[0] == 0

    rows = [json.loads(x) for x in (project.folder / "journal.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == ["approved"]
    assert len((project.folder / "journal.csv").read_text().splitlines()) == 2
    assert project.on(capsys, "audit", "--export", "journal.xls")[0] == 64


def test_rehearsal_shows_what_would_happen_and_leaves_calcom_alone(project, capsys):
    project.make_key(capsys)
    uids = project.requests(2)
    assert project.on(capsys, "sync")[0] == 0
    digest = project.plan(capsys)
    before = len(project.sandbox.requests)

    code, rehearsal = project.on(capsys, "rehearse", digest)

    assert code == 0
    assert len(project.sandbox.requests) == before
    assert [one["outcome"] for one in rehearsal["changes"]] == ["done", "done"]
    for one in rehearsal["changes"]:
        assert ["status", "accepted", "cancelled"] in one["differences"]
    assert ["cancelled", "ada@example.com", 2] in rehearsal["mails"]
    assert rehearsal["mails_not_foretold"] == rehearsal["mails_not_sent"] == []
    assert project.statuses(uids) == ["accepted"] * 2
    assert project.on(capsys, "apply", digest)[0] == 77


def test_applied_changes_are_in_the_warehouse_at_once_and_verified_by_the_next_sync_on_postgres(
    project, capsys, postgres_url
):
    project.location = postgres_url
    project.make_key(capsys)
    uids = project.requests(2)
    assert project.on(capsys, "sync")[0] == 0
    digest = project.plan(capsys)
    assert project.on(capsys, "approve", digest, "--reason", "seen")[0] == 0
    code, applied = project.on(capsys, "apply", digest)
    assert (code, applied["outcomes"]) == (0, {"done": 2})
    with Warehouse.open(postgres_url) as warehouse:
        shown = warehouse.rows("select uid, status from raw.bookings")
    assert {row["uid"] for row in shown if row["status"] == "cancelled"} >= set(uids)

    assert project.on(capsys, "sync")[0] == 0

    with Warehouse.open(postgres_url) as warehouse:
        found = warehouse.rows("select plan_digest, is_verified from ops.effect_verification")
    assert found == [{"plan_digest": digest, "is_verified": True}] * 2
    assert project.on(capsys, "audit", "--booking", uids[0])[0] == 0
    assert project.on(capsys, "rehearse", digest)[0] == 0
    assert project.on(capsys, "undo", digest)[0] == 0
