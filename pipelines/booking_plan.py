"""How many bookings a sync reads: all when that is cheap, else what changed and what may have.

Attendee no-shows, seats and deletions do not move `updatedAt`, so an incremental read alone
misses them. An account whose bookings fit the re-read budget is therefore read whole every time;
a larger one gets its changes, and a window around the present, where such things happen.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from cal_source.bookings import PAGE_SIZE, BookingReads, Window, booking_view, count_bookings
from cal_source.source import OVERLAP

if TYPE_CHECKING:
    from cal_source.extraction import Extraction
    from cal_source.fanouts import Target
    from pipelines.sync import SyncOptions
    from pipelines.warehouse import Warehouse

DEFAULT_REREAD_REQUESTS: Final = 20
_DAYS_BACK: Final = (30, 14, 7, 3, 1)
_DAYS_AHEAD: Final = timedelta(days=7)
_END_OF_WALK: Final = 2  # the page that brings nothing new, and one long run of equal values


def plan_bookings(
    warehouse: Warehouse, extraction: Extraction, options: SyncOptions
) -> BookingReads:
    """Decide which bookings a sync reads.

    Raises:
        CalError: Cal.com does not answer.
    """
    uids = tuple(options.keys().get("bookings", ()))
    if uids:
        return BookingReads(uids=uids)
    if options.since is not None:
        return BookingReads(options.since, page_size=options.page_size)
    view = booking_view(extraction)
    cursor = warehouse.scalar(
        "select cursor_at from ops.cursors where resource = 'bookings' and scope = ?", [view.scope]
    )
    if options.full or cursor is None:
        return BookingReads(page_size=options.page_size)
    total = count_bookings(extraction, view)
    if ceil(total / PAGE_SIZE) + _END_OF_WALK <= options.reread_requests:
        return BookingReads(page_size=options.page_size, total=total)
    window = _affordable_window(extraction, view, options.reread_requests)
    return BookingReads(cursor - OVERLAP, (window,) if window else (), options.page_size)


def _affordable_window(extraction: Extraction, view: Target, requests: int) -> Window | None:
    """Return the widest window around now whose bookings fit the budget."""
    now = extraction.clock()
    for days in _DAYS_BACK:
        window = Window(now - timedelta(days=days), now + _DAYS_AHEAD)
        count = count_bookings(extraction, view, window)
        if ceil(count / PAGE_SIZE) + _END_OF_WALK <= requests:
            return window
    return None
