"""The worked examples of docs/reverse-sync.md: planned, approved, applied and verified."""

from __future__ import annotations

import csv
import json
import re
import shlex
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import pipelines.reverse_sync
from pipelines.reverse_sync.approval import write_new_key
from pipelines.warehouse import Warehouse
from tests.pipelines.reverse_sync.scenarios import ADA, send
from tests.pipelines.reverse_sync.test_plan_command import opened

EXAMPLES = Path(pipelines.reverse_sync.__file__).parent / "examples"
PAGE = (Path(__file__).parents[3] / "docs" / "reverse-sync.md").read_text("utf-8")
DOCUMENTED = {
    words[-1]: words[1:]
    for command in re.findall(r"^\|[^|]+\| `(cal-warehouse plan [^`]+)` \|$", PAGE, re.MULTILINE)
    for words in [shlex.split(command)]
}
GRACE = {**ADA, "name": "Grace", "email": "grace@example.com"}
POLICY = """
[limits]
maximum_changes = 500
maximum_share_of_future_bookings = 1.0
per_attendee = 500
[allow]
irreversible = ["cancel_booking_via_uid", "reassign_booking_to_another_user"]
[[approver]]
name = "ada@example.com"
public_key = "{ada}"
[[approver]]
name = "grace@example.com"
public_key = "{grace}"
"""
SECRET = "a-new-webhook-secret"


@pytest.fixture(scope="module")
def desk(tmp_path_factory, empty_file):
    """A desk with a synced and modelled warehouse, which the examples share."""
    folder = tmp_path_factory.mktemp("examples")
    with opened(folder, empty_file) as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAL_SECRET_WEBHOOK", SECRET)
        keys = {name: write_new_key(folder / f"{name}.key") for name in ("ada", "grace")}
        (folder / "cal_policy.toml").write_text(POLICY.format(**keys))
        found.moved = book(found.sandbox, hour=15, attendee=GRACE)
        found.left = book(found.sandbox, hour=16, attendee=ADA)
        fill_the_hours_of(found.sandbox.world, 1001)
        assert found.run("run")[0] == 0
        yield found


def book(sandbox, hour, attendee):
    """Book a round-robin event of next week."""
    now = sandbox.clock.now()
    day = now + timedelta(days=9 - now.weekday())
    body = {
        "start": f"{day.replace(hour=hour):%Y-%m-%dT%H}:00:00.000Z",
        "eventTypeId": 5060,
        "attendee": attendee,
        "bookingFieldsResponses": {"company": "Engines"},
    }
    return send(sandbox, "POST", "/v2/bookings", body)["uid"]


def fill_the_hours_of(world, user_id):
    """Leave a host no working hours but those of some past bookings, one a day."""
    schedule = world.schedules[world.users[user_id].default_schedule_id]
    zone, hours = ZoneInfo(schedule.time_zone), {}
    for booking in world.bookings:
        if booking.user_id == user_id and booking.status == "accepted" and booking.end < world.now:
            start, end = booking.start.astimezone(zone), booking.end.astimezone(zone)
            if start.date() == end.date():
                hours.setdefault(f"{start:%Y-%m-%d}", (f"{start:%H:%M}", f"{end:%H:%M}"))
    overrides = [
        {"date": day, "startTime": start, "endTime": end} for day, (start, end) in hours.items()
    ]
    assert overrides
    world.edit("schedules", schedule.id, availability=[], overrides=overrides)


def applied(desk, name, **replaced):
    """Plan an example as documented, approve it twice, and apply it.

    Args:
        desk: The desk.
        name: Its file.
        replaced: What stands in the file for values of an account, and this account's.

    Returns:
        The plan's changes.
    """
    text = (EXAMPLES / name).read_text()
    assert all(old in text for old in replaced)
    if replaced:
        text = re.sub("|".join(map(re.escape, replaced)), lambda old: str(replaced[old[0]]), text)
    if name.endswith(".sql"):  # the rows of a CSV are an account's own
        (desk.folder / name).write_text(text)
    code, planned = desk.run(*DOCUMENTED[name], "--output", "plan.json")
    assert (code, desk.errors, planned["plan"]["breaches"]) == (2, "", [])
    for key in ("ada", "grace"):
        approving = ("approve", "plan.json", "--reason", "seen", "--key", f"{key}.key")
        assert desk.run(*approving)[0] == 0
    changes = planned["plan"]["changes"]
    code, result = desk.run("apply", "plan.json")
    assert (code, result["outcomes"], desk.errors) == (0, {"done": len(changes)}, "")
    return changes


def in_warehouse(desk, sql):
    with Warehouse.open(desk.location, read_only=True) as warehouse:
        return warehouse.rows(sql)


def test_every_example_is_documented_and_every_documented_one_is_there():
    assert set(DOCUMENTED) == {path.name for path in EXAMPLES.iterdir()} - {"cal_policy.toml"}
    assert len(DOCUMENTED) == 7


def no_shows_are_marked_from_a_csv(desk):
    past = [
        row
        for row in desk.sandbox.world.bookings
        if row.end < desk.sandbox.clock.now() and row.status == "accepted" and row.user_id == 1001
        if len(row.attendees) == 1 and not row.attendees[0].is_absent
    ][:5]
    with (EXAMPLES / "mark_no_shows.csv").open() as file:
        head, example, *_ = csv.reader(file)
    with (desk.folder / "mark_no_shows.csv").open("w", newline="") as file:
        lines = [[example[0], r.uid, r.attendees[0].email, *example[3:]] for r in past]
        csv.writer(file).writerows([head, *lines])

    changes = applied(desk, "mark_no_shows.csv")

    uids = {row.uid for row in past}
    rows = in_warehouse(desk, "select booking_uid from raw.booking_attendees where absent")
    assert all(desk.sandbox.world.bookings.by_uid(uid).attendees[0].is_absent for uid in uids)
    assert uids <= {row["booking_uid"] for row in rows}
    return changes


