"""One sync: plan the reads, land them, publish them, prove the result.

The invariant is that `raw` only ever holds published runs: whatever ends a sync early leaves the
tables, cursors and proofs of the run before it.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cal_source.bookings import BookingReads, booking_views
from cal_source.errors import CalError
from cal_source.ledger import BEGINNING, END_OF_TIME, ReadStatus
from cal_source.run_ids import utc_now
from cal_source.tables import TABLES
from pipelines.booking_plan import changes_since, cursors, plan_bookings
from pipelines.details import bookings_without_details, forget_details, remember_details
from pipelines.errors import PublishError
from pipelines.exit_codes import ExitCode
from pipelines.landing import land, read, working_folder
from pipelines.lease import writing
from pipelines.next_part import NextPart, reads_after
from pipelines.proof import KEYS, Proof, probe_tombstones, prove_bookings, prove_keys
from pipelines.publish import Published, complete_landings, drop_landing, publish, row_counts
from pipelines.repair import windows_to_repair
from pipelines.runs import recorded_run
from pipelines.steps import Step, begin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cal_source.extraction import Extraction
    from cal_source.fanouts import Target
    from pipelines.options import SyncOptions
    from pipelines.warehouse import Warehouse

logger = logging.getLogger("cal_warehouse")

_MOST_REPAIRS: Final = 2
_BOOKINGS: Final = ("bookings",)


@dataclass(slots=True)
class SyncResult:
    """What a sync did; the numbers that `--json` prints.

    Attributes:
        run_id: The run, the last one where the sync took several.
        outcome: proved, unproved, held, incomplete or quarantined.
        exit_code: Exit code of the command.
        tables: Rows now, written, changed, retired and held, by table.
        reads: Every read of the run, with status and reason.
        quarantined: Records put into quarantine.
        schema_drift: Fields that differ from their declaration.
        proofs: Counts by Cal.com beside the warehouse's.
        requests: HTTP requests made.
        booking_requests: Those to the bookings list, by purpose; the others are fan-outs.
        seconds: Wall-clock time.
        not_listed: Single bookings asked for that Cal.com does not list.
    """

    run_id: str
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    reads: list[dict[str, Any]] = field(default_factory=list)
    quarantined: int = 0
    schema_drift: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    needs_proof: bool = False
    requests: int = 0
    booking_requests: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    not_listed: list[str] = field(default_factory=list)

    def then(self, later: SyncResult) -> SyncResult:
        """Return the result of this run and a later one of the same sync together."""
        proofs = {(p.resource, p.scope, p.window_name): p for p in [*self.proofs, *later.proofs]}
        return SyncResult(
            run_id=later.run_id,
            tables=_added(self.tables, later.tables),
            reads=[*self.reads, *later.reads],
            quarantined=self.quarantined + later.quarantined,
            schema_drift=[*self.schema_drift, *later.schema_drift],
            proofs=list(proofs.values()),
            needs_proof=self.needs_proof or later.needs_proof,
            requests=self.requests + later.requests,
            booking_requests=self.booking_requests + later.booking_requests,
            seconds=self.seconds + later.seconds,
            not_listed=[*self.not_listed, *later.not_listed],
        )

    @property
    def exit_code(self) -> ExitCode:
        """The code that asks most of the user."""
        if any(read["status"] == ReadStatus.FAILED for read in self.reads):
            return ExitCode.INCOMPLETE
        if self.held:
            return ExitCode.HELD
        if not self.is_proved:
            return ExitCode.UNPROVED
        return ExitCode.QUARANTINED if self.quarantined else ExitCode.DONE

    @property
    def outcome(self) -> str:
        """The exit code in a word."""
        return _OUTCOMES[self.exit_code]

    @property
    def is_proved(self) -> bool:
        """True when every count agrees, and there is one where there should be."""
        return all(proof.is_proved for proof in self.proofs) and (
            bool(self.proofs) or not self.needs_proof
        )

    @property
    def held(self) -> int:
        """Rows that vanished without a known cause and were kept."""
        return sum(counts["held"] for counts in self.tables.values())

    @property
    def skipped(self) -> list[dict[str, Any]]:
        """The reads that were not made, with their reasons."""
        return [read for read in self.reads if read["status"] == ReadStatus.SKIPPED]


_OUTCOMES: Final = {
    ExitCode.DONE: "proved",
    ExitCode.QUARANTINED: "quarantined",
    ExitCode.UNPROVED: "unproved",
    ExitCode.HELD: "held",
    ExitCode.INCOMPLETE: "incomplete",
}


def sync(
    warehouse: Warehouse, new_extraction: Callable[..., Extraction], options: SyncOptions
) -> SyncResult:
    """Bring the warehouse up to date with Cal.com.

    Args:
        warehouse: The open warehouse.
        new_extraction: Makes a run's extraction, not strict, with the keyword arguments given;
            called again for further parts, for repairs and for details.
        options: What to sync.

    Raises:
        UsageError: The options name no table.
        LeaseHeld: Another run is writing the warehouse.
        ViewLost: The key may not list any more what fills the warehouse; nothing was changed.
        CalError: Cal.com could not be read; what was published before is unchanged.
        WarehouseError: The warehouse could not be written; likewise unchanged.
    """
    resources = options.resources()
    with writing(warehouse, "sync"), warehouse.bounded(options.memory_mb):
        return _sync(warehouse, new_extraction, options, resources)


def _sync(
    warehouse: Warehouse,
    new_extraction: Callable[..., Extraction],
    options: SyncOptions,
    resources: Sequence[str],
) -> SyncResult:
    publish_left_over(warehouse, utc_now())
    is_ordinary = "bookings" in resources and options.is_ordinary
    with (
        working_folder(warehouse) as folder,
        _Runs(warehouse, new_extraction, options, folder) as run,
    ):
        with warehouse.filled_in_parts() if run.is_filling else nullcontext():
            result = run.once(resources, keys=options.keys())
            if is_ordinary:
                result = run.further_parts(result)
        if is_ordinary:
            result = run.repaired(result)
        for table in options.details:
            uids = bookings_without_details(warehouse, table, options.detail_requests)
            if uids:
                result = result.then(run.once((table,), detail_uids=uids))
                remember_details(warehouse, table, result.run_id)
    return result


def publish_left_over(warehouse: Warehouse, now: datetime) -> list[Published]:
    """Publish what a run that broke off had landed completely; drop what it had not.

    A landing that publishing refuses is dropped too: the cursors did not move, so it is read again.
    """
    published = []
    for run_id in complete_landings(warehouse):
        try:
            published.append(publish(warehouse, run_id, now))
        except PublishError as error:
            logger.warning("the landing of run %s was dropped: %s", run_id, error)
    with warehouse.transaction():
        drop_landing(warehouse)
    warehouse.execute("update ops.runs set outcome = 'interrupted' where outcome = 'running'")
    return published


class _Runs:
    """The runs that one sync is made of: each lands, publishes and proves by itself."""

    def __init__(
        self,
        warehouse: Warehouse,
        new_extraction: Callable[..., Extraction],
        options: SyncOptions,
        folder: str,
    ) -> None:
        self._warehouse = warehouse
        self._new_extraction = new_extraction
        self._options = options
        self._folder = Path(folder)
        self._view: Target | None = None
        self._next: NextPart | None = None
        self._requests_counted: int | None = None

    def __enter__(self) -> _Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop_next()

    def once(
        self,
        resources: Sequence[str],
        *,
        reads: BookingReads | None = None,
        **extraction_options: Any,
    ) -> SyncResult:
        """Make one run; without `reads` it plans which bookings to read."""
        extraction = self._extraction(**extraction_options)
        return self._run(extraction, resources, reads)

    def _extraction(self, **options: Any) -> Extraction:
        """Make a run's extraction; which view the key has is asked once per sync."""
        extraction = self._new_extraction(**options)
        extraction.booking_view = self._view
        return extraction

    def further_parts(self, result: SyncResult) -> SyncResult:
        """Read the rest of a large account, each part published, then what changed meanwhile."""
        reached: set[datetime] = set()
        while further := self._positions() - reached:
            reached |= further
            result = result.then(self._further_part(further))
        if not reached or self._view is None:
            return result
        cursor = cursors(self._warehouse)[self._view.scope]
        changes = changes_since(cursor, self._options)
        return result.then(self.once(_BOOKINGS, reads=changes))

    def _further_part(self, positions: set[datetime]) -> SyncResult:
        """Make the run that goes on at the published position, read ahead or not."""
        part = self._next
        if part is not None and positions == {part.reads.created_from}:
            return self._run(part.extraction, _BOOKINGS, part.reads)
        self._drop_next()
        return self.once(_BOOKINGS)

    def _drop_next(self) -> None:
        if self._next is not None:
            self._next.stop()
            self._next = None

    @property
    def is_filling(self) -> bool:
        """Whether a first load begins or goes on."""
        return bool(self._positions()) or not self._warehouse.has_rows("raw.bookings")

    def _positions(self) -> set[datetime]:
        """Return up to where the views are read whose reading is not at its end."""
        positions = {cursor.position_at for cursor in cursors(self._warehouse).values()}
        return {position for position in positions if position is not None}

    def repaired(self, result: SyncResult) -> SyncResult:
        """Read again what Cal.com counts differently, until it agrees or two tries were made."""
        for _ in range(_MOST_REPAIRS):
            counts = [proof for proof in result.proofs if proof.window_name != KEYS]
            if result.held or all(proof.is_proved for proof in counts):
                break
            extraction = self._extraction()
            try:
                reads = self._repair_reads(extraction, counts)
            except CalError as error:
                logger.warning("the difference could not be located: %s", error)
                break
            result = self.further_parts(result.then(self._run(extraction, _BOOKINGS, reads)))
        return result

    def _repair_reads(self, extraction: Extraction, proofs: Sequence[Proof]) -> BookingReads | None:
        plan = plan_bookings(self._warehouse, extraction, replace(self._options, full=False))
        if plan.is_whole:
            return plan
        windows = windows_to_repair(self._warehouse, extraction, proofs)
        if windows is None:
            return plan_bookings(self._warehouse, extraction, replace(self._options, full=True))
        edges = {at for p in proofs if not p.is_proved for at in (p.start_at, p.end_at)}
        counted = tuple(sorted(edges - {BEGINNING, END_OF_TIME}))
        return replace(plan, windows=windows, seated_event_types=(), counted_from=counted)

    def _run(
        self, extraction: Extraction, resources: Sequence[str], reads: BookingReads | None
    ) -> SyncResult:
        options = self._options
        settings = {
            "tables": list(resources),
            "only": list(options.only),
            "since": options.since.isoformat() if options.since else None,
            "full": options.full,
            "reread_requests": options.reread_requests,
        }
        with recorded_run(
            self._warehouse,
            extraction.run_id,
            "sync",
            settings,
            clock=extraction.clock,
            requests=lambda: extraction.client.requests_made,
        ) as record:
            result = self._read_and_publish(extraction, resources, reads)
            record.outcome, record.exit_code = result.outcome, result.exit_code
        return result

    def _read_and_publish(
        self, extraction: Extraction, resources: Sequence[str], reads: BookingReads | None
    ) -> SyncResult:
        started, client = extraction.clock(), extraction.client
        if self._requests_counted is None:
            self._requests_counted = client.requests_made
        wants_bookings = "bookings" in resources
        if wants_bookings and reads is None:
            reads, resources = self._planned(extraction, resources)
        self._land(extraction, reads or BookingReads(), resources)
        self._warehouse.release_memory()  # publishing needs none of what loading has kept
        begin(Step.PUBLISH)
        published = publish(
            self._warehouse,
            extraction.run_id,
            extraction.clock(),
            accepts_losses=self._options.accept_losses,
            proves_keys=self._options.full,
        )
        forget_details(self._warehouse)
        begin(Step.PROOF)
        proofs = prove_keys(self._warehouse, extraction, published.keys)
        if "bookings" in resources:
            proofs += _prove(self._warehouse, extraction)
        self._warehouse.release_memory()  # a next part begins with loading
        counted, self._requests_counted = self._requests_counted, client.requests_made
        return SyncResult(
            run_id=extraction.run_id,
            tables=_table_counts(self._warehouse, published),
            reads=list(extraction.ledger.iter_reads()),
            quarantined=len(extraction.ledger.quarantined),
            schema_drift=list(extraction.ledger.iter_drift(extraction.run_id)),
            proofs=proofs,
            needs_proof=wants_bookings,
            requests=self._requests_counted - counted,
            booking_requests=extraction.ledger.requests.copy(),
            seconds=(extraction.clock() - started).total_seconds(),
            not_listed=[c.row_key for c in extraction.ledger.coverage if c.row_key],
        )

    def _land(self, extraction: Extraction, reads: BookingReads, resources: Sequence[str]) -> None:
        """Read a run, or wait until it is read; then let the next part be read, and land this."""
        begin(Step.EXTRACT)
        folder = self._folder_of(extraction)
        if self._next is not None and self._next.extraction is extraction:
            self._next.wait()
            self._next, has_rows = None, True
        else:
            whole = self._options.full
            has_rows = read(
                self._warehouse, extraction, reads, resources, folder, lands_unchanged=whole
            )
        self._view = extraction.booking_view
        if following := reads_after(extraction, reads):
            later = self._extraction()
            self._next = NextPart(self._warehouse, later, following, self._folder_of(later))
        land(self._warehouse, extraction, folder, has_rows=has_rows)

    def _folder_of(self, extraction: Extraction) -> str:
        return str(self._folder / extraction.run_id)

    def _planned(
        self, extraction: Extraction, resources: Sequence[str]
    ) -> tuple[BookingReads, Sequence[str]]:
        """Plan which bookings to read; when they cannot be asked about, the rest is read."""
        started = extraction.clock()
        try:
            return plan_bookings(self._warehouse, extraction, self._options), resources
        except CalError as error:
            view, *_ = booking_views(extraction)
            extraction.settle("bookings", view, error, started)
            return BookingReads(), [name for name in resources if name != "bookings"]


def _prove(warehouse: Warehouse, extraction: Extraction) -> list[Proof]:
    """Prove the bookings; a run whose proof cannot be had stays published."""
    try:
        probe_tombstones(warehouse, extraction)
        return prove_bookings(warehouse, extraction)
    except CalError as error:
        logger.warning("the bookings could not be counted: %s", error)
        return []


def _table_counts(warehouse: Warehouse, published: Published) -> dict[str, dict[str, int]]:
    rows = row_counts(warehouse)
    return {
        name: {
            "rows": rows[name],
            "written": published.written.get(name, 0),
            "changed": published.changed.get(name, 0),
            "retired": published.retired.get(name, 0),
            "held": published.held.get(name, 0),
        }
        for name in TABLES
    }


def _added(
    first: dict[str, dict[str, int]], later: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """Return the rows there are now, and what both runs wrote, changed, retired and held."""
    return {
        name: {
            what: number + (0 if what == "rows" else first[name][what])
            for what, number in counts.items()
        }
        for name, counts in later.items()
    }
