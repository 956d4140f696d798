"""A plan's canonical form, its digest, and what a file must be to be taken for one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reverse_sync.errors import PlanFileError
from pipelines.reverse_sync.plan import (
    canonical,
    canonical_parts,
    change_id,
    decode_plan,
    digest_of,
    encode_plan,
    fingerprint,
)
from tests.pipelines.reverse_sync.approved import change_of, plan_of

PLAN = plan_of(
    change_of(before={"status": "accepted", "attendees": [{"email": "ada@example.com"}]}),
    change_of("confirm_booking_by_uid", body=None),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_plan_comes_back_from_its_file():
    assert decode_plan(encode_plan(PLAN), "plan.json") == PLAN


@given(before=st.dictionaries(st.text(), VALUES, max_size=4), reason=st.text())
def test_any_plan_comes_back_from_its_file_with_its_digest(before, reason):
    plan = plan_of(change_of(before=before, reason=reason))

    back = decode_plan(encode_plan(plan), "plan.json")

    assert back == plan
    assert digest_of(back) == digest_of(plan)


def test_digest_is_that_of_the_whole_canonical_form():
    two = plan_of(change_of(), change_of(target={"bookingUid": "other"}))
    for plan in (PLAN, two, replace(PLAN, changes=()), replace(PLAN, reason='"changes":[]')):
        assert b"".join(canonical_parts(plan)) == canonical(plan)
        assert digest_of(plan) == hashlib.sha256(canonical(plan)).hexdigest()


def test_digest_does_not_depend_on_the_order_of_names():
    one = change_of(body={"start": "x", "reschedulingReason": "y"})
    other = change_of(body={"reschedulingReason": "y", "start": "x"})

    assert digest_of(plan_of(one)) == digest_of(plan_of(other))


@pytest.mark.parametrize(
    "changed",
    [
        {"author": "another@example.com"},
        {"reason": "another"},
        {"policy_digest": "e" * 64},
        {"undoes": "a" * 64},
        {"changes": PLAN.changes[::-1]},
        {"changes": PLAN.changes[:1]},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_digest_changes_with_every_part(changed):
    assert digest_of(replace(PLAN, **changed)) != digest_of(PLAN)


def test_one_flipped_byte_makes_another_plan_or_none():
    content = encode_plan(PLAN)
    rng = random.Random(1)
    for _ in range(400):
        at = rng.randrange(len(content))
        flipped = bytes([content[at] ^ (1 << rng.randrange(8))])
        try:
            plan = decode_plan(content[:at] + flipped + content[at + 1 :], "plan.json")
        except PlanFileError:
            continue
        assert digest_of(plan) != digest_of(PLAN)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda plan: msgspec.json.format(plan, indent=2), "was edited"),
        (lambda plan: plan + b" ", "was edited"),
        (lambda plan: plan.replace(b'"author"', b'"note":"x","author"'), "was edited"),
        (lambda plan: plan.replace(b'"format":2', b'"format":1'), "has format 1"),
        (lambda _: b"{}", "is no plan of this version"),
        (lambda _: b"\xff", "is no plan of this version"),
    ],
    ids=["indented", "space", "further field", "other version", "empty", "binary"],
)
def test_file_that_is_not_the_plan_to_the_byte_is_refused(edit, told):
    with pytest.raises(PlanFileError, match=rf"review/plan\.json {told}.*Make the plan again"):
        decode_plan(edit(encode_plan(PLAN)), "review/plan.json")


def test_same_request_has_the_same_id_and_a_name_tells_two_apart():
    def made(name=""):
        return change_id("a", {"x": 1}, {}, {"b": [1]}, name)

    assert made() == made()
    assert made("first") != made("second")
    assert len(made()) == 16


def test_fingerprint_shows_nothing_of_a_secret():
    assert fingerprint("whsec") == fingerprint("whsec")
    assert "whsec" not in fingerprint("whsec")
    assert canonical(fingerprint("a")) != canonical(fingerprint("b"))
