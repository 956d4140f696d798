"""One sync: plan the reads, land them, publish them, prove the result.

The invariant is that `raw` only ever holds published runs: whatever ends a sync early leaves the
tables, cursors and proofs of the run before it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cal_source.bookings import PAGE_SIZE, BookingReads
from cal_source.errors import CalError
from cal_source.extraction import utc_now
from cal_source.ledger import ReadStatus
from cal_source.tables import DETAIL_TABLES, ROOT_TABLES, TABLES
from pipelines.booking_plan import DEFAULT_REREAD_REQUESTS, plan_bookings
from pipelines.details import (
    DEFAULT_DETAIL_REQUESTS,
    bookings_without_details,
    forget_details,
    remember_details,
)
from pipelines.errors import UsageError
from pipelines.exit_codes import ExitCode
from pipelines.landing import land
from pipelines.proof import Proof, probe_tombstones, prove_bookings
from pipelines.publish import Published, complete_landings, drop_landing, publish
from pipelines.runs import recorded_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

logger = logging.getLogger("cal_warehouse")


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What to sync.

    Attributes:
        only: Tables to read, roots or children, or single rows as `table:key`; empty: all.
        since: Read the bookings changed at or after this instant, instead of from the cursor.
        full: Read every booking, whatever the cursor says.
        reread_requests: Requests that may be spent on re-reading bookings that did not change.
        page_size: Bookings per request, 1 to 250.
        details: Tables to read that cost one request per booking.
        detail_requests: Most bookings to read details of in one sync, per table.
    """

    only: tuple[str, ...] = ()
    since: datetime | None = None
    full: bool = False
    reread_requests: int = DEFAULT_REREAD_REQUESTS
    page_size: int = PAGE_SIZE
    details: tuple[str, ...] = ()
    detail_requests: int = DEFAULT_DETAIL_REQUESTS

    def keys(self) -> dict[str, list[str]]:
        """Return the single rows asked for, by root table."""
        found: dict[str, list[str]] = {}
        for name, _, key in (name.partition(":") for name in self.only):
            if key:
                found.setdefault(name, []).append(key)
        return found

    def resources(self) -> tuple[str, ...]:
        """Return the root tables to read, in the source's order.

        Raises:
            UsageError: `only` names something that is no table.
        """
        wanted = {name.partition(":")[0] for name in self.only}
        details = {table.name for table in DETAIL_TABLES}
        for option, names, known in (
            ("--only", wanted, set(TABLES) - details),
            ("--details", self.details, details),
        ):
            unknown = sorted(set(names) - known)
            if unknown:
                listed = ", ".join(name for name in TABLES if name in known)
                msg = (
                    f"{option} names '{unknown[0]}', which is not a table there. Tables: {listed}."
                )
                raise UsageError(msg)
        return tuple(
            root.name
            for root in ROOT_TABLES
            if not wanted or any(member.name in wanted for member in root.family())
        )


@dataclass(slots=True)
class SyncResult:
    """What a sync did; the numbers that `--json` prints.

    Attributes:
        run_id: The run.
        outcome: proved, unproved, incomplete or quarantined.
        exit_code: Exit code of the command.
        tables: Rows now, written and retired, by table.
        reads: Every read of the run, with status and reason.
        quarantined: Records put into quarantine.
        schema_drift: Fields that differ from their declaration.
        proofs: Counts by Cal.com beside the warehouse's.
        requests: HTTP requests made.
        seconds: Wall-clock time.
    """

    run_id: str
    outcome: str
    exit_code: ExitCode
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    reads: list[dict[str, Any]] = field(default_factory=list)
    quarantined: int = 0
    schema_drift: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0

    def then(self, later: SyncResult) -> SyncResult:
        """Return the result of this run and a later one of the same sync together."""
        reads = [*self.reads, *later.reads]
        proofs = later.proofs or self.proofs
        is_proved = all(p.is_proved for p in proofs) and (
            bool(proofs) or "unproved" not in {self.outcome, later.outcome}
        )
        quarantined = self.quarantined + later.quarantined
        outcome, exit_code = _outcome(reads, quarantined, is_proved=is_proved)
        return SyncResult(
            run_id=later.run_id,
            outcome=outcome,
            exit_code=exit_code,
            tables=_added(self.tables, later.tables),
            reads=reads,
            quarantined=quarantined,
            schema_drift=[*self.schema_drift, *later.schema_drift],
            proofs=proofs,
            requests=self.requests + later.requests,
            seconds=self.seconds + later.seconds,
        )

    @property
    def skipped(self) -> list[dict[str, Any]]:
        """The reads that were not made, with their reasons."""
        return [read for read in self.reads if read["status"] == ReadStatus.SKIPPED]


