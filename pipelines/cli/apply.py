"""`cal-warehouse apply`: carry out an approved plan, or go on with one that was begun."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cal_source.settings import resolve_settings
from pipelines.cli.plan import sending
from pipelines.cli.stored_plans import find_plan, open_journal
from pipelines.cli.writing import open_for_writing
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.reverse_sync.apply import (
    SUCCESSES,
    ApplyOptions,
    ApplyResult,
    ApplyState,
    Surroundings,
    apply_plan,
)
from pipelines.reverse_sync.journal import Decision, decide
from pipelines.reverse_sync.planning import account_of
from pipelines.reverse_sync.policy import load_policy
from pipelines.reverse_sync.references import secrets_of
from pipelines.reverse_sync.statements import read_statement_files
from pipelines.reverse_sync.store import write_plan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from pipelines.cli.output import Output
    from pipelines.reverse_sync.journal import Journal
    from pipelines.reverse_sync.plan import Plan


def run_apply(arguments: argparse.Namespace, output: Output) -> int:
    """Apply a plan and show what became of each change."""
    policy = load_policy(Path(arguments.policy))
    settings = resolve_settings({
        "base_url": arguments.base_url,
        "organization_id": arguments.org_id,
    })
    files = [Path(name) for name in arguments.approval]
    read_statement_files(files)  # faults are told before anything is opened
    with (
        sending(settings) as (client, sender),
        open_for_writing(arguments, "apply", output, must_exist=True) as warehouse,
        _pausing() as should_pause,
    ):
        journal = open_journal(warehouse, _now)
        plan = find_plan(arguments.plan, warehouse)
        write_plan(warehouse, plan, _now())
        _decide(arguments, journal, plan)
        around = Surroundings(
            warehouse=warehouse,
            journal=journal,
            sender=sender,
            account=account_of(client, settings.organization_id),
            policy=policy,
            statements=lambda: read_statement_files(files),
            clock=_now,
            sleep=time.sleep,
            secret=secrets_of(os.environ),
            wait_seconds=lambda: client.limiter.seconds_until_free(priority=True),
        )
        options = ApplyOptions(
            targets=arguments.target,
            canary=arguments.canary,
            should_pause=should_pause,
            on_progress=partial(_show_state, output),
        )
        result = apply_plan(plan, around, options)
        from pipelines.cli.refreshing import refresh  # noqa: PLC0415 - loads dlt and Arrow, 60 MB

        refresh(result, warehouse, client, settings.organization_id, output)
    return _show(result, output)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _pausing() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and SIGTERM end the apply after the change in hand; a second one ends it at once.

    Yields:
        Tells whether that was asked for.
    """
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        asked.append(number)
        for one, handler in before.items():
            signal.signal(one, handler)

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    for one in before:
        signal.signal(one, ask)
    try:
        yield lambda: bool(asked)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _decide(arguments: argparse.Namespace, journal: Journal, plan: Plan) -> None:
    for change_id, decision in arguments.decide:
        decide(journal, plan, change_id, Decision(decision), arguments.reason)


def _show_state(output: Output, state: ApplyState) -> None:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in state.outcomes.items())
    left = f"{state.seconds_left / 60:.0f} min left" if state.seconds_left else "done"
    output.say(f"{state.settled:,} of {state.total:,}: {counts}; {left}")


def _show(result: ApplyResult, output: Output) -> int:
    """Show what became of the changes, and return the exit code."""
    rows = [
        (one.change.id, one.change.action, str(one.outcome or "open"), one.reason or _held(one))
        for one in result.changes
        if one.outcome not in SUCCESSES
    ]
    if rows:
        output.table("Not done", ("change", "action", "outcome", "why"), rows)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in result.outcomes.items())
    output.say(f"Plan {result.plan_digest[:12]}: {counts}.")
    if result.stopped:
        output.warn(f"Stopped: {result.stopped}")
    code = _exit_code(result)
    output.result(apply_json(result, code))
    return code


def _held(one: Any) -> str:
    return f"held until {one.held_until:%Y-%m-%d %H:%M} UTC" if one.held_until else ""


def _exit_code(result: ApplyResult) -> ExitCode:
    if result.error is not None:
        return exit_code_of(result.error)
    return ExitCode.DONE if result.is_success else ExitCode.INCOMPLETE


def apply_json(result: ApplyResult, code: ExitCode) -> dict[str, Any]:
    """Return an apply's result as `--json` prints it."""
    return {
        "plan_digest": result.plan_digest,
        "exit_code": int(code),
        "outcomes": result.outcomes,
        "stopped": result.stopped,
        "approvers": result.approvers,
        "changes": [
            {
                "id": one.change.id,
                "action": one.change.action,
                "target": one.change.target,
                "outcome": str(one.outcome) if one.outcome else None,
                "reason": one.reason,
                "held_until": one.held_until,
                "result": one.result,
            }
            for one in result.changes
        ],
    }
