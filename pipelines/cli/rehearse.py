"""`cal-warehouse rehearse`: a plan applied to the warehouse's state in the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.cli.stored_plans import find_plan
from pipelines.exit_codes import ExitCode
from pipelines.reverse_sync.policy import load_policy
from pipelines.reverse_sync.rehearse import Rehearsal, rehearse
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def run_rehearse(arguments: argparse.Namespace, output: Output) -> int:
    """Rehearse a plan and show what it would change, mail and send."""
    policy = load_policy(Path(arguments.policy))
    with Warehouse.open(arguments.warehouse, read_only=True) as warehouse:
        plan = find_plan(arguments.plan, warehouse)
        rehearsal = rehearse(plan, policy, warehouse, datetime.now(UTC))
    _show(rehearsal, output)
    output.result(rehearsal_json(rehearsal))
    return ExitCode.DONE if rehearsal.is_success else ExitCode.INCOMPLETE


def _show(rehearsal: Rehearsal, output: Output) -> None:
    rows = [
        (one.result.change.id, one.result.change.action, str(one.result.outcome or "open"), change)
        for one in rehearsal.changes
        for change in _changes(one.differences) or [one.result.reason]
    ]
    output.table("Changes in the sandbox", ("change", "action", "outcome", "difference"), rows)
    for title, columns, found in (
        ("Mails", ("kind", "to", "number"), rehearsal.mails),
        ("Webhooks", ("trigger", "subscriber", "number"), rehearsal.webhooks),
    ):
        output.table(title, columns, [(*one, count) for one, count in sorted(found.items())])
    for kind, to in rehearsal.mails_not_foretold:
        output.warn(f"The plan does not foretell this mail: {kind} to {to}.")
    for kind, to in rehearsal.mails_not_sent:
        output.warn(f"The plan foretells a mail that was not sent: {kind} to {to}.")
    output.say("Nothing was changed at Cal.com.")


def _changes(differences: tuple[tuple[str, Any, Any], ...]) -> list[str]:
    return [f"{name}: {_text(before)} → {_text(after)}" for name, before, after in differences]


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def rehearsal_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return a rehearsal as `--json` prints it."""
    return {
        "plan_digest": rehearsal.plan_digest,
        "changes": [
            {
                "id": one.result.change.id,
                "action": one.result.change.action,
                "outcome": str(one.result.outcome) if one.result.outcome else None,
                "reason": one.result.reason,
                "differences": one.differences,
            }
            for one in rehearsal.changes
        ],
        "mails": [(*one, count) for one, count in sorted(rehearsal.mails.items())],
        "webhooks": [(*one, count) for one, count in sorted(rehearsal.webhooks.items())],
        "mails_not_foretold": rehearsal.mails_not_foretold,
        "mails_not_sent": rehearsal.mails_not_sent,
    }
