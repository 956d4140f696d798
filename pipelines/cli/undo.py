"""`cal-warehouse undo`: a plan that takes back what an applied plan did; it needs approval too."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cal_source.settings import resolve_settings
from pipelines.cli.plan import check_outputs, keep, sending, show_plan
from pipelines.cli.stored_plans import find_plan, open_journal
from pipelines.lease import writing
from pipelines.reverse_sync.builder import Context, build_plan
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.planning import account_of, facts_of, starts_of, subscribers_of
from pipelines.reverse_sync.policy import load_policy
from pipelines.reverse_sync.references import secrets_of
from pipelines.reverse_sync.store import policy_tests
from pipelines.reverse_sync.undo import Undoing, build_undo
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def run_undo(arguments: argparse.Namespace, output: Output) -> int:
    """Make the inverse plan, keep it, and show it with what it cannot bring back."""
    check_outputs(arguments.output)
    policy = load_policy(Path(arguments.policy))
    settings = resolve_settings({
        "base_url": arguments.base_url,
        "organization_id": arguments.org_id,
    })
    now = datetime.now(UTC)
    author = arguments.author or getpass.getuser()
    with (
        sending(settings) as (client, sender),
        Warehouse.open(arguments.warehouse, must_exist=True) as warehouse,
        writing(warehouse, "undo"),
    ):
        plan = find_plan(arguments.plan, warehouse)
        digest = digest_of(plan)
        secret = secrets_of(os.environ)
        journal = open_journal(warehouse, lambda: datetime.now(UTC))
        journal.check()
        undoing = build_undo(
            plan, journal.entries(digest), sender, now=now, secret=secret, requested_by=author
        )
        context = Context(
            sender=sender,
            account=account_of(client, settings.organization_id),
            author=author,
            reason=arguments.reason or f"Takes back plan {digest[:12]}",
            policy=policy,
            now=now,
            secret=secret,
            facts=facts_of(sender, undoing.requests, now),
            starts=starts_of(warehouse, undoing.requests),
            subscribers=subscribers_of(warehouse),
            requests_per_minute=plan.totals.requests_per_minute,
            tests=policy_tests(warehouse, policy),
            is_finished=journal.is_finished,
            undoes=digest,
        )
        built = build_plan(undoing.requests, context)
        keep(warehouse, built, now)
    _show_what_stays(undoing, output)
    return show_plan(built, arguments.output, output)


def _show_what_stays(undoing: Undoing, output: Output) -> None:
    for title, found in (
        ("Not taken back", undoing.impossible),
        ("Taken back, but not this", undoing.losses),
    ):
        if found:
            rows = [(one.change.id, one.change.action, one.reason) for one in found]
            output.table(title, ("change", "action", "why"), rows)
