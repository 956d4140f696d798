"""`cal-warehouse plan`: change requests become a frozen plan; nothing at Cal.com is changed."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cal_source.run_ids import new_run_id
from cal_source.settings import resolve_settings
from pipelines.cli.stored_plans import open_journal
from pipelines.errors import UsageError
from pipelines.exit_codes import ExitCode
from pipelines.lease import writing
from pipelines.reverse_sync.builder import Built, Context, build_plan
from pipelines.reverse_sync.desired import desired_requests
from pipelines.reverse_sync.errors import EmptySourceError, RequestSourceError
from pipelines.reverse_sync.live import ByCredential
from pipelines.reverse_sync.plan import digest_of, encode_plan
from pipelines.reverse_sync.planning import account_of, facts_of, starts_of, subscribers_of
from pipelines.reverse_sync.policy import load_policy
from pipelines.reverse_sync.references import secrets_of
from pipelines.reverse_sync.render import render_html, render_markdown, render_text
from pipelines.reverse_sync.request_sources import file_rows, query_rows, requests_of, table_rows
from pipelines.reverse_sync.store import policy_tests, write_plan, write_rejected
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from cal_source.client import CalClient
    from cal_source.settings import Settings
    from pipelines.cli.output import Output
    from pipelines.reverse_sync.change_requests import ChangeRequest, Rejected
    from pipelines.reverse_sync.live import Sender
    from pipelines.reverse_sync.plan import Plan
    from pipelines.reverse_sync.policy import Policy

_RENDERINGS: Final[dict[str, Callable[[Plan], bytes]]] = {
    ".json": encode_plan,
    ".md": lambda plan: render_markdown(plan).encode(),
    ".html": lambda plan: render_html(plan).encode(),
    ".txt": lambda plan: render_text(plan, len(plan.changes)).encode(),
}
_FAULTS_SHOWN: Final = 20
_STORING_MB: Final = 100


def run_plan(arguments: argparse.Namespace, output: Output) -> int:
    """Make a plan, keep it, show it; 0: no change, 2: changes, 1: none that may be approved."""
    check_outputs(arguments.output)
    policy = load_policy(Path(arguments.policy))
    settings = resolve_settings({
        "base_url": arguments.base_url,
        "organization_id": arguments.org_id,
    })
    now = datetime.now(UTC)
    with (
        sending(settings) as (client, sender),
        Warehouse.open(arguments.warehouse, must_exist=True) as warehouse,
        writing(warehouse, "plan"),
    ):
        requests, faults = asked_for(arguments, warehouse, sender, policy)
        context = Context(
            sender=sender,
            account=account_of(client, settings.organization_id),
            author=arguments.author or getpass.getuser(),
            reason=arguments.reason,
            policy=policy,
            now=now,
            secret=secrets_of(os.environ),
            facts=facts_of(sender, requests, now),
            starts=starts_of(warehouse, requests),
            subscribers=subscribers_of(warehouse),
            requests_per_minute=arguments.requests_per_minute,
            tests=policy_tests(warehouse, policy),
            is_finished=open_journal(warehouse, lambda: now).is_finished,
            refused=tuple(faults),
            all_or_nothing=arguments.all_or_nothing,
        )
        built = build_plan(requests, context)
        keep(warehouse, built, now)
    return show_plan(built, arguments.output, output)


@contextmanager
def sending(settings: Settings) -> Iterator[tuple[CalClient, Sender]]:
    """Open what sends requests with these settings.

    Yields:
        The client of the key, and what sends each operation with the credential it needs.
    """
    with settings.client() as client:
        yield client, ByCredential(client)


def asked_for(
    arguments: argparse.Namespace, warehouse: Warehouse, sender: Sender, policy: Policy
) -> tuple[list[ChangeRequest], list[Rejected]]:
    """Read the change requests that the arguments name.

    Raises:
        EmptySourceError: The source has no row, and the policy does not allow that.
    """
    faults: list[Rejected] = []
    if arguments.file:
        source, (rows, faults) = arguments.file, file_rows(Path(arguments.file))
    elif arguments.query:
        source, rows = arguments.query, query_rows(warehouse, *_query(arguments.query))
    else:
        source, rows = arguments.table, table_rows(warehouse, arguments.table)
    is_queue = not (arguments.file or arguments.query or arguments.desired)
    if not rows and not faults and not is_queue and not policy.allows_empty_source:
        raise EmptySourceError(source)
    if not arguments.desired:
        return requests_of(rows, action=arguments.action), faults
    requests, unplaced = desired_requests(arguments.desired, rows, sender, prune=arguments.prune)
    return requests, [*faults, *unplaced]


def keep(warehouse: Warehouse, built: Built, now: datetime) -> None:
    """Write a plan with changes, and the faults of what did not get into it."""
    with warehouse.bounded(_STORING_MB):
        write_rejected(warehouse, new_run_id(now), built.rejected, now)
        if built.plan.changes:
            write_plan(warehouse, built.plan, now)


def show_plan(built: Built, files: list[str], output: Output) -> int:
    """Show a plan, write its files, and return the exit code."""
    plan = built.plan
    for name in files:
        path = Path(name)
        path.write_bytes(_RENDERINGS[path.suffix](plan))
    output.say(render_text(plan))
    for one in built.rejected[:_FAULTS_SHOWN]:
        output.warn(str(one))
    if len(built.rejected) > _FAULTS_SHOWN:
        output.warn(f"{len(built.rejected) - _FAULTS_SHOWN} more faults: ops.rejected_requests.")
    for breach in plan.breaches:
        output.warn(f"blocked by {breach.guard}: {breach.message}")
    output.result(plan_json(built))
    if plan.breaches:
        return ExitCode.FAILED
    return ExitCode.CHANGES if plan.changes else ExitCode.DONE


def plan_json(built: Built) -> dict[str, Any]:
    """Return a plan as `--json` prints it."""
    return {
        "digest": digest_of(built.plan),
        "plan": built.plan,
        "rejected": built.rejected,
        "already_so": built.already_so,
    }


def check_outputs(files: list[str]) -> None:
    """Refuse a file whose ending says nothing, before anything is read.

    Raises:
        UsageError: The ending is none of those known.
    """
    for name in files:
        if Path(name).suffix not in _RENDERINGS:
            known = ", ".join(_RENDERINGS)
            raise UsageError(f"--output {name} ends in none of {known}. Give a name that does.")


def _query(file: str) -> tuple[str, str]:
    path = Path(file)
    try:
        return path.read_text(encoding="utf-8"), path.name
    except (OSError, UnicodeDecodeError) as error:
        raise RequestSourceError(file, str(error)) from error
