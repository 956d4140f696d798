"""The policy file: read strictly, guarding one by one, holding what must wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import pipelines.reverse_sync
from pipelines.reverse_sync.errors import PolicyError
from pipelines.reverse_sync.guards import Facts, breaches
from pipelines.reverse_sync.plan import Effects, Flag, Mail, Person, Touched
from pipelines.reverse_sync.policy import (
    DEFAULT_POLICY_FILE,
    Limits,
    Policy,
    _Table,
    held_until,
    load_policy,
    read_policy,
    required_approvals,
)
from pipelines.reverse_sync.store import policy_tests
from tests.pipelines.reverse_sync.approved import change_of, plan_of
from tests.pipelines.reverse_sync.planned import built, edit
from tests.pipelines.reverse_sync.scenarios import new_sandbox

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = "ab" * 32
FULL = f"""
[limits]
maximum_changes = 500
maximum_share_of_future_bookings = 0.25
per_host = 50
per_attendee = 3
per_day = 200

[protected]
event_types = [5001]
hosts = ["Boss@example.com"]
attendees = ["vip@example.com"]
domains = ["@Bigcorp.example"]

[quiet_hours]
from = 21:00:00
to = 08:00:00

[[freeze]]
from = 2026-12-24T00:00:00Z
to = 2026-12-27T00:00:00Z
reason = "Holidays"

[allow]
irreversible = ["cancel_booking_via_uid"]

[approval]
required = 1
two_for = ["paid"]
self_approval = false
hours = 24

[[approver]]
name = "ada@example.com"
public_key = "{KEY}"

[apply]
canary = 10
error_rate = 0.05

[source]
may_be_empty = true

