"""The journal `ops.reverse_journal`: what was intended, answered and found, in order.

It is written ahead: the intent of a change is committed before its request is sent, the answer
before the target is read again. It is only ever appended to, and every row holds the hash of the
row before it, so that a changed, removed or inserted row shows. `progress` folds the rows of a plan
into what is known of each change; a run that was killed goes on from there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipelines.reverse_sync.errors import DecisionRefusedError, JournalError
from pipelines.reverse_sync.outcome import Claim, Outcome
from pipelines.reverse_sync.plan import canonical, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipelines.reverse_sync.anchor import Anchor
    from pipelines.reverse_sync.plan import Plan
    from pipelines.warehouse import Warehouse

_NO_HASH: Final = ""
_COLUMNS: Final = "sequence, written_at, plan_digest, change_id, step, content, previous_hash, hash"


class Step(StrEnum):
    """What a row of the journal records."""

    APPROVED = "approved"  # a signed approval was stored
    REVOKED = "revoked"  # a signed revocation was stored
    STARTED = "started"  # an apply began, with these approvals
    INTENT = "intent"  # the request is about to be sent
    ANSWER = "answer"  # what Cal.com answered
    SETTLED = "settled"  # what became of the change
    DECIDED = "decided"  # a person looked and said what became of it
    STOPPED = "stopped"  # the apply ended before all changes were settled
    FINISHED = "finished"  # every change is settled


class Decision(StrEnum):
    """What a person found out about a change whose outcome was unknown."""

    APPLIED = "applied"
    NOT_APPLIED = "not-applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the journal.

    Attributes:
        sequence: Its number, from 1, without a gap.
        written_at: When, UTC.
        plan_digest: The plan.
        change_id: The change; empty for steps of the plan as a whole.
        step: What happened.
        content: Details as canonical JSON, without secrets.
        previous_hash: Hash of the row before; empty for the first.
        hash: SHA-256 over all of the above.
    """

    sequence: int
    written_at: datetime
    plan_digest: str
    change_id: str
    step: Step
    content: str
    previous_hash: str
    hash: str = ""

    def sealed(self) -> Entry:
        """Return this row with the hash that belongs to it."""
        return replace(self, hash=hash_of(self))

    @property
    def details(self) -> dict[str, Any]:
        """The content, decoded."""
        return dict(msgspec.json.decode(self.content))


def hash_of(entry: Entry) -> str:
    """Return the SHA-256 of a row and the hash before it, in hexadecimal."""
    written_at = entry.written_at.astimezone(UTC).isoformat(timespec="microseconds")
    sealed = [
        entry.sequence,
        written_at,
        entry.plan_digest,
        entry.change_id,
        entry.step,
        entry.content,
        entry.previous_hash,
    ]
    return hashlib.sha256(canonical(sealed)).hexdigest()


