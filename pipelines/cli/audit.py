"""`cal-warehouse audit`: who changed what and why, and whether the journal is as it was written."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.stored_plans import find_plan, open_journal
from pipelines.errors import UsageError
from pipelines.exit_codes import ExitCode
from pipelines.reverse_sync.audit import AuditRow, audit_booking, audit_plan, export_journal
from pipelines.reverse_sync.plan import digest_of
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipelines.cli.output import Output
    from pipelines.reverse_sync.journal import Journal

_FORMS = {".csv": "csv", ".jsonl": "jsonl"}


def run_audit(arguments: argparse.Namespace, output: Output) -> int:
    """Check the journal's chain, and show the changes of a booking or of a plan.

    Raises:
        UsageError: The export's ending says nothing.
    """
    target = Path(arguments.export) if arguments.export else None
    if target is not None and target.suffix not in _FORMS:
        msg = f"--export {target} ends in none of {', '.join(_FORMS)}. Give a name that does."
        raise UsageError(msg)
    with Warehouse.open(arguments.warehouse, read_only=True) as warehouse:
        journal = open_journal(warehouse, lambda: datetime.now(UTC))
        count = journal.check()
        rows = _rows(arguments, warehouse, journal)
        if target is not None:
            text = export_journal(journal.entries(), _FORMS[target.suffix])
            target.write_text(text, encoding="utf-8")
            output.say(f"Written: {target}")
    _show(rows, output)
    output.say(f"The journal is intact: {count:,} rows, each with the hash of the one before.")
    output.result({"journal_rows": count, "changes": [asdict(row) for row in rows]})
    return ExitCode.DONE


def _rows(arguments: argparse.Namespace, warehouse: Warehouse, journal: Journal) -> list[AuditRow]:
    if arguments.booking:
        return audit_booking(warehouse, journal, arguments.booking)
    if arguments.plan:
        plan = find_plan(arguments.plan, warehouse)
        return audit_plan(plan, journal.entries(digest_of(plan)))
    return []


def _show(rows: Sequence[AuditRow], output: Output) -> None:
    if not rows:
        return
    columns = ("when", "action", "booking", "outcome", "asked for by", "approved by", "why")
    shown = [
        (
            f"{row.changed_at:%Y-%m-%d %H:%M:%S}" if row.changed_at else None,
            row.action,
            row.booking_uid,
            row.outcome,
            row.requested_by or row.author,
            row.approved_by,
            "; ".join(filter(None, (row.why, row.explanation))),
        )
        for row in rows
    ]
    output.table("Changes", columns, shown)
