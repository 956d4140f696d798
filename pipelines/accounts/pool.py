"""Syncs of many accounts side by side, in threads: they mostly wait for their rate limits.

Each account has its own client, rate budget, warehouse and dlt working folder; dlt keeps its
contexts per thread. What one account raises becomes its outcome and touches no other.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cal_source.extraction import Extraction
from cal_source.run_ids import utc_now
from pipelines.accounts.combine import combine
from pipelines.errors import WarehouseLocked, WarehouseMissing
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.reverse_sync.unverified import verify_effects
from pipelines.sync import sync
from pipelines.warehouse import Warehouse, is_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from cal_source.client import CalClient
    from pipelines.accounts.listed import Account
    from pipelines.options import SyncOptions
    from pipelines.sync import SyncResult

DEFAULT_CONCURRENCY: Final = 50
_MOST_URGENT_LAST: Final = (
    ExitCode.DONE,
    ExitCode.QUARANTINED,
    ExitCode.UNPROVED,
    ExitCode.HELD,
    ExitCode.INCOMPLETE,
    ExitCode.LOCKED,
    ExitCode.UNAVAILABLE,
    ExitCode.REFUSED,
    ExitCode.CONFIG,
    ExitCode.CANNOT_WRITE,
    ExitCode.FAILED,
    ExitCode.INTERRUPTED,
)


@dataclass(slots=True)
class AccountOutcome:
    """How the sync of one account ended.

    Attributes:
        account: Its name.
        exit_code: What its sync alone would have ended with.
        finished_at: When it ended, UTC.
        message: What went wrong, in words, without secrets; empty when nothing did.
        result: What the sync did; None where it ended with an error.
        copied: Tables that were copied into the warehouse of all accounts.
    """

    account: str
    exit_code: ExitCode
    finished_at: datetime
    message: str = ""
    result: SyncResult | None = None
    copied: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """How it ended, in a word."""
        return self.result.outcome if self.result else "failed"


def worst(outcomes: Sequence[AccountOutcome]) -> ExitCode:
    """Return the exit code that asks most of the user; 0 where there are none."""
    codes = [outcome.exit_code for outcome in outcomes]
    return max(codes, key=_MOST_URGENT_LAST.index, default=ExitCode.DONE)


def sync_accounts(
    accounts: Sequence[Account],
    target: Warehouse,
    options: SyncOptions,
    *,
    concurrency: int = DEFAULT_CONCURRENCY,
    client_of: Callable[[Account, Callable[[float], None]], CalClient] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[AccountOutcome]:
    """Sync accounts side by side; each one's changes are copied as soon as it is done.

    Args:
        accounts: The accounts.
        target: The warehouse of all accounts, held by this process.
        options: What to sync of each.
        concurrency: Most accounts at a time.
        client_of: Makes an account's client with a function that sleeps; None: by its settings.
        clock: Gives the present instant, UTC.

    Yields:
        How each ended, in the order in which they did.

    Raises:
        WarehouseError: The warehouse of all accounts cannot be written; the accounts' own keep
            what they read, and it is copied next time.
    """
    stop = _Stop()
    make_client = client_of or (lambda account, sleep: account.settings.client(sleep=sleep))
    run = partial(_sync_one, options=options, client_of=make_client, stop=stop, clock=clock)
    pool = ThreadPoolExecutor(max(1, min(concurrency, len(accounts))), "account")
    try:
        futures = {pool.submit(run, account): account for account in accounts}
        for future in as_completed(futures):
            outcome = future.result()
            outcome.copied = copy_account(target, futures[future])
            _record(target, outcome)
            yield outcome
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def copy_account(target: Warehouse, account: Account) -> list[str]:
    """Copy what changed in an account's own warehouse; one that cannot be opened waits.

    Raises:
        WarehouseError: The warehouse of all accounts cannot be written.
    """
    with (
        suppress(WarehouseMissing, WarehouseLocked),
        Warehouse.open(account.warehouse, read_only=True) as source,
    ):
        return combine(target, account.name, source)
    return []


class _Stop:
    """Ends the waiting of every account when the command ends."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def sleep(self, seconds: float) -> None:
        if self._event.wait(seconds):
            raise KeyboardInterrupt


def _sync_one(
    account: Account,
    *,
    options: SyncOptions,
    client_of: Callable[[Account, Callable[[float], None]], CalClient],
    stop: _Stop,
    clock: Callable[[], datetime],
) -> AccountOutcome:
    try:
        if not is_postgres(account.warehouse):
            Path(account.warehouse).parent.mkdir(parents=True, exist_ok=True)
        with (
            client_of(account, stop.sleep) as client,
            Warehouse.open(account.warehouse) as warehouse,
        ):
            organization = account.settings.organization_id

            def extraction(**more: Any) -> Extraction:
                return Extraction(
                    client, organization_id=organization, strict=False, clock=clock, **more
                )

            result = sync(warehouse, extraction, options)
            read = frozenset(r["resource"] for r in result.reads if r["status"] == "complete")
            moved = [
                f"change {one.change_id} of plan {one.plan_digest[:12]} does not show: "
                f"{one.difference}"
                for one in verify_effects(warehouse, result.run_id, clock(), is_read=read)
                if one.difference
            ]
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no account ends the others
        message = _without_secrets(account, f"{error}" or type(error).__name__)
        return AccountOutcome(account.name, exit_code_of(error), clock(), message)
    return AccountOutcome(account.name, result.exit_code, clock(), "; ".join(moved), result)


def _without_secrets(account: Account, message: str) -> str:
    settings = account.settings
    for secret in (settings.api_key, settings.access_token, settings.client_secret):
        if secret:
            message = message.replace(secret, "***")
    return message


def _record(target: Warehouse, outcome: AccountOutcome) -> None:
    with target.transaction():
        target.execute(
            "delete from ops.accounts where account = $account", {"account": outcome.account}
        )
        target.execute(
            "insert into ops.accounts (account, outcome, exit_code, message, requests, "
            "finished_at) values ($account, $outcome, $code, $message, $requests, $now)",
            {
                "account": outcome.account,
                "outcome": outcome.outcome,
                "code": int(outcome.exit_code),
                "message": outcome.message,
                "requests": outcome.result.requests if outcome.result else 0,
                "now": outcome.finished_at,
            },
        )
