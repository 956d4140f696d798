"""Any number of bookings by sort key: which of them a list shows, and their texts."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from tests.bench.server.templates import (
    ACCEPTED,
    DEAD,
    PENDING,
    RECURRING,
    shift_ms,
    split_uid,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.server.templates import Template

    Condition = tuple[tuple[str, ...], Callable[..., pa.Array]]

_TIMES: Final = ("start", "end", "created", "updated")
_REMEMBERED_COUNTS: Final = 256
Bounds = tuple[int | None, int | None]
OPEN: Final[Bounds] = (None, None)


@dataclass(frozen=True, slots=True)
class Counted:
    """The filters that the total honours; instants are milliseconds since 1970."""

    after_start: int | None = None
    before_end: int | None = None
    statuses: tuple[str, ...] = ()
    event_types: tuple[int, ...] = ()
    uid: str | None = None
    now: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """One request for a page; `sort` is one of start, end, created and updated."""

    counted: Counted = Counted()
    created: Bounds = OPEN
    updated: Bounds = OPEN
    sort: str = "start"
    is_descending: bool = False
    take: int = 100
    skip: int = 0


@dataclass(frozen=True, slots=True)
class _Order:
    """Rows by one time, ascending, those without it last; `keys` are the times that there are."""

    rows: pa.Array
    keys: memoryview

    def within(self, bounds: Bounds) -> tuple[int, int]:
        """Return where the rows inside inclusive bounds begin and end."""
        after, before = bounds
        if bounds == OPEN:
            return 0, len(self.rows)
        low = 0 if after is None else bisect_left(self.keys, after)
        return low, len(self.keys) if before is None else bisect_right(self.keys, before)


class BookingStore:
    """So many bookings, as copies of templates.

    Args:
        templates: What they are copies of.
        count: How many.
        first_copy: Number of the first copy; stores that share none share no booking.
    """

    def __init__(self, templates: Sequence[Template], count: int, first_copy: int = 0) -> None:
        self._templates = templates
        self._numbers = {template.uid: n for n, template in enumerate(templates)}
        self._first_copy = first_copy
        self._revisions: dict[int, int] = {}
        self._changes = 0
        self.count = count
        self._columns = {name: self._times(name) for name in _TIMES}
        self._columns["event_type"] = self._repeated([t.event_type_id for t in templates])
        self._columns["kind"] = self._repeated([t.kind for t in templates])
        self._orders: dict[str, _Order] = {}
        self._totals: dict[Counted, int] = {}

    def page(self, query: Query) -> tuple[list[int], int]:
        """Return the rows of a page, and the total, which ignores the bounds of changes."""
        rows = self._listed(query)
        low, high = query.skip, query.skip + query.take
        if query.is_descending:
            low, high = max(0, len(rows) - high), max(0, len(rows) - low)
            return rows[low:high].to_pylist()[::-1], self.total(query.counted)
        return rows[low:high].to_pylist(), self.total(query.counted)

    def total(self, counted: Counted) -> int:
        """Return how many bookings pass the filters."""
        if counted not in self._totals:
            if len(self._totals) >= _REMEMBERED_COUNTS:
                self._totals.clear()
            self._totals[counted] = len(self._listed(Query(counted)))
        return self._totals[counted]

    def texts(self, rows: Sequence[int]) -> list[bytes]:
        """Return bookings as JSON."""
        chosen = pa.array(rows, pa.int64())
        times = (self._columns[name].take(chosen).to_pylist() for name in _TIMES)
        return [self._text(row, *found) for row, *found in zip(rows, *times, strict=True)]

    def _text(self, row: int, *times: int | None) -> bytes:
        copy, number = divmod(row, len(self._templates))
        revision = self._revisions.get(row, 0)
        return self._templates[number].render(self._first_copy + copy, times, revision)

    def change(self, count: int, at: int) -> None:
        """Change so many bookings, spread over all, one per millisecond up to `at`."""
        count = min(count, self.count)
        step = self.count / count
        rows = [(int(n * step) + self._changes) % self.count for n in range(count)]
        self._changes += 1
        stamps = pa.array(range(at - count, at), pa.int64())
        chosen = pa.array(rows, pa.int64())
        mask = pc.is_in(_positions(self.count), chosen)
        by_row = stamps.take(pc.sort_indices(chosen))
        self._columns["updated"] = pc.replace_with_mask(self._columns["updated"], mask, by_row)
        for row in rows:
            self._revisions[row] = self._revisions.get(row, 0) + 1
        self._orders.pop("updated", None)

    def _listed(self, query: Query) -> pa.Array:
        counted = query.counted
        if counted.uid is not None:
            row = self._row_of(counted.uid)
            return pa.array([] if row is None else [row], pa.uint32())
        bounds = {
            "created": query.created,
            "updated": query.updated,
            # a booking that ends by an instant starts by it
            "start": (counted.after_start, counted.before_end),
            "end": (counted.after_start, counted.before_end),
        }
        order = self._order(query.sort)
        low, high = order.within(bounds[query.sort])
        rows = order.rows[low:high]
        for columns, passes in self._conditions(query):
            rows = rows.filter(passes(*(self._columns[name].take(rows) for name in columns)))
        return rows

    def _conditions(self, query: Query) -> list[Condition]:
        counted, found = query.counted, []
        times: dict[str, Bounds] = {
            "created": query.created,
            "updated": query.updated,
            "start": (counted.after_start, None),
            "end": (None, counted.before_end),
        }
        del times[query.sort]
        found += [
            ((name,), lambda values, b=bounds: _inside(values, b))
            for name, bounds in times.items()
            if bounds != OPEN
        ]
        if counted.statuses:
            found.append((("end", "kind"), lambda end, kind: _has_status(counted, end, kind)))
        if counted.event_types:
            asked = pa.array(counted.event_types, pa.int64())
            found.append((("event_type",), lambda values: pc.is_in(values, asked)))
        return found

    def _order(self, name: str) -> _Order:
        if name not in self._orders:
            values = self._columns[name]
            rows = pc.sort_indices(values).cast(pa.uint32())
            known = values.take(rows[: len(values) - values.null_count])
            keys = memoryview(known.buffers()[1])[: 8 * len(known)].cast("q")
            self._orders[name] = _Order(rows, keys)
        return self._orders[name]

    def _times(self, name: str) -> pa.Array:
        """Return one time of all bookings; creations of copies are a millisecond apart."""
        first = pa.array([getattr(template, name) for template in self._templates], pa.int64())
        copies = range(self._first_copy, self._first_copy + self._copies)
        ticks = [copy % 1000 if name in {"created", "updated"} else 0 for copy in copies]
        parts = [
            pc.add(first, tick - shift_ms(copy)) for copy, tick in zip(copies, ticks, strict=True)
        ]
        return pa.concat_arrays(parts)[: self.count]

    def _repeated(self, values: list[int | None]) -> pa.Array:
        return pa.concat_arrays([pa.array(values, pa.int64())] * self._copies)[: self.count]

    @property
    def _copies(self) -> int:
        return -(-self.count // len(self._templates))

    def _row_of(self, uid: str) -> int | None:
        stem, copy = (uid, 0) if uid in self._numbers else split_uid(uid)
        if stem not in self._numbers or copy < self._first_copy:
            return None
        row = (copy - self._first_copy) * len(self._templates) + self._numbers[stem]
        return row if row < self.count else None


def _positions(count: int) -> pa.Array:
    positions = array("q", range(count))
    return pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(positions)])


def _inside(values: pa.Array, bounds: Bounds) -> pa.Array:
    after, before = bounds
    inside = pc.is_valid(values)
    if after is not None:
        inside = pc.and_kleene(inside, pc.greater_equal(values, after))
    if before is not None:
        inside = pc.and_kleene(inside, pc.less_equal(values, before))
    return inside


def _has_status(counted: Counted, end: pa.Array, kind: pa.Array) -> pa.Array:
    """Status words are views over status, series and time."""
    has = {
        bit: pc.not_equal(pc.bit_wise_and(kind, bit), 0)
        for bit in (DEAD, PENDING, ACCEPTED, RECURRING)
    }
    alive = pc.invert(has[DEAD])
    ahead = pc.greater_equal(end, counted.now)
    words = {
        "cancelled": has[DEAD],
        "past": pc.and_(alive, pc.less_equal(end, counted.now)),
        "unconfirmed": pc.and_(ahead, has[PENDING]),
        "recurring": pc.and_(ahead, pc.and_(alive, has[RECURRING])),
        "upcoming": pc.and_(ahead, pc.if_else(has[RECURRING], has[ACCEPTED], alive)),
    }
    found = words[counted.statuses[0]]
    for word in counted.statuses[1:]:
        found = pc.or_(found, words[word])
    return found
