"""Whether the report's numbers can be trusted: what `ops` says about the syncs behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pipelines.report.statistics import MINIMUM_COUNT, rate_of
from pipelines.report.trust import (
    Drift,
    Gap,
    Marking,
    Proof,
    Quality,
    Quarantined,
    Run,
    TableProof,
)
from pipelines.report.wording import moment_text
from pipelines.status import read_proofs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipelines.warehouse import Warehouse

# The latest run of each table: a run may read some tables only (--only), so the latest run of all
# says nothing about the others.
_RECENCY: Final = (
    "rank() over (partition by x.resource order by r.started_at desc, r.run_id desc) as recency"
)
_SYNCS: Final = "command in ('sync', 'run')"


_STALE_AFTER: Final = timedelta(days=2)
_LAG_ALLOWED: Final = timedelta(hours=1)  # a schedule may round the models' moment down


def read_quality(
    warehouse: Warehouse, host_names: Mapping[int, str], *, as_of: datetime, made_at: datetime
) -> Quality:
    """Read the state of the data behind the report.

    Args:
        warehouse: The open warehouse; only read.
        host_names: Name by host id.
        as_of: The moment the marts took for the present.
        made_at: When the report is made.
    """
    last_run = _read_last_run(warehouse)
    proofs = _read_proofs(warehouse)
    gaps = _read_gaps(warehouse)
    quarantined = _read_quarantined(warehouse, last_run)
    marking = _read_marking(warehouse, host_names)
    return Quality(
        last_run=last_run,
        proofs=proofs,
        tables=_read_tables(warehouse),
        gaps=gaps,
        quarantined=quarantined,
        drift=_read_drift(warehouse),
        marking=marking,
        concerns=(
            *_run_concerns(last_run),
            *_age_concerns(last_run, as_of, made_at),
            *(_proof_concerns(proofs) if last_run else ()),
            *_record_concerns(gaps, quarantined),
            *_marking_concerns(marking),
        ),
    )


def _read_last_run(warehouse: Warehouse) -> Run | None:
    rows = warehouse.rows(
        "select run_id, outcome, coalesce(message, '') as message, started_at, finished_at "
        f"from ops.runs where {_SYNCS} order by started_at desc, run_id desc limit 1"
    )
    return Run(**rows[0]) if rows else None


def _read_proofs(warehouse: Warehouse) -> tuple[Proof, ...]:
    rows = warehouse.rows(
        "select resource, scope, api_count, warehouse_count, quarantined_count, is_proved, "
        f"proved_at from (select x.*, {_RECENCY} from ops.proofs as x join ops.runs as r "
        "on x.run_id = r.run_id where x.window_name = 'all') as ranked where recency = 1 "
        "order by resource, scope"
    )
    return tuple(Proof(**row) for row in rows)


def _read_tables(warehouse: Warehouse) -> tuple[TableProof, ...]:
    proofs = (TableProof(table, at) for table, at in read_proofs(warehouse).items())
    unproved = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(proofs, key=lambda proof: (proof.proved_at or unproved, proof.table)))


def _read_gaps(warehouse: Warehouse) -> tuple[Gap, ...]:
    rows = warehouse.rows(
        "select resource, scope, status, reason, read_at from ("
        f"select x.*, r.started_at as read_at, {_RECENCY} from ops.reads as x "
        "join ops.runs as r on x.run_id = r.run_id) as ranked "
        "where recency = 1 and status in ('skipped', 'failed') order by resource, scope"
    )
    return tuple(Gap(**row) for row in rows)


def _read_quarantined(warehouse: Warehouse, last_run: Run | None) -> tuple[Quarantined, ...]:
    rows = warehouse.rows(
        "select resource, count(*) filter (where run_id = $run) as latest_count, "
        # A record without a key cannot be recognised in another run; its text stands for it.
        "count(distinct coalesce(nullif(record_key, ''), cast(record as varchar))) as all_count "
        "from ops.quarantine group by resource order by resource",
        {"run": last_run.run_id if last_run else ""},
    )
    return tuple(Quarantined(**row) for row in rows)


def _read_drift(warehouse: Warehouse) -> tuple[Drift, ...]:
    rows = warehouse.rows(
        "select table_name, field, kind, found, record_count from ops.schema_changes "
        "order by table_name, field, kind, found"
    )
    return tuple(Drift(**row) for row in rows)


def _read_marking(warehouse: Warehouse, host_names: Mapping[int, str]) -> Marking:
    covered = {
        row["period"]: rate_of(int(row["numerator"]), int(row["denominator"]))
        for row in warehouse.rows(
            "select period, numerator, denominator from marts.agg_rates "
            "where metric = 'marking coverage' and dimension = 'all'"
        )
    }
    rows = warehouse.rows(
        "select host_id, count(*) as bookings, "
        "count(*) filter (where is_any_attendee_no_show or is_host_no_show) as marked "
        "from marts.fct_bookings where is_past_accepted group by host_id order by host_id"
    )
    bookings = sum(row["bookings"] for row in rows)
    silent = (row for row in rows if not row["marked"] and row["bookings"] >= MINIMUM_COUNT)
    return Marking(
        marked=rate_of(sum(row["marked"] for row in rows), bookings),
        covered=covered.get("all time", rate_of(0, 0)),
        covered_lately=covered.get("last 3 months", rate_of(0, 0)),
        silent_hosts=tuple(sorted(host_names[row["host_id"]] for row in silent)),
    )


def _run_concerns(last_run: Run | None) -> Iterator[str]:
    if last_run is None:
        yield "No sync is recorded in this warehouse. Run 'cal-warehouse sync'."
    elif last_run.outcome == "running":
        yield "A sync is running, or broke off without a trace. Run 'cal-warehouse sync' again."
    elif last_run.outcome in {"failed", "interrupted", "incomplete"}:
        why = f": {last_run.message}" if last_run.message else ""
        yield (
            f"The last sync ended as {last_run.outcome}{why.rstrip('.')}. The numbers are from "
            "before it where it did not get through. Run 'cal-warehouse sync' again."
        )


def _age_concerns(last_run: Run | None, as_of: datetime, made_at: datetime) -> Iterator[str]:
    if last_run is None:
        return
    ended_at = last_run.finished_at or last_run.started_at
    if made_at - ended_at > _STALE_AFTER:
        yield f"The last sync was {(made_at - ended_at).days} days ago. Run 'cal-warehouse run'."
    if last_run.started_at - as_of > _LAG_ALLOWED:
        yield (
            f"The numbers stand for {moment_text(as_of)}, before the last sync. Run "
            "'cal-warehouse transform'."
        )


def _proof_concerns(proofs: Sequence[Proof]) -> Iterator[str]:
    if not proofs:
        yield (
            "Completeness was never proved against Cal.com's own count. Run 'cal-warehouse sync'."
        )
    for proof in proofs:
        if not proof.is_proved:
            yield (
                f"Cal.com counts {proof.api_count:,} {proof.resource}, the warehouse holds "
                f"{proof.warehouse_count:,} and {proof.quarantined_count:,} are in quarantine. "
                "Run 'cal-warehouse sync --full'."
            )


def _record_concerns(gaps: Sequence[Gap], quarantined: Sequence[Quarantined]) -> Iterator[str]:
    if failed := sorted({gap.resource for gap in gaps if gap.status == "failed"}):
        yield f"Reading {', '.join(failed)} failed; earlier rows were kept. Sync again."
    for entry in quarantined:
        if entry.latest_count:
            yield (
                f"{entry.latest_count:,} {entry.resource} could not be loaded in the last sync. "
                "Look at ops.quarantine for the reason."
            )


def _marking_concerns(marking: Marking) -> Iterator[str]:
    if marking.silent_hosts:
        many = len(marking.silent_hosts)
        hosts = "1 host has" if many == 1 else f"{many:,} hosts have"
        yield (
            f"{hosts} {MINIMUM_COUNT} or more past bookings and never marked anybody absent. "
            "Cal.com does not tell 'all came' from 'nobody marked'; ask them whether they mark."
        )
