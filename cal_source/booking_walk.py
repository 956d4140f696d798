"""Reading bookings completely: windows by start, then all by creation time or what changed.

Everything is walked by value (`cal_source.walk`). Order matters: a booking that moves out of a
window before that is read has been stamped by then, so the changes, read afterwards, bring it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from cal_source.batches import join_batches
from cal_source.bookings import (
    RESOURCE,
    BookingReads,
    booking_view,
    count_bookings,
    fetch_bookings,
    total_of,
)
from cal_source.errors import BadRequestError, CalError
from cal_source.ledger import BEGINNING, END_OF_TIME, Coverage, ReadStatus
from cal_source.pages import status_of
from cal_source.tables import TABLES
from cal_source.typed_records import as_they_came
from cal_source.walk import (
    BY_CREATED,
    BY_START,
    BY_UPDATED,
    check_booking_page,
    check_is_list,
    instant,
    parse_instant,
    walk_by_value,
    walk_side_by_side,
)
from cal_source.walk.keys import field_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from cal_source.answer import Answer
    from cal_source.batches import Batch
    from cal_source.extraction import Extraction
    from cal_source.fanouts import Target

logger = logging.getLogger("cal_source")

_TICK: Final = timedelta(milliseconds=1)
_COUNTED_AS_A_WHOLE: Final = frozenset({
    "take", "skip", "sortCreated", "sortUpdatedAt",
    "afterCreatedAt", "beforeCreatedAt", "afterUpdatedAt", "beforeUpdatedAt",
})  # fmt: skip


def read_bookings(extraction: Extraction, reads: BookingReads) -> Iterator[Batch]:
    """Read bookings and write down how that ended.

    Yields:
        One batch for several pages. Of a booking that is in several, the later page counts.

    Raises:
        CalError: As `Extraction.settle` decides.
    """
    view = booking_view(extraction)
    walk = _Walk(extraction, view, reads)
    started = extraction.clock()
    try:
        with closing(walk.batches()) as batches:
            yield from join_batches(batches, RESOURCE)
    except CalError as error:
        extraction.settle(RESOURCE, view, error, started)
        return
    walk.count()
    extraction.ledger.coverage += walk.coverage()
    extraction.write_down(
        RESOURCE,
        view,
        walk.status,
        at=(started, extraction.clock()),
        counts=(len(walk.seen), walk.quarantined, walk.requests),
        reached=(walk.cursor_at(started), walk.position),
    )


class _Walk:
    """One reading of the bookings of a view, and what it has seen."""

    def __init__(self, extraction: Extraction, view: Target, reads: BookingReads) -> None:
        self._extraction = extraction
        self._view = view
        self._reads = reads
        self._newest: datetime | None = None
        self._server_started: datetime | None = None
        self._has_nameless = False
        self._is_checked = False
        self._lock = threading.Lock()
        self._absent: list[str] = []
        self.position: datetime | None = None
        self.seen: set[str] = set()
        self.requests = 0
        self.quarantined = 0

    @property
    def status(self) -> ReadStatus:
        """Complete when a booking of the view that was not seen is gone."""
        reads = self._reads
        whole = reads.is_whole and reads.created_from is None and self.position is None
        return ReadStatus.COMPLETE if whole and not self._has_nameless else ReadStatus.PARTIAL

    def coverage(self) -> list[Coverage]:
        """Return the parts of the view that were read completely."""
        if self._has_nameless:
            return []
        reads, run_id = self._reads, self._extraction.run_id
        cover = partial(Coverage, run_id, RESOURCE, self._view.scope)
        parts = [cover("start", w.start_at, w.end_at) for w in reads.windows]
        parts += [cover("uid", row_key=uid) for uid in self._absent]
        if reads.is_whole:
            parts.append(
                cover(
                    "created_at",
                    reads.created_from or BEGINNING,
                    self.position or END_OF_TIME,
                )
            )
            if self.position is None:
                parts += [Coverage(run_id, RESOURCE, s, "created_at") for s in reads.supersedes]
        return parts

    def cursor_at(self, started: datetime) -> datetime | None:
        """Return the instant before which every stamped change was read, None without any.

        Never later than the start of the walk by the server's clock: a booking read early may have
        changed while later ones were read. The newest change of a first part is no measure: the
        other parts may hold later ones that will be read whole.
        """
        reads = self._reads
        if reads.uids or not (reads.is_whole or reads.changed_since):
            return None
        if reads.created_from is not None:
            return reads.changes_from
        if self.position is not None and self._server_started is not None:
            return self._server_started
        if self._newest is None:
            return None
        return min(self._newest, self._server_started or started)

    def count(self) -> None:
        """Ask for the counts that the proof needs; without an answer the proof goes without."""
        try:
            for instant_ in self._reads.counted_from:
                self._extraction.booking_counts[instant_] = count_bookings(
                    self._extraction, self._view, instant_
                )
        except CalError as error:
            logger.warning("the bookings could not be counted: %s", error)

    def batches(self) -> Generator[Batch]:
        """Yield the pages of every walk that the reads ask for."""
        for pages in self._walks():
            with closing(pages):  # else threads of a walk that broke off would wait for ever
                for page in pages:
                    yield self._batch(page)

    def _walks(self) -> Iterator[Generator[Sequence[Any]]]:
        reads, size = self._reads, self._reads.page_size
        if reads.uids:
            yield (self._one(uid) for uid in reads.uids)
            return
        for window in reads.windows:
            yield walk_by_value(
                self._fetch("windows"),
                keys=BY_START,
                start=window.start_at,
                end=window.end_at - _TICK,
                page_size=size,
            )
        if reads.seated_event_types:
            yield self._seated()
        if reads.is_whole:
            yield self._whole()
        elif reads.changed_since is not None:
            # The end lies ahead of every clock: what changes meanwhile is read here or next time.
            yield walk_by_value(
                self._fetch("changes"),
                keys=BY_UPDATED,
                start=reads.changed_since,
                end=END_OF_TIME,
                page_size=size,
            )

    def _one(self, uid: str) -> Sequence[Any]:
        # The list, not GET by uid: that one leaves seated attendees out for some keys.
        page = self._fetch("uids")({"bookingUid": uid}, self._reads.page_size)
        if not page:
            self._absent.append(uid)
        return page

    def _seated(self) -> Generator[Sequence[Any]]:
        """Read the upcoming bookings of event types with seats.

        Yields:
            Pages.
        """
        fixed = {
            "afterStart": instant(self._extraction.clock()),
            "eventTypeIds": ",".join(map(str, self._reads.seated_event_types)),
        }
        try:
            yield from walk_by_value(
                self._fetch("seated", fixed), keys=BY_CREATED, page_size=self._reads.page_size
            )
        except BadRequestError as error:  # none of the event types is there any more
            logger.info("no bookings of seated event types: %s", error)

    def _whole(self) -> Generator[Sequence[Any]]:
        """Read by creation time: in a row, or a large account's next part slice beside slice.

        Yields:
            Pages.
        """
        low = self._reads.created_from
        first_walk = self._by_created(low, None, expected=None if low else self._total)
        first = next(first_walk, None)
        if first is None:
            return
        yield first
        slices = self._slices(len(first), parse_instant(field_of(first[-1], "createdAt")))
        if not slices:
            yield from first_walk
            return
        self.position = slices[-1][1]
        walks = [partial(self._by_created, low, high) for low, high in slices]
        yield from walk_side_by_side(walks, self._reads.workers)

    def _slices(
        self, read: int, reached: datetime | None
    ) -> list[tuple[datetime, datetime | None]]:
        """Cut what is left of a large account into slices of about equal size; the next few.

        Cal.com tells no count by creation time, so time is cut evenly.
        """
        left = (self._extraction.booking_total or 0) - self._reads.read_before - read
        if left <= self._reads.slice_size or reached is None:
            return []
        number = ceil(left / self._reads.slice_size)
        width = (self._started() - reached) / number
        if width < _TICK:
            return []
        edges = [_whole_tick(reached + width * n) for n in range(number)]
        ends: list[datetime | None] = [*edges[1:], None]
        return list(zip(edges, ends, strict=True))[: self._reads.most_slices]

    def _by_created(
        self,
        low: datetime | None,
        high: datetime | None,
        expected: Callable[[], int | None] | None = None,
    ) -> Generator[Sequence[Any]]:
        """Walk the bookings created at or after `low` and before `high`."""
        return walk_by_value(
            self._fetch("whole"),
            keys=BY_CREATED,
            start=low,
            end=high and high - _TICK,
            page_size=self._reads.page_size,
            expected=expected or (lambda: None),
        )

    def _total(self) -> int | None:
        return self._extraction.booking_total

    def _started(self) -> datetime:
        return self._server_started or self._extraction.clock()

    def _fetch(
        self, purpose: str, fixed: Mapping[str, str] | None = None
    ) -> Callable[[Mapping[str, str], int], Sequence[Any]]:
        def fetch(params: Mapping[str, str], take: int) -> Sequence[Any]:
            asked = {**(fixed or {}), **params, "take": take}
            answer = fetch_bookings(self._extraction, self._view, asked, purpose)
            records = check_is_list(answer.data, "the bookings list")
            with self._lock:
                self._note(answer, records, asked)
            return records

        return fetch

    def _note(self, answer: Answer, records: Sequence[Any], asked: Mapping[str, object]) -> None:
        self.requests += 1  # the client's own count is shared by all resources
        if not self._is_checked:
            check_booking_page(as_they_came(records))
            self._is_checked = True
        self._server_started = self._server_started or answer.sent_at
        if asked.keys() <= _COUNTED_AS_A_WHOLE:
            self._extraction.booking_total = total_of(answer, "the bookings list")

    def _batch(self, page: Sequence[Any]) -> Batch:
        batch, parsed = self._extraction.batch(
            TABLES[RESOURCE], page, self._view.scope, loaded_at=self._extraction.clock()
        )
        self.quarantined += len(parsed.quarantined)
        self._has_nameless |= status_of(parsed) is ReadStatus.PARTIAL
        if RESOURCE in parsed.tables:
            uids = parsed.tables[RESOURCE]["uid"].to_pylist()
            self.seen.update(uids)
            self._extraction.read_uids += uids
        newest = parse_instant(batch.updated_at)
        if newest is not None:
            self._newest = max(newest, self._newest or newest)
        total = self._extraction.booking_total if self._reads.is_whole else None
        self._extraction.progress(RESOURCE, len(self.seen) + self._reads.read_before, total)
        return batch


def _whole_tick(value: datetime) -> datetime:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)
