"""Which bookings a sync reads.

Attendee no-shows, seats and deletions do not move `updatedAt`, so an incremental read alone
misses them. An account whose bookings fit the re-read budget is therefore read whole every time.
A larger one gets its changes, and with the budget

* a window around the present, where such things happen (at most half of the budget),
* the upcoming bookings of event types with seats (at most half of what is left then),
* the days whose bookings were read longest ago, in rotation, so that no row grows older than
  the account's size divided by the budget.

When a row was read stands in the row itself (`_loaded_at`), so the rotation needs no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from cal_source.bookings import BookingReads, Window, booking_view, booking_views
from pipelines.errors import ViewLost
from pipelines.proof_plan import instants_to_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cal_source.extraction import Extraction
    from cal_source.fanouts import Target
    from pipelines.options import SyncOptions
    from pipelines.warehouse import Warehouse

_DAYS_BACK: Final = (30, 14, 7, 3, 1)
_DAYS_AHEAD: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_PUBLISHED_SLICES: Final = 3  # of a reading in parts: 75,000 bookings at the default slice size
_END_OF_WALK: Final = 2  # the page that brings nothing new, and one long run of equal values


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading of a view goes on.

    Attributes:
        cursor_at: All changes stamped before this instant are in the warehouse.
        position_at: All bookings created before this instant are; None when all are.
    """

    cursor_at: datetime
    position_at: datetime | None


def cursors(warehouse: Warehouse) -> dict[str, Cursor]:
    """Return the cursors of all views of bookings, by scope."""
    rows = warehouse.rows(
        "select scope, cursor_at, position_at from ops.cursors where resource = 'bookings'"
    )
    return {row["scope"]: Cursor(row["cursor_at"], row["position_at"]) for row in rows}


def plan_bookings(
    warehouse: Warehouse, extraction: Extraction, options: SyncOptions
) -> BookingReads:
    """Decide which bookings a sync reads.

    Raises:
        CalError: Cal.com does not answer.
        ViewLost: The key may not list any more what fills the warehouse.
    """
    base = BookingReads(page_size=options.page_size, workers=options.workers)
    uids = tuple(options.keys().get("bookings", ()))
    if uids:
        return replace(base, uids=uids)
    if options.window is not None:
        return replace(base, whole=False, windows=(options.window,))
    if options.since is not None:
        return replace(base, changed_since=options.since)
    whole = replace(base, slice_size=options.slice_size, most_slices=_PUBLISHED_SLICES)
    known = cursors(warehouse)
    view = booking_view(extraction)
    supersedes = _superseded(extraction, view, known, accepts=options.accept_losses)
    whole = replace(whole, supersedes=supersedes)
    cursor = known.get(view.scope)
    if cursor is not None and cursor.position_at is not None:
        return _next_part(warehouse, view, whole, cursor)
    rows = int(
        warehouse.scalar(
            "select count(*) from raw.bookings where _scope = $scope", {"scope": view.scope}
        )
    )
    fits = _cost(rows, options.page_size) <= options.reread_requests
    if options.full or cursor is None or fits:
        return whole
    return _changes(warehouse, extraction, view, cursor, options)


def _superseded(
    extraction: Extraction, view: Target, known: dict[str, Cursor], *, accepts: bool
) -> tuple[str, ...]:
    """Return the other views whose rows this one replaces, once all of it has been read.

    Raises:
        ViewLost: One of them is wider: that would be a loss nobody agreed to.
    """
    others = tuple(scope for scope in known if scope != view.scope)
    views = [candidate.scope for candidate in booking_views(extraction)]
    wider = [scope for scope in others if scope in views[: views.index(view.scope)]]
    if wider and not accepts:
        raise ViewLost(wider[0], view.scope)
    return others


def _next_part(
    warehouse: Warehouse, view: Target, whole: BookingReads, cursor: Cursor
) -> BookingReads:
    """Go on with a reading in parts."""
    before = warehouse.scalar(
        "select count(*) from raw.bookings where _scope = $scope and created_at < $position",
        {"scope": view.scope, "position": cursor.position_at},
    )
    return part_after(whole, cursor, int(before))


def part_after(whole: BookingReads, cursor: Cursor, read_before: int) -> BookingReads:
    """Return what the part after a cursor is to read.

    Args:
        whole: What a whole reading reads.
        cursor: Where the part before has come to.
        read_before: How many bookings were read until then.
    """
    return replace(
        whole,
        created_from=cursor.position_at,
        read_before=read_before,
        changes_from=cursor.cursor_at,
    )


