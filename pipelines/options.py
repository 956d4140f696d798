"""What a sync is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.bookings import OVERLAP, PAGE_SIZE, SLICE_SIZE, WORKERS
from cal_source.tables import DETAIL_TABLES, ROOT_TABLES, TABLES
from pipelines.details import DEFAULT_DETAIL_REQUESTS
from pipelines.errors import UsageError
from pipelines.proof_plan import DEFAULT_PROOF_REQUESTS

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cal_source.bookings import Window

DEFAULT_REREAD_REQUESTS: Final = 20
DEFAULT_MEMORY_MB: Final = 256


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What to sync.

    Attributes:
        only: Tables to read, roots or children, or single rows as `table:key`; empty: all.
        since: Read the bookings changed at or after this instant, instead of from the cursor.
        full: Read every booking, whatever the cursor says.
        window: Read the bookings that start in it, and no others; the cursor stays.
        accept_losses: Let rows go that vanished, however many they are and for whatever reason.
        overlap: How far changes are read back behind the last one seen: replica lag, long
            transactions and clock differences together must be less.
        reread_requests: Requests that may be spent on re-reading bookings that did not change.
        proof_requests: Requests that may be spent on counting bookings by month.
        page_size: Bookings per request, 1 to 250.
        workers: Most requests for bookings at a time.
        slice_size: Bookings that a worker reads in a row; see `BookingReads`.
        memory_mb: Most memory in MB that DuckDB may use for its part of the work.
        details: Tables to read that cost one request per booking.
        detail_requests: Most bookings to read details of in one sync, per table.
    """

    only: tuple[str, ...] = ()
    since: datetime | None = None
    full: bool = False
    window: Window | None = None
    accept_losses: bool = False
    overlap: timedelta = OVERLAP
    reread_requests: int = DEFAULT_REREAD_REQUESTS
    proof_requests: int = DEFAULT_PROOF_REQUESTS
    page_size: int = PAGE_SIZE
    workers: int = WORKERS
    slice_size: int = SLICE_SIZE
    memory_mb: int = DEFAULT_MEMORY_MB
    details: tuple[str, ...] = ()
    detail_requests: int = DEFAULT_DETAIL_REQUESTS

    @property
    def is_ordinary(self) -> bool:
        """True when the run reads what it finds needful, and may read more to mend what differs."""
        return self.since is None and self.window is None and not self.keys()

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