[[test]]
name = "no VIP"
sql = "select change_id from ops.plan_people where plan_digest = $plan"
"""


def cancel(number=0, *, host="host@example.com", attendee="ada@example.com", **touched):
    """A cancellation that mails its attendee."""
    given = {"booking_uid": f"uid{number}", "starts_at": "2026-12-01T09:00:00.000Z"} | touched
    return change_of(
        target={"bookingUid": f"uid{number}"},
        touched=Touched(
            hosts=(host,),
            attendees=(Person(email=attendee, time_zone=given.pop("time_zone", "UTC")),),
            **given,
        ),
        effects=Effects(mails=(Mail(kind="cancelled", to=attendee),)),
    )


def policy_with(**values):
    no_limits = dict.fromkeys(Limits.__dataclass_fields__)
    limits = Limits(**no_limits | values.pop("limits", {}))
    return Policy(digest="", limits=limits, **values)


def names(policy, changes, **facts):
    return [breach.guard for breach in breaches(policy, changes, Facts(**facts))]


def test_policy_file_is_read_whole():
    policy = read_policy(FULL.encode(), "cal_policy.toml")

    assert policy.limits.per_host == 50
    assert policy.protected.hosts == ("boss@example.com",)
    assert policy.protected.domains == ("bigcorp.example",)
    assert policy.quiet_hours.start.hour == 21
    assert policy.freezes[0].reason == "Holidays"
    assert policy.allowed[Flag.IRREVERSIBLE] == {"cancel_booking_via_uid"}
    assert policy.two_approvals_for == {Flag.PAID}
    assert policy.approval_hours == 24
    assert policy.approvers[0].public_key == KEY
    assert (policy.canary, policy.error_rate) == (10, 0.05)
    assert policy.allows_empty_source
    assert policy.tests[0].name == "no VIP"


def test_empty_policy_is_cautious():
    policy = read_policy(b"", "cal_policy.toml")

    assert policy.limits.maximum_changes == 100
    assert policy.approvers == ()
    assert policy.allowed[Flag.IRREVERSIBLE] == frozenset()
    assert not policy.self_approval


def test_digest_is_of_every_byte():
    assert read_policy(b"", "x").digest != read_policy(b"\n", "x").digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[limits]\nmaximum_change = 5", "did you mean 'maximum_changes'"),
        ("[limit]", "did you mean 'limits'"),
        ("[limits]\nper_host = 'many'", "Expected `int | null`"),
        ("[limits", "is not understood"),
        ("[limits]\nmaximum_share_of_future_bookings = 5", "must be from 0 to 1"),
        ("[approval]\nrequired = 0", "nothing is applied without an approval"),
        ("[approval]\ntwo_for = ['all']", "Invalid enum value"),
        ("[[approver]]\nname = 'ada'\npublic_key = 'x'", "the key of ada is not 64"),
        (f"[[approver]]\nname='a'\npublic_key='{KEY}'\n" * 2, "two approvers have one name"),
        ("[[freeze]]\nfrom = 2026-12-24T00:00:00\nto = 2026-12-25T00:00:00", "without a zone"),
        ("[[freeze]]\nfrom = 2026-12-24T00:00:00Z\nto = 2026-12-23T00:00:00Z", "before it starts"),
        ("[quiet_hours]\nfrom = 08:00:00\nto = 08:00:00", "begin and end at the same time"),
        ("[apply]\nerror_rate = 2", "error_rate is 2"),
    ],
)
def test_wrong_policy_is_told_with_its_file(text, told):
    with pytest.raises(PolicyError, match=r"cal_policy\.toml") as caught:
        read_policy(text.encode(), "cal_policy.toml")

    assert told in str(caught.value)
    assert "--policy" in str(caught.value)


def test_missing_policy_is_an_error_and_not_a_free_hand(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "cal_policy.toml")


def test_maximum_of_changes_blocks():
    policy = policy_with(limits={"maximum_changes": 2})

    assert names(policy, [cancel(1), cancel(2)]) == []
    assert names(policy, [cancel(1), cancel(2), cancel(3)]) == ["maximum_changes"]


def test_share_of_future_bookings_blocks_and_fails_closed():
    policy = policy_with(limits={"maximum_share_of_future_bookings": 0.1})
    changes = [cancel(1, is_future=True), cancel(2, is_future=True)]
    guard = ["maximum_share_of_future_bookings"]

    assert names(policy, changes, future_bookings=20) == []
    assert names(policy, changes, future_bookings=19) == guard
    assert names(policy, changes, future_bookings=0) == guard
    assert names(policy, changes) == guard
    assert names(policy, [cancel(1)]) == []
    assert names(policy, [cancel(1, is_future=True, booking_uid="")]) == []


@pytest.mark.parametrize(
    ("limit", "changes"),
    [
        ("per_host", [cancel(n, attendee=f"a{n}@example.com") for n in range(3)]),
        ("per_attendee", [cancel(n, host=f"h{n}@example.com") for n in range(3)]),
        ("per_day", [cancel(n) for n in range(3)]),
    ],
    ids=["host", "attendee", "day"],
)
def test_cap_blocks_and_names_its_changes_without_the_address(limit, changes):
    policy = policy_with(limits={limit: 2})

    (breach,) = breaches(policy, changes, Facts())

    assert breach.guard == limit
    assert len(breach.change_ids) == 3
    assert "a0@example.com" not in breach.message
    assert names(policy, changes[:2]) == []


@pytest.mark.parametrize(
    "protected",
    [
        {"event_types": (5001,)},
        {"hosts": ("host@example.com",)},
        {"attendees": ("ada@example.com",)},
        {"domains": ("example.com",)},
    ],
    ids=lambda value: next(iter(value)),
)
def test_protected_is_never_touched(protected):
    policy = policy_with()
    policy = replace(policy, protected=replace(policy.protected, **protected))
    change = cancel(1, event_type_id=5001, host="Host@Example.com", attendee="Ada@Example.com")

    (breach,) = breaches(policy, [change, change_of()], Facts())

    assert (breach.guard, breach.change_ids) == ("protected", (change.id,))


def test_protected_event_type_is_found_in_a_target_too():
    policy = policy_with()
    policy = replace(policy, protected=replace(policy.protected, event_types=(5001,)))

    assert built(new_sandbox(), edit(), policy=policy).plan.breaches[0].guard == "protected"
    assert built(new_sandbox(), edit(5002), policy=policy).plan.breaches == ()


@pytest.mark.parametrize("flag", [Flag.IRREVERSIBLE, Flag.CASCADING, Flag.PAID, Flag.ACCOUNT])
def test_flagged_action_is_off_until_named(flag):
    change = replace(cancel(1), flags=(flag,))
    named = policy_with(allowed={flag: frozenset({change.action})})

    assert names(policy_with(), [change]) == [f"allow.{flag}"]
    assert names(named, [change]) == []


def test_flagged_plan_needs_two_approvals():
    plain, flagged = plan_of(cancel(1)), plan_of(replace(cancel(1), flags=(Flag.PAID,)))

    assert required_approvals(policy_with(), plain) == 1
    assert required_approvals(policy_with(), flagged) == 2
    assert required_approvals(policy_with(two_approvals_for=frozenset()), flagged) == 1
    assert required_approvals(policy_with(approvals_required=3), flagged) == 3


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("Europe/Berlin", "2026-11-22T19:59", None),
        ("Europe/Berlin", "2026-11-22T20:00", "2026-11-23T07:00"),
        ("Europe/Berlin", "2026-11-23T06:59", "2026-11-23T07:00"),
        ("Europe/Berlin", "2026-11-23T07:00", None),
        ("America/New_York", "2026-11-22T20:00", None),
        ("Asia/Tokyo", "2026-11-22T12:00", "2026-11-22T23:00"),
        ("", "2026-11-22T21:00", "2026-11-23T08:00"),
        ("No/Where", "2026-11-22T20:59", None),
        ("Europe/Berlin", "2027-03-27T23:00", "2027-03-28T06:00"),
    ],
)
def test_quiet_hours_are_the_attendees_own(zone, now, until):
    policy = read_policy(b"[quiet_hours]\nfrom = 21:00:00\nto = 08:00:00\n", "p")
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)

    expected = until and datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert held_until(policy, cancel(1, time_zone=zone), at) == expected


def test_quiet_hours_within_a_day():
    policy = read_policy(b"[quiet_hours]\nfrom = 12:00:00\nto = 14:00:00\n", "p")

    noon = datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert held_until(policy, cancel(1), noon) == noon.replace(hour=14)
    assert held_until(policy, cancel(1), noon.replace(hour=15)) is None


def test_quiet_hours_hold_nothing_that_mails_no_attendee():
    policy = read_policy(b"[quiet_hours]\nfrom = 21:00:00\nto = 20:59:59\n", "p")

    assert held_until(policy, cancel(1), NOW) is not None
    assert held_until(policy, replace(cancel(1), effects=Effects()), NOW) is None


def test_freeze_holds_every_change_to_its_end():
    policy = read_policy(FULL.encode(), "p")
    start, end = datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 27, tzinfo=UTC)
    silent = replace(cancel(1), effects=Effects())

    assert held_until(policy, silent, start) == end
    assert held_until(policy, silent, end) is None
    assert held_until(policy, silent, start - timedelta(seconds=1)) is None


VIP_TEST = """
select p.change_id from ops.plan_people p join ops.plan_changes c
on p.plan_digest = c.plan_digest and p.change_id = c.change_id
where p.plan_digest = $plan and p.email = 'vip@example.com' and c.action like 'cancel%'
"""


def test_sql_test_over_the_plan_blocks_and_leaves_no_row(any_warehouse):
    policy = read_policy(f"[[test]]\nname='no VIP'\nsql='''{VIP_TEST}'''".encode(), "p")
    run = policy_tests(any_warehouse, policy)
    vip = cancel(2, attendee="vip@example.com")

    assert run([cancel(1)]) == ()
    (breach,) = run([cancel(1), vip])

    assert (breach.guard, breach.change_ids) == ("test: no VIP", (vip.id,))
    assert any_warehouse.scalar("select count(*) from ops.plan_changes") == 0
    assert any_warehouse.scalar("select count(*) from ops.plan_people") == 0


def test_breach_of_a_test_is_part_of_the_plan(any_warehouse):
    policy = read_policy(b"[[test]]\nname='never'\nsql='select 1 as one'", "p")

    plan = built(
        new_sandbox(), edit(), policy=policy, tests=policy_tests(any_warehouse, policy)
    ).plan

    assert plan.breaches[0].guard == "test: never"
    assert "returned 1 rows" in plan.breaches[0].message


def test_shipped_policy_names_every_setting_and_can_be_used(any_warehouse):
    path = Path(pipelines.reverse_sync.__file__).parent / "examples" / DEFAULT_POLICY_FILE
    policy = load_policy(path)
    text = path.read_text()

    for table in _Table.__subclasses__():
        for name in table.__struct_encode_fields__:
            assert name in text
    assert policy_tests(any_warehouse, policy)([cancel(1)]) == ()
    vip = cancel(2, attendee="boss@vip.example")
    assert policy_tests(any_warehouse, policy)([vip])[0].change_ids == (vip.id,)
