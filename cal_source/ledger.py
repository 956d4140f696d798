"""What a run read, skipped and could not use, kept beside the rows it brought.

Every read of a list or object leaves one `ReadRecord`. A table without rows is thereby never
unexplained: it was read and is empty, or it was skipped, and the reason stands here.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from cal_source.columns import Drift
    from cal_source.records import Quarantined


BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME: Final = datetime(2999, 1, 1, tzinfo=UTC)


class ReadStatus(StrEnum):
    """How a read ended.

    `COMPLETE`: every row of its scope was seen, so what was not seen is gone. `PARTIAL`: some
    rows were read on purpose or by a filter; absence means nothing. `SKIPPED`: not read, the
    earlier rows stay. `FAILED`: broke off; the earlier rows stay.
    """

    COMPLETE = "complete"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One read of one list or object.

    Attributes:
        run_id: The run.
        resource: The table it feeds.
        operation: Key of the catalogue row.
        scope: The view of Cal.com, e.g. `organization:101`.
        status: How it ended.
        reason: Why it was skipped or failed; empty otherwise.
        rows: Records that became rows.
        quarantined: Records that did not.
        requests: HTTP requests it took, tries included.
        started_at: Start of the read, UTC.
        finished_at: End of the read, UTC.
        cursor_at: Bookings only: every change Cal.com stamped before this instant was read.
        position_at: Bookings read in parts only: all created before this instant were read.
        is_unchanged: Whether the table holds exactly what was read already, so that none of its
            rows was loaded.
    """

    run_id: str
    resource: str
    operation: str
    scope: str
    status: ReadStatus
    reason: str
    rows: int
    quarantined: int
    requests: int
    started_at: datetime
    finished_at: datetime
    cursor_at: datetime | None = None
    position_at: datetime | None = None
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """A part of a table that a run read completely: what it did not see of it is gone.

    Attributes:
        run_id: The run.
        resource: The table.
        scope: The view of Cal.com.
        bound_by: What bounds the part: start, created_at or uid.
        from_at: Its first instant.
        to_at: The instant behind its last one.
        row_key: The uid, of a single row.
    """

    run_id: str
    resource: str
    scope: str
    bound_by: str
    from_at: datetime = BEGINNING
    to_at: datetime = END_OF_TIME
    row_key: str = ""


@dataclass(slots=True)
class Ledger:
    """Collects the reads, quarantined records and schema drift of one run.

    Attributes:
        reads: Every read made or skipped.
        quarantined: Records that did not become rows, with their scope.
        drift: Fields that differ from their declaration, and in how many records.
        coverage: Parts of tables that were read completely.
        requests: Requests to the bookings list, by purpose.
        confirmed: Bookings that were read and stand in the warehouse as they were read, so that
            none of their rows is landed; columns `uid`, `_scope`, `_run_id`, `_loaded_at`.
    """

    reads: list[ReadRecord] = field(default_factory=list)
    quarantined: list[tuple[str, Quarantined]] = field(default_factory=list)
    drift: Counter[Drift] = field(default_factory=Counter)
    coverage: list[Coverage] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    confirmed: list[pa.Table] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count_request(self, purpose: str) -> None:
        """Count a request to the bookings list; workers may call this at the same time."""
        with self._lock:
            self.requests[purpose] += 1

    def mark_unchanged(self, resource: str) -> None:
        """Mark the reads of a resource as having brought nothing new."""
        self.reads = [
            replace(read, is_unchanged=True) if read.resource == resource else read
            for read in self.reads
        ]

    def iter_coverage(self) -> Iterator[dict[str, Any]]:
        """Yield the coverage as rows."""
        for part in self.coverage:
            yield asdict(part)

    def iter_reads(self) -> Iterator[dict[str, Any]]:
        """Yield the reads as rows."""
        for read in self.reads:
            yield {**asdict(read), "status": str(read.status)}

    def iter_quarantined(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the quarantined records as rows."""
        for number, (scope, entry) in enumerate(self.quarantined, start=1):
            row = {"resource": entry.table, "record_key": entry.key, "reason": entry.reason}
            yield {
                "run_id": run_id,
                "number": number,
                "scope": scope,
                **row,
                "record": entry.record,
            }

    def iter_drift(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the schema drift as rows, one per table, field, kind and found type."""
        for entry, count in sorted(self.drift.items()):
            yield {
                "run_id": run_id,
                "table_name": entry.table,
                "field": entry.field,
                "kind": entry.kind,
                "found": entry.found,
                "record_count": count,
            }
