"""Ways to read a list of Cal.com's completely, although its paging is not safe.

Pure: a walk calls `fetch(params, take)` and sees records, nothing of HTTP. What it has to live
with (measured on a real server; `_pagination_walks` recording):

- equal sort values come in another order on every request, so an offset among them loses rows;
- totals ignore some filters, so they do not say where a list ends;
- a page may be shorter than asked although more follows, because ids are read before rows;
- rows appear, move and vanish between two requests;
- most small lists have no order at all.

`walk_by_value` therefore asks for bookings by value: from the last value seen, inclusive, without
records seen before. A run of equal values longer than a page is walked by the next key inside it;
where no key is left, by offsets, again and again, until the records seen account for the number
of rows. `walk_snapshot` reads lists without order until two passes agree.
"""

from __future__ import annotations

from cal_source.walk.by_value import MAX_PAGE_SIZE, walk_by_value
from cal_source.walk.keys import (
    BY_CREATED,
    BY_START,
    BY_UPDATED,
    CREATED,
    END,
    START,
    UPDATED,
    Fetch,
    Params,
    SortKey,
    instant,
    parse_instant,
)
from cal_source.walk.shape import (
    check_booking_page,
    check_booking_shape,
    check_filters_honoured,
    check_is_list,
    check_is_object,
)
from cal_source.walk.side_by_side import walk_side_by_side
from cal_source.walk.snapshot import walk_snapshot

__all__ = [
    "BY_CREATED",
    "BY_START",
    "BY_UPDATED",
    "CREATED",
    "END",
    "MAX_PAGE_SIZE",
    "START",
    "UPDATED",
    "Fetch",
    "Params",
    "SortKey",
    "check_booking_page",
    "check_booking_shape",
    "check_filters_honoured",
    "check_is_list",
    "check_is_object",
    "instant",
    "parse_instant",
    "walk_by_value",
    "walk_side_by_side",
    "walk_snapshot",
]
