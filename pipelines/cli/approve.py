"""`cal-warehouse keygen` and `approve`: sign a plan with a key that no warehouse holds."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.cli.stored_plans import find_plan, key_path, open_journal
from pipelines.exit_codes import ExitCode
from pipelines.lease import writing
from pipelines.reverse_sync.approval import (
    SignedStatement,
    Statement,
    StatementKind,
    encode_statement,
    public_key_of,
    read_key,
    sign,
    to_second,
    write_new_key,
)
from pipelines.reverse_sync.builder import part
from pipelines.reverse_sync.errors import ApprovalRefusedError, KeyFileError
from pipelines.reverse_sync.gate import Gate
from pipelines.reverse_sync.guards import Facts
from pipelines.reverse_sync.plan import digest_of, encode_plan
from pipelines.reverse_sync.policy import load_policy
from pipelines.reverse_sync.render import render_text
from pipelines.reverse_sync.statements import write_statement
from pipelines.reverse_sync.store import write_plan
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pipelines.cli.output import Output
    from pipelines.reverse_sync.plan import Plan
    from pipelines.reverse_sync.policy import Policy

_VARIABLE: Final = "CAL_APPROVAL_PASSPHRASE"


def run_keygen(arguments: argparse.Namespace, output: Output) -> int:
    """Make a signing key and show what to put into the policy file."""
    path = key_path(arguments.key)
    public_key = write_new_key(path, _passphrase(arguments))
    name = arguments.name or getpass.getuser()
    output.say(f"The signing key is in {path}. Keep it to yourself, outside every repository.")
    output.say("Put this into the policy file, so that plans signed with it count:\n")
    output.say(f'[[approver]]\nname = "{name}"\npublic_key = "{public_key}"')
    output.result({"key_file": str(path), "name": name, "public_key": public_key})
    return ExitCode.DONE


def run_approve(arguments: argparse.Namespace, output: Output) -> int:
    """Sign an approval or a revocation of one plan; store it, or write it to a file, or both."""
    policy = load_policy(Path(arguments.policy))
    path = key_path(arguments.key)
    key = read_key(path, _passphrase(arguments))
    name = _identity(policy, public_key_of(key), path)
    now = datetime.now(UTC)
    with _opened(arguments) as warehouse:
        plan = find_plan(arguments.plan, warehouse)
        if arguments.only:
            plan = part(plan, arguments.only, policy, _facts(warehouse, now))
        signed = sign(_statement(arguments, plan, policy, name, now), key)
        if not arguments.revoke:
            output.say(render_text(plan))
            _refuse_what_would_not_count(plan, policy, signed, now)
        if warehouse is not None:
            write_plan(warehouse, plan, now)
            journal = open_journal(warehouse, lambda: datetime.now(UTC))
            write_statement(warehouse, journal, signed, now)
    _show(plan, signed, _write_files(arguments, plan, signed), output)
    return ExitCode.DONE


def _passphrase(arguments: argparse.Namespace) -> bytes | None:
    """Return the key's passphrase where there is one: asked for, never an argument."""
    given = os.environ.get(_VARIABLE, "")
    if arguments.passphrase and not given:
        tty = sys.stdin.isatty()
        given = getpass.getpass("Passphrase: ") if tty else sys.stdin.readline().rstrip("\n")
    return given.encode() or None


def _identity(policy: Policy, public_key: str, path: Path) -> str:
    for approver in policy.approvers:
        if approver.public_key == public_key:
            return approver.name
    raise KeyFileError(
        str(path),
        "is of nobody whom the policy trusts",
        f'Have an [[approver]] with public_key = "{public_key}" put into the policy file; plans '
        "made before that have to be made again.",
    )


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[Warehouse | None]:
    """Open the warehouse; nothing where only files are read and written.

    Yields:
        The warehouse, or None.
    """
    if arguments.detached:
        yield None
        return
    with (
        Warehouse.open(arguments.warehouse, must_exist=True) as warehouse,
        writing(warehouse, "approve"),
    ):
        yield warehouse


def _facts(warehouse: Warehouse | None, now: datetime) -> Facts:
    if warehouse is None:
        return Facts()
    ahead = warehouse.scalar(
        'select count(*) from raw.bookings where "start" > $now '
        "and status in ('accepted', 'pending')",
        {"now": now},
    )
    return Facts(future_bookings=int(ahead))


def _statement(
    arguments: argparse.Namespace, plan: Plan, policy: Policy, name: str, now: datetime
) -> Statement:
    hours = policy.approval_hours if arguments.hours is None else arguments.hours
    return Statement(
        kind=StatementKind.REVOCATION if arguments.revoke else StatementKind.APPROVAL,
        plan_digest=digest_of(plan),
        approver=name,
        reason=arguments.reason,
        signed_at=to_second(now),
        expires_at=None if arguments.revoke else to_second(now) + timedelta(hours=hours),
    )


def _refuse_what_would_not_count(
    plan: Plan, policy: Policy, signed: SignedStatement, now: datetime
) -> None:
    """Refuse to sign what the gate would not let pass.

    Raises:
        ApprovalRefusedError: The plan breaks a guard, or this approver may not approve it.
    """
    problems = Gate(plan, policy, plan.account).objections(signed, now=now)
    if problems:
        raise ApprovalRefusedError(digest_of(plan), problems)


def _write_files(arguments: argparse.Namespace, plan: Plan, signed: SignedStatement) -> list[str]:
    """Write what was asked for as files, and return their names."""
    digest = digest_of(plan)
    files = []
    if arguments.only:
        name = f"plan-{digest[:12]}.json"
        Path(name).write_bytes(encode_plan(plan))
        files.append(name)
    if arguments.output or arguments.detached:
        name = arguments.output or f"{signed.statement.kind}-{digest[:12]}-{signed.id[:8]}.json"
        Path(name).write_bytes(encode_statement(signed))
        files.append(name)
    return files


def _show(plan: Plan, signed: SignedStatement, files: list[str], output: Output) -> None:
    statement = signed.statement
    digest = digest_of(plan)
    said = "approved" if statement.kind is StatementKind.APPROVAL else "revoked"
    until = f" until {statement.expires_at:%Y-%m-%d %H:%M} UTC" if statement.expires_at else ""
    output.say(f"Plan {digest} was {said} by {statement.approver}{until}.")
    for name in files:
        output.say(f"Written: {name}")
    output.result({
        "plan_digest": digest,
        "kind": str(statement.kind),
        "approver": statement.approver,
        "expires_at": statement.expires_at,
        "statement_id": signed.id,
        "files": files,
    })
