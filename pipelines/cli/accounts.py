"""`cal-warehouse sync --accounts` and `cal-warehouse combine`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.accounts import AccountOutcome, read_accounts, sync_accounts, worst
from pipelines.accounts.pool import copy_account
from pipelines.cli.writing import open_for_writing
from pipelines.errors import UsageError
from pipelines.exit_codes import MEANINGS, ExitCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipelines.accounts import Account
    from pipelines.cli.output import Output
    from pipelines.options import SyncOptions


def run_sync_accounts(arguments: argparse.Namespace, output: Output, options: SyncOptions) -> int:
    """Sync the accounts of a file into one warehouse and show how each one ended."""
    options.resources()  # wrong names are told now
    accounts = _chosen(arguments)
    outcomes = []
    with open_for_writing(arguments, "sync", output, holds_accounts=True) as warehouse:
        for outcome in sync_accounts(
            accounts, warehouse, options, concurrency=arguments.concurrency
        ):
            outcomes.append(outcome)
            output.say(f"{len(outcomes)} of {len(accounts)}: {_told(outcome)}")
    _show(outcomes, output)
    return worst(outcomes)


def run_combine(arguments: argparse.Namespace, output: Output) -> int:
    """Copy what changed in the accounts' own warehouses into one warehouse."""
    accounts = _chosen(arguments)
    copied = {}
    with open_for_writing(arguments, "combine", output, holds_accounts=True) as warehouse:
        for account in accounts:
            copied[account.name] = copy_account(warehouse, account)
    changed = sum(bool(tables) for tables in copied.values())
    output.say(f"{changed} of {len(accounts)} accounts had changes.")
    output.result({"accounts": copied})
    return ExitCode.DONE


def _chosen(arguments: argparse.Namespace) -> list[Account]:
    path = Path(arguments.accounts)
    accounts = read_accounts(path, os.environ, base_url=arguments.base_url)
    unknown = sorted(set(arguments.account) - {account.name for account in accounts})
    if unknown:
        msg = f"--account names '{unknown[0]}', which {path} does not list."
        raise UsageError(msg)
    return [a for a in accounts if not arguments.account or a.name in arguments.account]


def _told(outcome: AccountOutcome) -> str:
    result = outcome.result
    how = f" with {result.requests} requests in {result.seconds:.1f} s" if result else ""
    return f"{outcome.account} {outcome.outcome}{how}"


def _show(outcomes: Sequence[AccountOutcome], output: Output) -> None:
    code = worst(outcomes)
    ordered = sorted(outcomes, key=lambda outcome: outcome.account)
    output.table(
        "Accounts",
        ("account", "outcome", "exit code", "bookings", "requests", "copied", "message"),
        [
            (
                one.account,
                one.outcome,
                int(one.exit_code),
                one.result.tables["bookings"]["rows"] if one.result else None,
                one.result.requests if one.result else None,
                len(one.copied),
                one.message,
            )
            for one in ordered
        ],
    )
    if code is not ExitCode.DONE:
        output.warn(f"{MEANINGS[code]} (exit code {int(code)}).")
    output.result({
        "exit_code": int(code),
        "accounts": [
            {
                "account": one.account,
                "outcome": one.outcome,
                "exit_code": int(one.exit_code),
                "message": one.message,
                "requests": one.result.requests if one.result else None,
                "seconds": round(one.result.seconds, 3) if one.result else None,
                "tables": one.result.tables if one.result else None,
                "copied": one.copied,
            }
            for one in ordered
        ],
    })
