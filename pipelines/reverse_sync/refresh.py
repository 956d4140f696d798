"""What a sync must read so that the warehouse shows at once what an apply has changed."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from cal_source.bookings import PAGE_SIZE, Window
from cal_source.catalogue import operation
from pipelines.options import SyncOptions
from pipelines.reverse_sync.apply import SUCCESSES
from pipelines.reverse_sync.conditions import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipelines.reverse_sync.apply import ApplyResult, ChangeResult
    from pipelines.warehouse import Warehouse

_BOOKINGS: Final = "bookings"
_AFTER: Final = timedelta(milliseconds=1)
_PAGES_AT_END: Final = 2


def refresh_options(result: ApplyResult, warehouse: Warehouse) -> SyncOptions | None:
    """Return the sync that reads what an apply has changed; None where there is nothing to read.

    Small tables are read whole. Bookings are read one by one, or all of the time from the first to
    the last of them, whichever takes fewer requests.

    Args:
        result: How the apply ended.
        warehouse: Says how many bookings start in that time.
    """
    done = [one for one in result.changes if one.outcome in SUCCESSES]
    about = {one.change.id: operation(one.change.action).table for one in done}
    bookings = [one for one in done if about[one.change.id] == _BOOKINGS]
    uids = dict.fromkeys(uid for one in bookings for uid in _uids(one))
    tables = tuple(dict.fromkeys(t for t in about.values() if t and t != _BOOKINGS))
    window = _window(bookings)
    if window is not None and 0 < _requests(warehouse, window) < len(uids):
        return SyncOptions(only=(*tables, _BOOKINGS), window=window)
    only = (*tables, *(f"{_BOOKINGS}:{uid}" for uid in uids))
    return SyncOptions(only=only) if only else None


def _uids(one: ChangeResult) -> Iterator[str]:
    for uid in (one.change.touched.booking_uid, one.result.get("uid")):
        if uid:
            yield str(uid)


def _window(bookings: Iterable[ChangeResult]) -> Window | None:
    """Return the time in which all bookings start; None where that is not known of each."""
    starts: list[datetime] = []
    for one in bookings:
        found = _starts(one)
        if not found:
            return None
        starts += found
    return Window(min(starts), max(starts) + _AFTER) if starts else None


def _starts(one: ChangeResult) -> list[datetime]:
    """Return when a booking starts, and when it started before it was moved."""
    asked: Any = (one.change.body or {}).get("start")
    texts = [text for text in (one.change.touched.starts_at, asked) if text]
    return [parse_instant(text) for text in texts]


def _requests(warehouse: Warehouse, window: Window) -> int:
    """Return how many requests reading all bookings of a time takes; 0 where nobody knows."""
    rows = warehouse.scalar(
        'select count(*) from raw.bookings where "start" >= $low and "start" < $high',
        {"low": window.start_at, "high": window.end_at},
    )
    return ceil(int(rows) / PAGE_SIZE) + _PAGES_AT_END if rows else 0
