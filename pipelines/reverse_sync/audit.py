"""Who changed what at Cal.com through this program, why, who approved it, and what became of it."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipelines.reverse_sync.journal import Entry, Journal, Progress, Step, progress
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.store import read_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.reverse_sync.plan import Change, Plan
    from pipelines.warehouse import Warehouse

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One change of an applied plan, with everybody who had a part in it.

    Attributes:
        changed_at: When its request was sent, or it was settled without one, UTC; None where it
            is still open.
        action: Key of the write.
        booking_uid: The booking; empty where it is about something else.
        target: Path values.
        outcome: done, already done, refused, conflict, unknown or open.
        why: The requester's reason.
        explanation: Why it did not get done; empty for a success.
        requested_by: Who asked for it.
        author: Who made the plan.
        approved_by: Who approved it, separated by commas.
        source: Where the request stood.
        attempts: How often the request was sent.
        result: Ids that Cal.com gave to what was made.
        plan_digest: The plan.
        change_id: The change.
    """

    changed_at: datetime | None
    action: str
    booking_uid: str
    target: dict[str, Any]
    outcome: str
    why: str
    explanation: str
    requested_by: str
    author: str
    approved_by: str
    source: str
    attempts: int
    result: dict[str, Any]
    plan_digest: str
    change_id: str


def audit_plan(plan: Plan, entries: Sequence[Entry]) -> list[AuditRow]:
    """Return what became of each change of a plan, in the plan's order.

    Args:
        plan: The plan.
        entries: The journal's rows of this plan, oldest first.
    """
    digest = digest_of(plan)
    known, acts = progress(entries), _acts(entries)
    return [
        _row(plan, digest, change, known.get(change.id, Progress()), acts.get(change.id, _NO_ACT))
        for change in plan
    ]


def audit_booking(warehouse: Warehouse, journal: Journal, uid: str) -> list[AuditRow]:
    """Return every change of one booking, oldest first; of a moved booking also of its forerunners.

    Raises:
        PlanFileError: A stored plan is not what was stored.
    """
    rows: list[AuditRow] = []
    wanted, seen = [uid], set()
    while wanted:
        one = wanted.pop()
        seen.add(one)
        found = _rows_about(warehouse, journal, one)
        rows += [row for row in found if row not in rows]
        wanted += [row.booking_uid for row in found if row.booking_uid not in {"", *seen}]
    return sorted(rows, key=lambda row: (row.changed_at or _NEVER, row.change_id))


def _rows_about(warehouse: Warehouse, journal: Journal, uid: str) -> list[AuditRow]:
    """Return the changes that name a booking, and the one that made it."""
    plans = warehouse.rows(
        "select distinct plan_digest from ops.plan_changes where booking_uid = $uid "
        "union select distinct plan_digest from ops.reverse_journal "
        "where step = 'settled' and content like $made",
        {"uid": uid, "made": f'%"uid":{msgspec.json.encode(uid).decode()}%'},
    )
    audited = (
        row
        for plan in plans
        for row in audit_plan(
            read_plan(warehouse, plan["plan_digest"]), journal.entries(plan["plan_digest"])
        )
    )
    return [row for row in audited if uid in {row.booking_uid, row.result.get("uid")}]


@dataclass(frozen=True, slots=True)
class _Act:
    """When a change was last sent, or settled without that, and on whose approval."""

    at: datetime | None
    approvers: tuple[str, ...]
    is_sent: bool


_NO_ACT: Final = _Act(None, (), is_sent=False)


def _acts(entries: Iterable[Entry]) -> dict[str, _Act]:
    """Return the act of each change that has one, by change id."""
    found: dict[str, _Act] = {}
    approvers: tuple[str, ...] = ()
    for entry in entries:
        if entry.step is Step.STARTED:
            approvers = tuple(entry.details["approvers"])
        is_sent = entry.step is Step.INTENT
        was_sent = found.get(entry.change_id, _NO_ACT).is_sent
        if is_sent or (entry.step is Step.SETTLED and not was_sent):
            found[entry.change_id] = _Act(entry.written_at, approvers, is_sent)
    return found


def _row(plan: Plan, digest: str, change: Change, known: Progress, act: _Act) -> AuditRow:
    return AuditRow(
        changed_at=act.at,
        action=change.action,
        booking_uid=change.touched.booking_uid,
        target=change.target,
        outcome=str(known.outcome or "open"),
        why=change.reason or plan.reason,
        explanation=known.reason,
        requested_by=change.requested_by,
        author=plan.author,
        approved_by=", ".join(act.approvers),
        source=change.source,
        attempts=known.attempts,
        result=known.result,
        plan_digest=digest,
        change_id=change.id,
    )


def export_journal(entries: Iterable[Entry], form: str) -> str:
    """Return rows of the journal as text, so that somebody else can check the chain.

    Args:
        entries: The rows.
        form: csv or jsonl.
    """
    records = [asdict(entry) | {"step": str(entry.step)} for entry in entries]
    for record in records:
        record["written_at"] = record["written_at"].astimezone(UTC).isoformat()
    if form == "jsonl":
        return "".join(msgspec.json.encode(record).decode() + "\n" for record in records)
    text = io.StringIO()
    names = [field.name for field in fields(Entry)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()
