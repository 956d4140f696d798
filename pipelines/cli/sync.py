"""`cal-warehouse sync`."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cal_source.bookings import Window
from cal_source.extraction import Extraction
from cal_source.limiter import RateLimiter
from cal_source.settings import resolve_settings
from pipelines.cli.accounts import run_sync_accounts
from pipelines.cli.writing import open_for_writing
from pipelines.errors import UsageError
from pipelines.exit_codes import MEANINGS, ExitCode
from pipelines.options import SyncOptions
from pipelines.proof import ALL, KEYS
from pipelines.reverse_sync.unverified import verify_effects
from pipelines.sync import SyncResult, sync

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from cal_source.settings import Settings
    from pipelines.cli.output import Output
    from pipelines.warehouse import Warehouse


def run_sync(arguments: argparse.Namespace, output: Output) -> int:
    """Bring the warehouse up to date with Cal.com and show what that brought."""
    if arguments.accounts:
        return run_sync_accounts(arguments, output, sync_options(arguments))
    result = sync_warehouse(arguments, output)
    output.result(sync_json(result))
    return result.exit_code


def sync_warehouse(
    arguments: argparse.Namespace, output: Output, settings: Settings | None = None
) -> SyncResult:
    """Sync with a command's arguments; without `settings` they come from where settings are."""
    with (
        prepared_sync(arguments, output, settings) as sync_into,
        open_for_writing(arguments, "sync", output) as warehouse,
    ):
        return sync_into(warehouse)


@contextmanager
def prepared_sync(
    arguments: argparse.Namespace, output: Output, settings: Settings | None = None
) -> Iterator[Callable[[Warehouse], SyncResult]]:
    """Check arguments and settings before any warehouse is opened.

    Yields:
        What syncs into an open warehouse, and shows people what that brought.
    """
    settings = settings or resolve_settings({
        "base_url": arguments.base_url,
        "organization_id": arguments.org_id,
    })
    options = sync_options(arguments)
    options.resources()  # wrong names are told now
    with settings.client(limiter=RateLimiter(reserve=arguments.reserve)) as client:
        extraction = partial(
            Extraction, client, organization_id=settings.organization_id, strict=False
        )

        def sync_into(warehouse: Warehouse) -> SyncResult:
            with output.progress() as show:
                result = sync(warehouse, partial(extraction, on_progress=show), options)
            show_sync(result, output)
            show_effects(warehouse, result, output)
            return result

        yield sync_into


def show_effects(warehouse: Warehouse, result: SyncResult, output: Output) -> None:
    """Compare what applied plans had changed with what the sync read, and tell what differs."""
    read = frozenset(one["resource"] for one in result.reads if one["status"] == "complete")
    for one in verify_effects(warehouse, result.run_id, datetime.now(UTC), is_read=read):
        if one.difference:
            output.warn(
                f"Change {one.change_id} of plan {one.plan_digest[:12]} does not show as it was "
                f"left: {one.difference}. See 'cal-warehouse audit --plan {one.plan_digest[:12]}'."
            )


def sync_options(arguments: argparse.Namespace) -> SyncOptions:
    """Return what a command's arguments ask a sync to do."""
    return SyncOptions(
        only=arguments.only,
        since=arguments.since,
        full=arguments.full,
        window=arguments.window,
        accept_losses=arguments.accept_losses,
        overlap=timedelta(minutes=arguments.overlap),
        reread_requests=arguments.reread_requests,
        proof_requests=arguments.proof_requests,
        workers=arguments.workers,
        memory_mb=arguments.memory,
        details=arguments.details,
        detail_requests=arguments.detail_requests,
    )


def run_backfill(arguments: argparse.Namespace, output: Output) -> int:
    """Read the bookings that start in a range again; the cursor stays where it is.

    Raises:
        UsageError: The range is empty.
    """
    if arguments.from_at >= arguments.to_at:
        msg = (
            f"--from {arguments.from_at:%Y-%m-%dT%H:%M} is not before --to "
            f"{arguments.to_at:%Y-%m-%dT%H:%M}: no booking starts in that range."
        )
        raise UsageError(msg)
    arguments.window = Window(arguments.from_at, arguments.to_at)
    arguments.only = ("bookings",)
    return run_sync(arguments, output)


