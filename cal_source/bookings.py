"""Reading bookings completely: which view of them, which part, and how many there are.

Bookings are the one large list, and the one whose paging loses rows. They are walked by value
(`cal_source.walk`), all of them by creation time, changes by `updatedAt`, windows by start time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import operation
from cal_source.errors import CalError, ForbiddenError, ShapeError, short_reason
from cal_source.extraction import status_of
from cal_source.ledger import ReadStatus
from cal_source.tables import TABLES
from cal_source.targets import Skip, targets_of
from cal_source.walk import (
    BY_CREATED,
    BY_START,
    BY_UPDATED,
    check_booking_page,
    check_filters_honoured,
    check_is_list,
    instant,
    parse_instant,
    walk_by_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cal_source.extraction import Batch, Extraction
    from cal_source.fanouts import Target

PAGE_SIZE: Final = 250
_RESOURCE: Final = "bookings"


@dataclass(frozen=True, slots=True)
class Window:
    """Bookings that start at or after `start_at` and end at or before `end_at`, both UTC."""

    start_at: datetime
    end_at: datetime

    def params(self) -> dict[str, str]:
        """Return the window as filters of the bookings list; both bounds are inclusive."""
        return {"afterStart": instant(self.start_at), "beforeEnd": instant(self.end_at)}


@dataclass(frozen=True, slots=True)
class BookingReads:
    """Which bookings a run reads.

    Attributes:
        changed_since: Read what changed at or after this instant; None reads every booking.
        windows: Start-time windows to read besides, whatever changed.
        page_size: Bookings per request, 1 to 250.
        uids: Read these bookings only; the fields above are then not used.
        total: How many to expect, for the progress; None asks Cal.com when all are read.
    """

    changed_since: datetime | None = None
    windows: tuple[Window, ...] = ()
    page_size: int = PAGE_SIZE
    uids: tuple[str, ...] = ()
    total: int | None = None

    @property
    def is_everything(self) -> bool:
        """True when every booking is read, so that one not seen is gone."""
        return self.changed_since is None and not self.uids


def booking_view(extraction: Extraction) -> Target:
    """Return the widest view of bookings the key has: the organisation's, else the user's own.

    The first call asks Cal.com for bookings changed in the far future: none must come, or the
    server ignores filters and every incremental read would be wrong. A view that is refused is
    written down as skipped.

    Raises:
        CalError: No view can be read, or Cal.com does not answer.
        ShapeError: The server ignores filters, or answers in another version's shape.
    """
    if extraction.booking_view is not None:
        return extraction.booking_view
    targets = targets_of(extraction, _RESOURCE)
    for skip in targets.skips:
        extraction.skip(_RESOURCE, skip)
    *wider, own = [target for target, _ in targets.reads]
    for target in wider:
        try:
            check_filters_honoured(_fetcher(extraction, target, on_page=None))
        except ForbiddenError as error:
            extraction.skip(_RESOURCE, Skip(target.operation, target.scope, short_reason(error)))
        else:
            extraction.booking_view = target
            return target
    check_filters_honoured(_fetcher(extraction, own, on_page=None))
    extraction.booking_view = own
    return own


def count_bookings(extraction: Extraction, view: Target, window: Window | None = None) -> int:
    """Return how many bookings a view holds, by Cal.com's own total.

    The total honours start, end and status filters; it ignores created and updated ones, which
    is why only windows can be asked for (recordings `bookings_*`, measured).

    Raises:
        CalError: Cal.com does not answer.
        ShapeError: The answer has no total.
    """
    params = {"take": 1, **(window.params() if window else {})}
    answer = extraction.client.get(operation(view.operation), path=view.path, params=params)
    total = (answer.pagination or {}).get("totalItems")
    if not isinstance(total, int):
        raise ShapeError(
            f"GET {operation(view.operation).path}",
            "the answer has no pagination.totalItems",
            "Cal.com sends it since May 2025; update a self-hosted server",
        )
    return total


def read_bookings(extraction: Extraction, reads: BookingReads) -> Iterator[Batch]:
    """Read bookings and write down how that ended.

    Yields:
        One batch per page. Of a booking that is in several, the later page counts.

    Raises:
        CalError: As `Extraction.settle` decides.
    """
    view = booking_view(extraction)
    walk = _Walk(extraction, view, reads)
    started = extraction.clock()
    try:
        yield from walk.batches()
    except CalError as error:
        extraction.settle(_RESOURCE, view, error, started)
        return
    extraction.write_down(
        _RESOURCE,
        view,
        walk.status,
        at=(started, extraction.clock()),
        counts=(len(walk.seen), walk.quarantined, walk.requests),
        cursor_at=walk.cursor_at(started),
    )


class _Walk:
    """One reading of the bookings of a view, and what it has seen."""

    def __init__(self, extraction: Extraction, view: Target, reads: BookingReads) -> None:
        self._extraction = extraction
        self._view = view
        self._reads = reads
        self._total: int | None = None
        self._newest: datetime | None = None
        self._has_nameless = False
        self.seen: set[str] = set()
        self.requests = 0
        self.quarantined = 0

    @property
    def status(self) -> ReadStatus:
        """Complete when a booking that was not seen is gone."""
        whole = self._reads.is_everything and not self._has_nameless
        return ReadStatus.COMPLETE if whole else ReadStatus.PARTIAL

    def cursor_at(self, started: datetime) -> datetime | None:
        """Return the instant before which every stamped change was read, None without any.

        Never later than the start of the walk: a booking read early may have changed while
        later ones were read.
        """
        if self._newest is None or self._reads.uids:
            return None
        return min(self._newest, started)

    def batches(self) -> Iterator[Batch]:
        """Yield the pages of every walk that the reads ask for."""
        for pages in self._walks():
            for page in pages:
                yield self._batch(page)

    def _walks(self) -> Iterator[Iterator[Sequence[Any]]]:
        size = self._reads.page_size
        since = self._reads.changed_since
        for uid in self._reads.uids:
            # The list, not GET by uid: that one leaves seated attendees out for some keys.
            yield iter([self._fetch()({"bookingUid": uid}, size)])
        if self._reads.uids:
            return
        if since is None:
            counted = self._reads.total
            if counted is None:
                counted = count_bookings(self._extraction, self._view)
            self._total = counted
            yield walk_by_value(self._fetch(), keys=BY_CREATED, page_size=size)
        else:
            # The end lies ahead of every clock: what changes meanwhile is read here or next time.
            end = datetime(2999, 1, 1, tzinfo=UTC)
            yield walk_by_value(
                self._fetch(), keys=BY_UPDATED, start=since, end=end, page_size=size
            )
        for window in self._reads.windows:
            bound = {"beforeEnd": instant(window.end_at)}
            yield walk_by_value(
                self._fetch(bound), keys=BY_START, start=window.start_at, page_size=size
            )

    def _fetch(self, fixed: Mapping[str, str] | None = None) -> Callable[..., Sequence[Any]]:
        first = True

        def check(records: Sequence[Any]) -> None:
            nonlocal first
            self.requests += 1  # the client's own count is shared by all resources
            if first:
                check_booking_page(records)
            first = False

        return _fetcher(self._extraction, self._view, on_page=check, fixed=fixed)

    def _batch(self, page: Sequence[Any]) -> Batch:
        batch, parsed = self._extraction.batch(
            TABLES[_RESOURCE], page, self._view.scope, loaded_at=self._extraction.clock()
        )
        self.quarantined += len(parsed.quarantined)
        self._has_nameless |= status_of(parsed) is ReadStatus.PARTIAL
        uids = [row["uid"] for row in parsed.rows[_RESOURCE]]
        self.seen.update(uids)
        self._extraction.read_uids += uids
        newest = parse_instant(batch.updated_at)
        if newest is not None:
            self._newest = max(newest, self._newest or newest)
        self._extraction.progress(_RESOURCE, len(self.seen), self._total)
        return batch


def _fetcher(
    extraction: Extraction,
    view: Target,
    *,
    on_page: Callable[[Sequence[Any]], None] | None,
    fixed: Mapping[str, str] | None = None,
) -> Callable[[Mapping[str, str], int], Sequence[Any]]:
    row = operation(view.operation)

    def fetch(params: Mapping[str, str], take: int) -> Sequence[Any]:
        asked = {**(fixed or {}), **params, "take": take}
        answer = extraction.client.get(row, path=view.path, params=asked)
        records = check_is_list(answer.data, f"GET {row.path}")
        if on_page is not None:
            on_page(records)
        return records

    return fetch