def one_hosts_next_week_goes_to_another_host(desk):
    world = desk.sandbox.world
    host = world.users[world.bookings.by_uid(desk.moved).user_id]
    other = next(h.user_id for h in world.event_types[5060].hosts if h.user_id != host.id)

    changes = applied(
        desk,
        "move_next_week.sql",
        **{
            "camila.rojas@example.com": host.email,
            "daniel.whitfield@example.com": world.users[other].email,
        },
    )

    moved = {change["target"]["bookingUid"] for change in changes}
    assert desk.moved in moved
    assert {world.bookings.by_uid(uid).user_id for uid in moved} == {other}
    rows = in_warehouse(desk, f"select booking_uid from raw.booking_hosts where id = {other}")
    assert moved <= {row["booking_uid"] for row in rows}
    return changes


def buffers_are_raised_where_hosts_are_booked_above_90_percent(desk):
    busy = in_warehouse(
        desk,
        "select host_id from marts.agg_host_utilisation_daily where is_past group by host_id "
        "having sum(booked_in_hours_minutes) > 0.9 * sum(available_minutes)",
    )
    assert 1001 in [row["host_id"] for row in busy]

    changes = applied(desk, "raise_buffers.sql")

    ids = [change["target"]["eventTypeId"] for change in changes]
    assert {change["body"]["afterEventBuffer"] for change in changes} == {15}
    owners = {desk.sandbox.world.event_types[one].owner_id for one in ids}
    assert owners <= {row["host_id"] for row in busy}
    for one in ids:
        shown = send(desk.sandbox, "GET", f"/v2/event-types/{one}")
        assert shown["afterEventBuffer"] == 15
    listed = ", ".join(map(str, ids))
    rows = in_warehouse(
        desk, f"select distinct after_event_buffer from raw.event_types where id in ({listed})"
    )
    assert rows == [{"after_event_buffer": 15}]
    return changes


def everyone_in_a_team_gets_a_new_schedule(desk):
    world = desk.sandbox.world
    members = [
        row.user_id for row in world.memberships.values() if row.team_id == 102 and row.is_accepted
    ]

    changes = applied(desk, "new_team_schedule.sql")

    assert len(changes) == 2 * len(members)
    in_use = {one: world.users[one].default_schedule_id for one in members}
    assert {world.schedules[key].name for key in in_use.values()} == {"Summer"}
    assert {world.schedules[key].owner_id for key in in_use.values()} == set(members)
    return changes


def all_webhook_secrets_are_rotated_and_none_is_written_down(desk):
    world = desk.sandbox.world

    changes = applied(desk, "rotate_webhook_secrets.sql")

    rotated = {change["target"]["webhookId"] for change in changes}
    mine = {
        key
        for key, hook in world.webhooks.items()
        if hook.user_id == 1001 or (hook.team_id == 101 and hook.event_type_id is None)
    }
    assert {world.webhooks[key].secret for key in rotated} == {SECRET}
    assert mine
    assert mine <= rotated
    kept = in_warehouse(desk, "select content from ops.plans")
    kept += in_warehouse(desk, "select content from ops.reverse_journal")
    assert SECRET not in "".join(row["content"] for row in kept)
    assert SECRET not in (desk.folder / "plan.json").read_text()
    return changes


def missing_webhooks_are_added_to_all_event_types(desk):
    world = desk.sandbox.world
    mine = {
        row.id for row in world.event_types.values() if (row.owner_id, row.team_id) == (1001, None)
    }

    changes = applied(desk, "add_missing_webhooks.sql")

    assert {change["target"]["eventTypeId"] for change in changes} == mine
    hooks = [
        hook
        for hook in world.webhooks.values()
        if hook.subscriber_url == "https://hooks.example.com/warehouse"
    ]
    assert sorted(hook.event_type_id for hook in hooks) == sorted(mine)
    assert {hook.secret for hook in hooks} == {SECRET}
    return changes


def bookings_of_a_departed_attendee_are_cancelled(desk):
    mails = len(desk.sandbox.outbox.mails)

    changes = applied(desk, "cancel_departed_attendee.sql")

    (change,) = changes
    assert change["target"] == {"bookingUid": desk.left}
    assert desk.sandbox.world.bookings.by_uid(desk.left).status == "cancelled"
    sent = {(mail.kind, mail.to) for mail in desk.sandbox.outbox.mails[mails:]}
    assert sent == {(mail["kind"], mail["to"]) for mail in change["effects"]["mails"]}
    rows = in_warehouse(desk, f"select status from raw.bookings where uid = '{desk.left}'")
    assert rows == [{"status": "cancelled"}]
    return changes


def test_examples_do_at_calcom_and_in_the_warehouse_what_they_are_documented_to_do(desk):
    changes = [
        *no_shows_are_marked_from_a_csv(desk),
        *one_hosts_next_week_goes_to_another_host(desk),
        *buffers_are_raised_where_hosts_are_booked_above_90_percent(desk),
        *everyone_in_a_team_gets_a_new_schedule(desk),
        *all_webhook_secrets_are_rotated_and_none_is_written_down(desk),
        *missing_webhooks_are_added_to_all_event_types(desk),
        *bookings_of_a_departed_attendee_are_cancelled(desk),
    ]

    assert desk.run("sync")[0] == 0

    # The next sync finds all of it again, except for secrets, which no read shows.
    assert "does not show" not in desk.errors
    found = in_warehouse(desk, "select change_id from ops.effect_verification where is_verified")
    shown = {change["id"] for change in changes if "secret:" not in json.dumps(change["done"])}
    assert {row["change_id"] for row in found} == shown
