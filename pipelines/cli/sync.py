"""`cal-warehouse sync`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cal_source.extraction import Extraction
from cal_source.settings import resolve_settings
from pipelines.exit_codes import MEANINGS, ExitCode
from pipelines.sync import SyncOptions, SyncResult, sync
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse

    from cal_source.settings import Settings
    from pipelines.cli.output import Output


def run_sync(arguments: argparse.Namespace, output: Output) -> int:
    """Bring the warehouse up to date with Cal.com and show what that brought."""
    result = sync_warehouse(arguments, output)
    output.result(sync_json(result))
    return result.exit_code


def sync_warehouse(
    arguments: argparse.Namespace, output: Output, settings: Settings | None = None
) -> SyncResult:
    """Sync with a command's arguments; without `settings` they come from where settings are."""
    settings = settings or resolve_settings({
        "base_url": arguments.base_url,
        "organization_id": arguments.org_id,
    })
    options = SyncOptions(
        only=arguments.only,
        since=arguments.since,
        full=arguments.full,
        details=arguments.details,
        detail_requests=arguments.detail_requests,
    )
    options.resources()  # wrong names are told before anything is opened
    with (
        settings.client() as client,
        Warehouse.open(arguments.warehouse) as warehouse,
        output.progress() as show,
    ):
        result = sync(
            warehouse,
            partial(
                Extraction,
                client,
                organization_id=settings.organization_id,
                strict=False,
                on_progress=show,
            ),
            options,
        )
    show_sync(result, output)
    return result


def sync_json(result: SyncResult) -> dict[str, Any]:
    """Return a sync's result as `--json` prints it."""
    return {
        "run_id": result.run_id,
        "outcome": result.outcome,
        "exit_code": int(result.exit_code),
        "seconds": round(result.seconds, 3),
        "requests": result.requests,
        "tables": result.tables,
        "reads": result.reads,
        "skipped": result.skipped,
        "quarantined": result.quarantined,
        "schema_drift": result.schema_drift,
        "proofs": [proof.row() for proof in result.proofs],
    }


def show_sync(result: SyncResult, output: Output) -> None:
    """Show people what a sync did, what it left out, and whether it is proved."""
    rows = [
        (name, counts["rows"], counts["written"], counts["retired"])
        for name, counts in result.tables.items()
        if counts["rows"] or counts["written"] or counts["retired"]
    ]
    output.table("Tables", ("table", "rows", "written", "retired"), rows)
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
    for proof in result.proofs:
        mark = "proved" if proof.is_proved else "NOT proved"
        output.say(
            f"{proof.resource} of {proof.scope}: {mark}: Cal.com counts {proof.api_count:,}, the "
            f"warehouse holds {proof.warehouse_count:,}, {proof.quarantined_count:,} in quarantine."
        )
    output.say(
        f"{result.outcome} in {result.seconds:.1f} s with {result.requests} requests "
        f"(run {result.run_id})."
    )
    if result.exit_code is not ExitCode.DONE:
        output.warn(f"{MEANINGS[result.exit_code]} (exit code {int(result.exit_code)}).")
