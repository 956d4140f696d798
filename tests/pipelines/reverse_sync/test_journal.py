"""The journal: append-only, chained, and what it says about each change of a plan."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import LeaseLost
from pipelines.lease import writing
from pipelines.reverse_sync.anchor import Anchor, anchor_of
from pipelines.reverse_sync.errors import JournalError
from pipelines.reverse_sync.journal import Journal, Step, check_chain, progress
from pipelines.reverse_sync.outcome import Outcome

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
ANSWER = {"attempt": 1, "claim": {"outcome": "done", "request_id": "r1"}, "result": {"id": 7}}


def ticking():
    ticks = itertools.count()
    return lambda: START + timedelta(seconds=next(ticks), microseconds=17)


@pytest.fixture
def journal(warehouse):
    return Journal(warehouse, clock=ticking())


@pytest.fixture
def filled(journal):
    for number in range(6):
        journal.append("p" * 64, f"c{number}", Step.SETTLED, {"outcome": "done", "number": number})
    return journal


def test_journal_numbers_and_chains_its_rows(any_warehouse):
    filled = Journal(any_warehouse, clock=ticking())
    for number in range(6):
        filled.append("p" * 64, f"c{number}", Step.SETTLED, {"outcome": "done", "number": number})
    entries = filled.entries()

    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert entries[0].previous_hash == ""
    assert [e.previous_hash for e in entries[1:]] == [e.hash for e in entries[:-1]]
    assert entries[2].details == {"outcome": "done", "number": 2}
    assert filled.check() == 6


def test_journal_of_nothing_is_intact(journal):
    assert journal.last() is None
    assert journal.check() == 0


def test_journal_gives_the_rows_of_one_plan(filled):
    filled.append("q" * 64, "", Step.STARTED, {})

    assert [entry.step for entry in filled.entries("q" * 64)] == [Step.STARTED]


TAMPERED = {
    "content changed": ("update ops.reverse_journal set content = '{}' where sequence = 3", 3),
    "step changed": ("update ops.reverse_journal set step = 'intent' where sequence = 3", 3),
    "time changed": (
        (
            "update ops.reverse_journal set written_at = written_at + interval 1 second "
            "where sequence = 6"
        ),
        6,
    ),
    "change renamed": ("update ops.reverse_journal set change_id = 'c9' where sequence = 1", 1),
    "plan renamed": ("update ops.reverse_journal set plan_digest = '' where sequence = 2", 2),
    "row removed": ("delete from ops.reverse_journal where sequence = 4", 4),
    "first row removed": ("delete from ops.reverse_journal where sequence = 1", 1),
    "row moved": ("update ops.reverse_journal set sequence = 9 where sequence = 6", 6),
    "hash changed": ("update ops.reverse_journal set hash = 'x' where sequence = 5", 5),
    "link changed": ("update ops.reverse_journal set previous_hash = '' where sequence = 5", 5),
    "row repeated": (
        "insert into ops.reverse_journal select * from ops.reverse_journal where sequence = 2",
        3,
    ),
}


@pytest.mark.parametrize(("sql", "row"), TAMPERED.values(), ids=TAMPERED)
def test_journal_names_the_first_row_that_was_tampered_with(warehouse, filled, sql, row):
    warehouse.execute(sql)

    with pytest.raises(JournalError) as found:
        filled.check()
    assert found.value.sequence == row
    assert "restore it from a backup" in str(found.value)


def test_rows_cut_off_at_the_end_show_by_the_anchor(warehouse, tmp_path):
    anchor = Anchor(tmp_path / "state" / "head.json")
    journal = Journal(warehouse, clock=ticking(), anchor=anchor)
    for number in range(3):
        journal.append("p" * 64, f"c{number}", Step.INTENT, {"attempt": 1})
    warehouse.execute("delete from ops.reverse_journal where sequence = 3")

    check_chain(journal.entries())  # the chain alone cannot show it
    with pytest.raises(JournalError, match="rows were cut"):
        journal.check()


def test_rows_written_again_after_a_cut_show_by_the_anchor(warehouse, tmp_path):
    anchor = Anchor(tmp_path / "head.json")
    journal = Journal(warehouse, clock=ticking(), anchor=anchor)
    journal.append("p" * 64, "c1", Step.INTENT, {"attempt": 1})
    warehouse.execute("delete from ops.reverse_journal")
    Journal(warehouse, clock=ticking()).append("p" * 64, "c2", Step.INTENT, {"attempt": 1})

    with pytest.raises(JournalError, match="not the ones"):
        journal.check()


def test_anchor_that_is_behind_the_journal_is_fine(warehouse, tmp_path):
    anchor = Anchor(tmp_path / "head.json")
    Journal(warehouse, clock=ticking(), anchor=anchor).append(
        "p", "c1", Step.INTENT, {"attempt": 1}
    )
    Journal(warehouse, clock=ticking()).append("p", "c2", Step.INTENT, {"attempt": 1})

    assert Journal(warehouse, clock=ticking(), anchor=anchor).check() == 2


def test_damaged_anchor_is_told(warehouse, tmp_path):
    anchor = Anchor(tmp_path / "head.json")
    anchor.path.write_text("[1")

    with pytest.raises(JournalError, match="damaged"):
        Journal(warehouse, clock=ticking(), anchor=anchor).check()


def test_anchor_is_one_file_for_each_warehouse(tmp_path):
    one, two = (anchor_of(str(tmp_path / name), tmp_path).path for name in ("a", "b"))

    assert one != two
    assert anchor_of(str(tmp_path / "x" / ".." / "a"), tmp_path).path == one
    assert anchor_of("postgresql://host/db", tmp_path).path.parent == tmp_path / "cal-warehouse"


def test_row_is_refused_when_another_process_has_the_lease(warehouse):
    journal = Journal(warehouse, clock=ticking())
    with writing(warehouse, "apply"):
        warehouse.execute("update ops.leases set fence_number = fence_number + 1")
        with pytest.raises(LeaseLost):
            journal.append("p" * 64, "c", Step.INTENT, {"attempt": 1})

    assert journal.last() is None


def known_after(journal, *steps):
    for step, content in steps:
        journal.append("p" * 64, "c", step, content)
    return progress(journal.entries("p" * 64))["c"]


def test_intent_without_an_answer_is_unknown_and_may_be_looked_up(journal):
    known = known_after(journal, (Step.INTENT, {"attempt": 1}))

    assert known.outcome is None
    assert known.claim.outcome is Outcome.UNKNOWN
    assert known.claim.may_repeat
    assert known.attempts == 1


def test_answer_without_an_outcome_keeps_claim_and_result(journal):
    known = known_after(journal, (Step.INTENT, {"attempt": 1}), (Step.ANSWER, ANSWER))

    assert known.outcome is None
    assert known.claim.outcome is Outcome.DONE
    assert known.claim.request_id == "r1"
    assert known.result == {"id": 7}


def test_settled_change_keeps_outcome_reason_and_result(journal):
    settled = {"outcome": "done", "reason": "", "result": {"id": 7}}
    known = known_after(
        journal, (Step.INTENT, {"attempt": 1}), (Step.ANSWER, ANSWER), (Step.SETTLED, settled)
    )

    assert (known.outcome, known.result, known.claim) == (Outcome.DONE, {"id": 7}, None)


def test_second_intent_opens_the_change_again(journal):
    known = known_after(
        journal,
        (Step.INTENT, {"attempt": 1}),
        (Step.ANSWER, ANSWER),
        (Step.INTENT, {"attempt": 2}),
    )

    assert (known.attempts, known.claim.outcome, known.result) == (2, Outcome.UNKNOWN, {})


@pytest.mark.parametrize(
    ("decision", "outcome"), [("applied", Outcome.DONE), ("not-applied", None)]
)
def test_decision_of_a_person_settles_or_reopens_an_unknown_change(journal, decision, outcome):
    known = known_after(
        journal,
        (Step.INTENT, {"attempt": 1}),
        (Step.SETTLED, {"outcome": "unknown", "reason": "no answer"}),
        (Step.DECIDED, {"decision": decision, "reason": "looked it up"}),
    )

    assert known.outcome is outcome
    assert known.claim is None


def test_steps_of_the_plan_as_a_whole_are_no_change(journal):
    journal.append("p" * 64, "", Step.STARTED, {})

    assert progress(journal.entries()) == {}