def sync(
    warehouse: Warehouse, new_extraction: Callable[..., Extraction], options: SyncOptions
) -> SyncResult:
    """Bring the warehouse up to date with Cal.com.

    Args:
        warehouse: The open warehouse.
        new_extraction: Makes a run's extraction, not strict, with the keyword arguments given;
            called again for a second reading of all bookings and for details.
        options: What to sync.

    Raises:
        UsageError: The options name no table.
        CalError: Cal.com could not be read; what was published before is unchanged.
        WarehouseError: The warehouse could not be written; likewise unchanged.
    """
    resources = options.resources()
    publish_left_over(warehouse, utc_now())
    keys = options.keys()
    result = _run_once(warehouse, new_extraction(keys=keys), resources, options)
    differs = any(not proof.is_proved for proof in result.proofs)
    if differs and not (options.full or options.since or keys):
        # Something went that no incremental read can see, such as a deleted booking: read all.
        again = replace(options, full=True, only=("bookings",))
        result = result.then(_run_once(warehouse, new_extraction(), ("bookings",), again))
    for table in options.details:
        uids = bookings_without_details(warehouse, table, options.detail_requests)
        if uids:
            extraction = new_extraction(detail_uids=uids)
            result = result.then(_run_once(warehouse, extraction, (table,), options))
            remember_details(warehouse, table, extraction.run_id)
    return result


def publish_left_over(warehouse: Warehouse, now: datetime) -> list[Published]:
    """Publish what a run that broke off had landed completely; drop what it had not."""
    published = [publish(warehouse, run_id, now) for run_id in complete_landings(warehouse)]
    drop_landing(warehouse)
    warehouse.connection.execute(
        "update ops.runs set outcome = 'interrupted' where outcome = 'running'"
    )
    return published


def _run_once(
    warehouse: Warehouse,
    extraction: Extraction,
    resources: Sequence[str],
    options: SyncOptions,
) -> SyncResult:
    started = extraction.clock()
    settings = {
        "tables": list(resources),
        "only": list(options.only),
        "since": options.since.isoformat() if options.since else None,
        "full": options.full,
        "reread_requests": options.reread_requests,
    }
    with recorded_run(
        warehouse,
        extraction.run_id,
        "sync",
        settings,
        clock=extraction.clock,
        requests=lambda: extraction.client.requests_made,
    ) as record:
        before = extraction.client.requests_made
        plan = plan_bookings(warehouse, extraction, options) if "bookings" in resources else None
        land(warehouse, extraction, plan or BookingReads(), resources)
        published = publish(warehouse, extraction.run_id, extraction.clock())
        forget_details(warehouse)
        proofs = _prove(warehouse, extraction) if plan else []
        result = _result(warehouse, extraction, published, proofs, needs_proof=plan is not None)
        result.requests = extraction.client.requests_made - before
        result.seconds = (extraction.clock() - started).total_seconds()
        record.outcome, record.exit_code = result.outcome, result.exit_code
    return result


def _prove(warehouse: Warehouse, extraction: Extraction) -> list[Proof]:
    """Prove the bookings; a run whose proof cannot be had stays published."""
    try:
        probe_tombstones(warehouse, extraction)
        return [prove_bookings(warehouse, extraction)]
    except CalError as error:
        logger.warning("the bookings could not be counted: %s", error)
        return []


def _result(
    warehouse: Warehouse,
    extraction: Extraction,
    published: Published,
    proofs: list[Proof],
    *,
    needs_proof: bool,
) -> SyncResult:
    reads = list(extraction.ledger.iter_reads())
    quarantined = len(extraction.ledger.quarantined)
    is_proved = all(proof.is_proved for proof in proofs) and (bool(proofs) or not needs_proof)
    outcome, exit_code = _outcome(reads, quarantined, is_proved=is_proved)
    tables = {
        name: {
            "rows": int(warehouse.scalar(f"select count(*) from raw.{name}")),
            "written": published.written.get(name, 0),
            "retired": published.retired.get(name, 0),
        }
        for name in TABLES
    }
    return SyncResult(
        run_id=extraction.run_id,
        outcome=outcome,
        exit_code=exit_code,
        tables=tables,
        reads=reads,
        quarantined=quarantined,
        schema_drift=list(extraction.ledger.iter_drift(extraction.run_id)),
        proofs=proofs,
    )


def _added(
    first: dict[str, dict[str, int]], later: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """Return the rows there are now, and what both runs wrote and retired."""
    return {
        name: {
            "rows": counts["rows"],
            "written": counts["written"] + first[name]["written"],
            "retired": counts["retired"] + first[name]["retired"],
        }
        for name, counts in later.items()
    }


def _outcome(
    reads: Sequence[dict[str, Any]], quarantined: int, *, is_proved: bool
) -> tuple[str, ExitCode]:
    """Return the outcome that asks most of the user."""
    if any(read["status"] == ReadStatus.FAILED for read in reads):
        return "incomplete", ExitCode.INCOMPLETE
    if not is_proved:
        return "unproved", ExitCode.UNPROVED
    if quarantined:
        return "quarantined", ExitCode.QUARANTINED
    return "proved", ExitCode.DONE
