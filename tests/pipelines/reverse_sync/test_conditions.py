"""Conditions over images: what holds, what does not, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.reverse_sync.conditions import failures, gained, hold
from pipelines.reverse_sync.plan import Condition, Rule, content_digest, fingerprint

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
IMAGE = {
    "status": "accepted",
    "start": "2026-11-30T09:00:00.000Z",
    "end": "2026-11-22T09:00:00.000Z",
    "attendees": [{"email": "ada@example.com", "absent": False}],
    "ids": [1, 2],
    "secret": fingerprint("new"),
    "hosts": [{"userId": 7, "name": "Ada"}],
}
CASES = [
    ("status", Rule.IS, "accepted", "pending"),
    ("status", Rule.ONE_OF, ["accepted", "pending"], ["cancelled"]),
    ("start", Rule.MATCHES, "2026-11-30T10:00:00+01:00", "2026-11-30T10:00:00Z"),
    ("start", Rule.FUTURE, None, ...),
    ("end", Rule.PAST, None, ...),
    ("attendees", Rule.CONTAINS, [{"email": "ada@example.com"}], [{"email": "Ada@example.com"}]),
    ("attendees", Rule.LACKS, [{"email": "bob@example.com"}], [{"absent": False}]),
    ("ids", Rule.GAINED, [1], [1, 2]),
    ("ids", Rule.GAINED, [2], []),
    ("hosts", Rule.MATCHES, [{"userId": 7}], [{"userId": 7}, {"userId": 8}]),
    ("secret", Rule.IS, "secret:NEW", "secret:OLD"),
    ("ids", Rule.UNCHANGED, content_digest([1, 2]), content_digest([2, 1])),
    ("", Rule.UNCHANGED, content_digest(IMAGE), content_digest({})),
]


def secret(name):
    return {"NEW": "new", "OLD": "old"}[name]


def failing(*conditions, image=IMAGE):
    return failures(conditions, image, now=NOW, secret=secret)


@pytest.mark.parametrize(("field", "rule", "good", "bad"), CASES, ids=str)
def test_rule_holds_for_what_is_so_and_not_for_what_is_not(field, rule, good, bad):
    assert failing(Condition(field=field, rule=rule, value=good)) == ()
    if bad is not ...:
        assert len(failing(Condition(field=field, rule=rule, value=bad))) == 1
    if rule is not Rule.ABSENT:
        assert failing(Condition(field=field, rule=rule, value=good), image=None) == (
            "the object is not there",
        )


@pytest.mark.parametrize("rule", [Rule.FUTURE, Rule.PAST])
def test_instant_rule_fails_without_an_instant(rule):
    assert failing(Condition(field="ids", rule=rule)) != ()


def test_presence_and_absence():
    assert failing(Condition(rule=Rule.PRESENT)) == ()
    assert failing(Condition(rule=Rule.ABSENT), image=None) == ()
    assert failing(Condition(rule=Rule.ABSENT)) == ("the object is there",)
    assert failing(Condition(rule=Rule.PRESENT), image=None) == ("the object is not there",)


def test_failures_show_no_value():
    told = failing(
        Condition(field="attendees", rule=Rule.UNCHANGED, value="x"),
        Condition(field="status", rule=Rule.IS, value="pending"),
        Condition(field="start", rule=Rule.PAST),
        Condition(rule=Rule.UNCHANGED, value="x"),
    )

    assert told == (
        "attendees was changed",
        "status is another value",
        "start is not as it must be (in the past)",
        "the object was changed",
    )


def test_no_conditions_hold_nothing():
    assert not hold((), IMAGE, now=NOW, secret=secret)


def test_gain_is_the_one_new_entry_and_nothing_where_there_are_two():
    assert gained(Condition(field="ids", rule=Rule.GAINED, value=[1]), IMAGE) == 2
    assert gained(Condition(field="ids", rule=Rule.GAINED, value=[]), IMAGE) is None
    assert gained(Condition(field="ids", rule=Rule.GAINED, value=[]), None) is None


def test_instant_without_a_zone_is_utc():
    condition = Condition(field="at", rule=Rule.MATCHES, value="2026-11-30T09:00:00")

    assert failing(condition, image={"at": "2026-11-30T09:00:00.000Z"}) == ()
    assert failing(condition, image={"at": "no Time"}) != ()
