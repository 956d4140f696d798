"""One bit is changed in what was approved, in the approval, or in the policy: nothing is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.reverse_sync.apply import ApplyOptions, apply_plan
from pipelines.reverse_sync.approval import decode_statement, encode_statement
from pipelines.reverse_sync.errors import ApprovalRefusedError, ReverseSyncError
from pipelines.reverse_sync.plan import decode_plan, encode_plan
from pipelines.reverse_sync.policy import read_policy
from pipelines.warehouse import Warehouse
from tests.pipelines.reverse_sync.approved import ADA, approval_of, policy_of
from tests.pipelines.reverse_sync.lab import Lab, cancel

POLICY = f"""
[limits]
maximum_share_of_future_bookings = 1.0
[allow]
irreversible = ["cancel_booking_via_uid"]
[approval]
two_for = []
[[approver]]
name = "{ADA}"
public_key = "{policy_of(ADA).approvers[0].public_key}"
"""


class Approved:
    """A plan that is ready to be applied, as the bytes of its three files."""

    def __init__(self, location):
        self.lab = Lab(Warehouse.open(location))
        self.uid = self.lab.bookings(1)[0]
        self.lab.policy = read_policy(POLICY.encode(), "cal_policy.toml")
        plan = self.lab.plan(cancel(self.uid))
        self.files = {
            "plan": encode_plan(plan),
            "approval": encode_statement(approval_of(plan)),
            "policy": POLICY.encode(),
        }

    def apply(self, **options):
        """Apply the files as they are now."""
        around = self.lab.surroundings(
            policy=read_policy(self.files["policy"], "cal_policy.toml"),
            statements=lambda: [decode_statement(self.files["approval"], "approval.json")],
        )
        plan = decode_plan(self.files["plan"], "plan.json")
        return apply_plan(plan, around, ApplyOptions(**options))


@pytest.fixture(scope="module")
def approved(tmp_path_factory):
    approved = Approved(str(tmp_path_factory.mktemp("mutated") / "cal.duckdb"))
    with approved.lab.warehouse:
        yield approved
        # Nothing of all that was refused for another reason: as it was, it is applied.
        assert approved.apply().is_success
        assert len(approved.lab.writes()) == 1


@settings(max_examples=150)
@given(
    name=st.sampled_from(["plan", "approval", "policy"]),
    share=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
    canary=st.sampled_from([None, 0]),
)
def test_one_flipped_bit_lets_no_write_through(approved, name, share, bit, canary):
    whole = approved.files[name]
    changed = bytearray(whole)
    changed[int(share * len(whole))] ^= 1 << bit
    approved.files[name] = bytes(changed)

    try:
        with pytest.raises(ReverseSyncError):
            approved.apply(canary=canary)
    finally:
        approved.files[name] = whole

    assert approved.lab.writes() == []


@given(hours=st.integers(-200, 200).filter(lambda hours: not -1 <= hours < 23))
def test_no_other_time_lets_a_write_through(approved, hours):
    now = approved.lab.now
    approved.lab.now = now + timedelta(hours=hours)

    try:
        with pytest.raises(ApprovalRefusedError):
            approved.apply()
    finally:
        approved.lab.now = now

    assert approved.lab.writes() == []