class Journal:
    """The journal of one warehouse.

    Args:
        warehouse: An open warehouse.
        clock: The present instant, UTC.
        anchor: Keeps the newest row's hash outside the warehouse; None for no such protection.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        *,
        clock: Callable[[], datetime],
        anchor: Anchor | None = None,
    ) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._anchor = anchor

    def append(
        self, plan_digest: str, change_id: str, step: Step, content: Mapping[str, Any]
    ) -> Entry:
        """Commit one row and return it; when this returns, it survives a crash.

        Raises:
            LeaseLost: Another process writes this warehouse now; the row is not there.
        """
        with self._warehouse.transaction():
            last = self.last()
            entry = Entry(
                sequence=last.sequence + 1 if last else 1,
                written_at=self._clock(),
                plan_digest=plan_digest,
                change_id=change_id,
                step=step,
                content=canonical(dict(content)).decode(),
                previous_hash=last.hash if last else _NO_HASH,
            ).sealed()
            self._insert(entry)
        if self._anchor is not None:
            self._anchor.move(entry.sequence, entry.hash)
        return entry

    def last(self) -> Entry | None:
        """Return the newest row; None of an empty journal."""
        rows = self._entries("order by sequence desc limit 1")
        return rows[0] if rows else None

    def entries(self, plan_digest: str | None = None) -> list[Entry]:
        """Return the rows of one plan, or of all, oldest first."""
        if plan_digest is None:
            return self._entries("order by sequence")
        return self._entries("where plan_digest = $plan order by sequence", {"plan": plan_digest})

    def is_finished(self, plan_digest: str) -> bool:
        """Return whether a plan was applied to the end."""
        return finished_at(self.entries(plan_digest)) is not None

    def check(self) -> int:
        """Return how many rows there are, all of them intact.

        Raises:
            JournalError: A row was changed, removed or inserted; names the first one at fault.
        """
        entries = self.entries()
        check_chain(entries)
        if self._anchor is not None:
            self._anchor.check({entry.sequence: entry.hash for entry in entries})
        return len(entries)

    def _entries(self, rest: str, parameters: Mapping[str, Any] | None = None) -> list[Entry]:
        rows = self._warehouse.rows(
            f"select {_COLUMNS} from ops.reverse_journal {rest}",
            parameters,
        )
        return [Entry(**row | {"step": Step(row["step"])}) for row in rows]

    def _insert(self, entry: Entry) -> None:
        self._warehouse.execute(
            f"insert into ops.reverse_journal ({_COLUMNS}) values ($sequence, $written_at, "
            "$plan_digest, $change_id, $step, $content, $previous_hash, $hash)",
            {name: getattr(entry, name) for name in _COLUMNS.split(", ")}
            | {"step": str(entry.step)},
        )


def check_chain(entries: Iterable[Entry]) -> None:
    """Check that rows follow each other without a gap and that each has the hash it must have.

    Raises:
        JournalError: The first row at fault.
    """
    previous = _NO_HASH
    for number, entry in enumerate(entries, start=1):
        if entry.sequence != number:
            raise JournalError(number, f"is missing: the next one is number {entry.sequence}")
        if entry.previous_hash != previous:
            raise JournalError(number, "does not follow the one before it")
        if entry.hash != hash_of(entry):
            raise JournalError(number, "was changed after it was written")
        previous = entry.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the journal knows of one change.

    Attributes:
        attempts: How often its request was intended to be sent.
        claim: What the last request brought; None where none was intended since the change was
            last settled or decided. Of an intent without an answer it is unknown.
        outcome: What became of it; None while that is open.
        reason: Why, in words; empty for a success.
        result: Ids that Cal.com gave to what it made.
        is_proved_undone: Whether the outcome is unknown in so far as the request failed, while a
            read showed that nothing had changed.
    """

    attempts: int = 0
    claim: Claim | None = None
    outcome: Outcome | None = None
    reason: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    is_proved_undone: bool = False


def progress(entries: Iterable[Entry]) -> dict[str, Progress]:
    """Return what the rows of one plan say about each of its changes, by change id."""
    found: dict[str, Progress] = {}
    for entry in entries:
        if entry.change_id:
            known = found.get(entry.change_id, Progress())
            found[entry.change_id] = _after(known, entry.step, entry.details)
    return found


def _after(known: Progress, step: Step, details: Mapping[str, Any]) -> Progress:
    if step is Step.INTENT:
        claim = Claim(outcome=Outcome.UNKNOWN, reason="no answer was recorded", may_repeat=True)
        return Progress(attempts=details["attempt"], claim=claim)
    if step is Step.ANSWER:
        return replace(
            known,
            claim=msgspec.convert(details["claim"], Claim),
            result=details.get("result") or {},
        )
    if step is Step.SETTLED:
        return Progress(
            attempts=known.attempts,
            outcome=Outcome(details["outcome"]),
            reason=details.get("reason", ""),
            result=details.get("result") or {},
            is_proved_undone=details.get("is_proved_undone", False),
        )
    if step is Step.DECIDED:
        is_applied = details["decision"] == Decision.APPLIED
        return Progress(
            attempts=known.attempts,
            outcome=Outcome.DONE if is_applied else None,
            reason=details.get("reason", "") if is_applied else "",
            result=known.result,
        )
    return known


def finished_at(entries: Iterable[Entry]) -> datetime | None:
    """Return when a plan was applied to the end; None where it was not, or a person reopened it."""
    steps = [entry for entry in entries if entry.step in {Step.FINISHED, Step.DECIDED}]
    return steps[-1].written_at if steps and steps[-1].step is Step.FINISHED else None


def decide(journal: Journal, plan: Plan, change_id: str, decision: Decision, reason: str) -> None:
    """Note what a person found out about a change whose outcome is unknown; sends nothing.

    Args:
        journal: The warehouse's journal.
        plan: The plan.
        change_id: The change.
        decision: Whether it was applied. One that was not is sent by the next apply.
        reason: How they know.

    Raises:
        DecisionRefusedError: There is no such change, or its outcome is known.
    """
    digest = digest_of(plan)
    if all(change.id != change_id for change in plan):
        raise DecisionRefusedError(change_id, f"there is no change '{change_id}' in this plan")
    known = progress(journal.entries(digest)).get(change_id, Progress())
    if known.outcome is not Outcome.UNKNOWN:
        found = known.outcome or "open; run 'cal-warehouse apply' again"
        raise DecisionRefusedError(change_id, f"the change is {found}")
    journal.append(digest, change_id, Step.DECIDED, {"decision": decision, "reason": reason})