def _cost(rows: int, page_size: int) -> int:
    return ceil(rows / page_size) + _END_OF_WALK


@dataclass(frozen=True, slots=True)
class _Day:
    """The bookings that start on one day, UTC, and when the first of them was read last."""

    start_at: datetime
    rows: int
    read_at: datetime


def _changes(
    warehouse: Warehouse,
    extraction: Extraction,
    view: Target,
    cursor: Cursor,
    options: SyncOptions,
) -> BookingReads:
    """Return the changes, and the windows that the budget pays for."""
    now = extraction.clock()
    days = _days(warehouse, view)
    budget = _Budget(options.reread_requests, options.page_size)
    windows = budget.around(days, now)
    seated = _seated(warehouse, view, now)
    event_types = tuple(seated) if budget.spend(sum(seated.values()), share=2) else ()
    windows += budget.longest_ago(days, windows)
    return replace(
        changes_since(cursor, options),
        windows=tuple(windows),
        seated_event_types=event_types,
        counted_from=instants_to_count(warehouse, view.scope, options.proof_requests),
    )


def changes_since(cursor: Cursor, options: SyncOptions) -> BookingReads:
    """Return the changes behind a cursor, read back by the overlap."""
    return BookingReads(
        changed_since=cursor.cursor_at - options.overlap,
        page_size=options.page_size,
        workers=options.workers,
    )


def _days(warehouse: Warehouse, view: Target) -> list[_Day]:
    rows = warehouse.rows(
        "select date_trunc('day', \"start\") as start_at, count(*) as rows, "
        "min(_loaded_at) as read_at from raw.bookings where _scope = $scope "
        "group by 1 order by 1",
        {"scope": view.scope},
    )
    return [_Day(row["start_at"], int(row["rows"]), row["read_at"]) for row in rows]


def _seated(warehouse: Warehouse, view: Target, now: datetime) -> dict[int, int]:
    """Return how many upcoming bookings each event type with seats has."""
    rows = warehouse.rows(
        "select b.event_type_id as id, count(*) as rows from raw.bookings as b "
        'where b._scope = $scope and b."start" >= $now and b.event_type_id is not null '
        "and exists (select 1 from raw.booking_attendees as a where a.booking_uid = b.uid "
        "and a.seat_uid is not null) group by b.event_type_id order by b.event_type_id",
        {"scope": view.scope, "now": now},
    )
    return {int(row["id"]): int(row["rows"]) for row in rows}


class _Budget:
    """Requests for reading bookings again."""

    def __init__(self, requests: int, page_size: int) -> None:
        self._left = requests
        self._page_size = page_size

    def spend(self, rows: int, *, share: int = 1) -> bool:
        """Pay for reading so many rows, if it costs at most one `share`-th of what is left."""
        cost = ceil(rows / self._page_size) + 1
        if rows == 0 or cost > self._left // share:
            return False
        self._left -= cost
        return True

    def around(self, days: Sequence[_Day], now: datetime) -> list[Window]:
        """Return the widest window around now that half of the budget pays for."""
        for back in _DAYS_BACK:
            window = Window(now - timedelta(days=back), now + _DAYS_AHEAD)
            rows = sum(
                day.rows
                for day in days
                if day.start_at + _DAY > window.start_at and day.start_at < window.end_at
            )
            if self.spend(rows, share=2):
                return [window]
        return []

    def longest_ago(self, days: Sequence[_Day], read: Sequence[Window]) -> list[Window]:
        """Return runs of days for what is left of the budget, beginning with the oldest reading.

        At least one day is read, whatever it costs: else a day above the budget would never be.
        """
        waiting = [
            day
            for day in days
            if not any(w.start_at <= day.start_at and day.start_at + _DAY <= w.end_at for w in read)
        ]
        windows: list[Window] = []
        while waiting and self._left > 1:
            oldest = min(range(len(waiting)), key=lambda n: (waiting[n].read_at, n))
            taken, rows = [waiting[oldest]], waiting[oldest].rows
            for day in waiting[oldest + 1 :]:
                if ceil((rows + day.rows) / self._page_size) + 1 > self._left:
                    break
                taken.append(day)
                rows += day.rows
            if not self.spend(rows):
                if windows:
                    break
                self._left = 0
            windows.append(Window(taken[0].start_at, taken[-1].start_at + _DAY))
            del waiting[oldest : oldest + len(taken)]
        return windows
