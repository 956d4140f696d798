"""The gate: without a valid approval of exactly this plan nothing passes, and it is told why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reverse_sync.approval import StatementKind
from pipelines.reverse_sync.errors import ApprovalRefusedError, PlanFileError
from pipelines.reverse_sync.gate import Gate
from pipelines.reverse_sync.plan import Breach, Flag, decode_plan, digest_of, encode_plan
from tests.pipelines.reverse_sync.approved import (
    ACCOUNT,
    ADA,
    GRACE,
    MAKER,
    NOW,
    approval_of,
    change_of,
    key_of,
    plan_of,
    policy_of,
    revocation_of,
)

PLAN = plan_of()
OTHER_PLAN = plan_of(reason="another reason")


def reasons(statements, plan=PLAN, policy=None, *, account=ACCOUNT, now=NOW, **more):
    """Return why the gate stays closed."""
    with pytest.raises(ApprovalRefusedError) as refused:
        Gate(plan, policy or policy_of(), account).check(statements, now=now, **more)
    assert "Nothing was sent" in str(refused.value)
    return "; ".join(refused.value.problems)


def test_gate_opens_for_a_valid_approval_until_it_expires():
    approval = approval_of(PLAN)

    leave = Gate(PLAN, policy_of(), ACCOUNT).check([approval], now=NOW)

    assert leave.plan_digest == digest_of(PLAN)
    assert leave.approvers == (ADA,)
    assert leave.approvals == (approval.id,)
    assert leave.valid_until == NOW + timedelta(hours=23)


HOUR = timedelta(hours=1)
REFUSED = {
    "nothing": ([], "0 of 1 approvals needed"),
    "another plan's": ([approval_of(OTHER_PLAN)], f"of another plan ({digest_of(OTHER_PLAN)[:12]}"),
    "expired": ([approval_of(PLAN, expires_at=NOW)], "expired at 2026-11-22 09:00"),
    "signed by another key": ([approval_of(PLAN, key=GRACE)], "not signed by a key that"),
    "of an unknown person": ([approval_of(PLAN, GRACE)], "not signed by a key that"),
    "in another's name": ([approval_of(PLAN, ADA, key=MAKER)], "not signed by a key that"),
    "revoked": ([approval_of(PLAN), revocation_of(PLAN)], "was revoked"),
    "revoked, listed first": ([revocation_of(PLAN), approval_of(PLAN)], "was revoked"),
    "a revocation alone": ([revocation_of(PLAN)], "0 of 1 approvals needed"),
    "without an end": ([approval_of(PLAN, expires_at=None)], "longer than the policy's 72"),
    "too long": ([approval_of(PLAN, expires_at=NOW + 72 * HOUR)], "longer than the policy's 72"),
    "from the future": (
        [approval_of(PLAN, signed_at=NOW + HOUR, expires_at=NOW + 2 * HOUR)],
        "in the future",
    ),
}


@pytest.mark.parametrize(("statements", "reason"), REFUSED.values(), ids=REFUSED)
def test_gate_stays_closed(statements, reason):
    assert reason in reasons(statements)


@pytest.mark.parametrize(
    "field", ["reason", "approver", "plan_digest", "expires_at", "signed_at", "kind"]
)
def test_gate_stays_closed_when_a_signed_statement_was_edited(field):
    approval = approval_of(OTHER_PLAN, GRACE, expires_at=NOW - HOUR / 2)
    edits = {
        "reason": "rewritten",
        "approver": ADA,
        "plan_digest": digest_of(PLAN),
        "expires_at": NOW + HOUR,
        "signed_at": NOW,
        "kind": StatementKind.REVOCATION,
    }
    edited = replace(approval, statement=replace(approval.statement, **{field: edits[field]}))

    reasons([edited])
    assert not edited.is_signed_by(key_of(GRACE).public_key().public_bytes_raw().hex())


def test_gate_stays_closed_for_a_plan_of_another_policy():
    approval = approval_of(PLAN)

    assert "policy file is not the one" in reasons([approval], policy=policy_of(digest="0" * 64))


def test_gate_stays_closed_for_another_account():
    found = reasons([approval_of(PLAN)], account=replace(ACCOUNT, user_id=7))

    assert "for user 1001" in found
    assert "of user 7" in found


def test_gate_stays_closed_for_another_server():
    other = replace(ACCOUNT, base_url="https://api.example.com")

    assert "https://api.example.com" in reasons([approval_of(PLAN)], account=other)


def test_gate_stays_closed_for_a_plan_that_breaks_a_guard_however_often_approved():
    plan = plan_of(breaches=(Breach(guard="maximum_changes", message="2 of 1"),))
    policy = policy_of(ADA, GRACE)

    found = reasons([approval_of(plan), approval_of(plan, GRACE)], plan, policy)

    assert "maximum_changes: 2 of 1" in found


def test_gate_stays_closed_when_the_clock_was_set_back_before_the_journal():
    approval = approval_of(PLAN)

    found = reasons([approval], now=NOW, last_seen=NOW + timedelta(hours=2))

    assert "the clock says 2026-11-22 09:00" in found


def test_gate_stays_closed_when_the_clock_was_set_back_to_an_expired_approval():
    approval = approval_of(PLAN, expires_at=NOW + HOUR)
    expired = NOW + 2 * HOUR

    assert "expired" in reasons([approval], now=expired)
    assert "the clock says" in reasons([approval], now=NOW, last_seen=expired)


def test_gate_stays_closed_when_a_revocation_was_deleted_from_the_warehouse():
    revocation = revocation_of(PLAN)

    assert "was removed" in reasons([approval_of(PLAN)], revoked={revocation.id})


@pytest.mark.parametrize(
    "plan",
    [plan_of(author=ADA), plan_of(author="ADA@example.com"), plan_of(change_of(requested_by=ADA))],
    ids=["author", "author in other letters", "requester"],
)
def test_gate_stays_closed_for_the_makers_own_approval(plan):
    assert "may not approve it" in reasons([approval_of(plan)], plan)


def test_gate_opens_for_the_authors_own_approval_where_the_policy_allows_it():
    plan = plan_of(author=ADA)

    leave = Gate(plan, policy_of(self_approval=True), ACCOUNT).check([approval_of(plan)], now=NOW)

    assert leave.approvers == (ADA,)


def test_gate_wants_two_people_for_a_flag_of_the_policy():
    plan = plan_of(change_of(flags=(Flag.IRREVERSIBLE,)))
    policy = policy_of(ADA, GRACE, two_approvals_for=frozenset({Flag.IRREVERSIBLE}))
    early = approval_of(plan, GRACE, expires_at=NOW + HOUR)
    twice = [approval_of(plan), approval_of(plan, reason="once more")]

    assert "1 of 2 approvals" in reasons(twice, plan, policy)
    leave = Gate(plan, policy, ACCOUNT).check([*twice, early], now=NOW)
    assert set(leave.approvers) == {ADA, GRACE}
    assert leave.valid_until == NOW + HOUR


def test_gate_counts_one_key_under_two_names_once():
    plan = PLAN
    ada = policy_of(ADA).approvers[0]
    policy = replace(
        policy_of(ADA), approvers=(ada, replace(ada, name=GRACE)), approvals_required=2
    )

    assert "1 of 2 approvals" in reasons(
        [approval_of(plan), approval_of(plan, GRACE, key=ADA)], plan, policy
    )


def test_gate_is_not_opened_by_a_policy_that_asks_for_no_approval():
    assert "0 of 1 approvals" in reasons([], policy=policy_of(approvals_required=0))


def test_approval_after_a_revocation_counts_again():
    later = approval_of(PLAN, signed_at=NOW - timedelta(minutes=10))
    statements = [approval_of(PLAN), revocation_of(PLAN), later]

    leave = Gate(PLAN, policy_of(), ACCOUNT).check(statements, now=NOW)

    assert leave.approvals == (later.id,)


def test_revocation_by_nobody_trusted_takes_nothing_back():
    statements = [approval_of(PLAN), revocation_of(PLAN, GRACE), revocation_of(OTHER_PLAN)]

    assert Gate(PLAN, policy_of(), ACCOUNT).check(statements, now=NOW).approvers == (ADA,)


def test_revocation_by_another_approver_closes_the_gate():
    policy = policy_of(ADA, GRACE)

    assert "was revoked" in reasons([approval_of(PLAN), revocation_of(PLAN, GRACE)], policy=policy)


@given(st.data())
def test_one_changed_byte_of_a_plan_file_is_another_plan_or_none(data):
    content = bytearray(encode_plan(PLAN))
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    content[place] = byte

    try:
        changed = decode_plan(bytes(content), "plan.json")
    except PlanFileError as error:
        assert error.source == "plan.json"  # noqa: PT017 - most changes give no plan at all
    else:
        assert "of another plan" in reasons([approval_of(PLAN)], changed)


@given(st.binary(min_size=64, max_size=64))
def test_random_bytes_are_no_signature(signature):
    forged = replace(approval_of(PLAN), signature=signature.hex())

    assert "not signed by a key" in reasons([forged])


@given(st.text(max_size=140))
def test_any_text_in_the_place_of_a_signature_is_refused(signature):
    forged = replace(approval_of(PLAN), signature=signature)

    assert "not signed by a key" in reasons([forged])