def run_refresh(arguments: argparse.Namespace, output: Output) -> int:
    """Read single bookings again, whatever their stamps say."""
    arguments.only = tuple(f"bookings:{uid}" for uid in arguments.uid)
    return run_sync(arguments, output)


def sync_json(result: SyncResult) -> dict[str, Any]:
    """Return a sync's result as `--json` prints it."""
    return {
        "run_id": result.run_id,
        "outcome": result.outcome,
        "exit_code": int(result.exit_code),
        "seconds": round(result.seconds, 3),
        "requests": result.requests,
        "booking_requests": dict(result.booking_requests),
        "fanout_requests": _others(result),
        "tables": result.tables,
        "reads": result.reads,
        "skipped": result.skipped,
        "quarantined": result.quarantined,
        "not_listed": result.not_listed,
        "schema_drift": result.schema_drift,
        "proofs": [proof.row() for proof in result.proofs],
    }


def show_sync(result: SyncResult, output: Output) -> None:
    """Show people what a sync did, what it left out, and whether it is proved."""
    shown = ("rows", "written", "changed", "retired", "held")
    rows = [
        (name, *(counts[what] for what in shown))
        for name, counts in result.tables.items()
        if any(counts[what] for what in shown[1:])
    ]
    output.table("Tables", ("table", *shown), rows)
    if result.skipped:
        skipped = [(r["resource"], r["scope"], r["reason"]) for r in result.skipped]
        output.table("Skipped, with earlier rows kept", ("table", "scope", "reason"), skipped)
    failed = [r for r in result.reads if r["status"] == "failed"]
    if failed:
        output.table(
            "Failed, with earlier rows kept",
            ("table", "scope", "reason"),
            [(r["resource"], r["scope"], r["reason"]) for r in failed],
        )
    if result.schema_drift:
        output.table(
            "Schema drift: kept in _extra",
            ("table", "field", "kind", "found", "records"),
            [
                (d["table_name"], d["field"], d["kind"], d["found"], d["record_count"])
                for d in result.schema_drift
            ],
        )
    _show_proofs(result, output)
    if result.booking_requests:
        purposes = ", ".join(f"{n} {what}" for what, n in sorted(result.booking_requests.items()))
        output.say(f"Requests to the bookings list: {purposes}; others: {_others(result)}.")
    for uid in result.not_listed:
        output.warn(
            f"Cal.com lists no booking '{uid}' for this key: it is deleted, hidden or wrong."
        )
    output.say(
        f"{result.outcome} in {result.seconds:.1f} s with {result.requests} requests "
        f"(run {result.run_id})."
    )
    if result.exit_code is not ExitCode.DONE:
        output.warn(f"{MEANINGS[result.exit_code]} (exit code {int(result.exit_code)}).")


def _others(result: SyncResult) -> int:
    return result.requests - result.booking_requests.total()


def _show_proofs(result: SyncResult, output: Output) -> None:
    for proof in result.proofs:
        if proof.window_name == ALL or not proof.is_proved:
            mark = "proved" if proof.is_proved else "NOT proved"
            output.say(
                f"{proof.resource} of {proof.scope}, {proof.window_name}: {mark}: Cal.com counts "
                f"{proof.api_count:,}, the warehouse holds {proof.warehouse_count:,}, "
                f"{proof.quarantined_count:,} in quarantine."
            )
    keys = [proof for proof in result.proofs if proof.window_name == KEYS and proof.is_proved]
    if keys:
        number = sum(proof.api_count for proof in keys)
        output.say(
            f"Keys and contents of {number:,} rows in {len(keys)} tables compared, all equal."
        )
    months = [proof for proof in result.proofs if proof.window_name not in {ALL, KEYS}]
    if months and result.is_proved:
        output.say(f"{len(months)} spans of months counted, all proved.")
