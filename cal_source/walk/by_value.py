"""Bookings by value: complete under ties, vanishing rows and wrong totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

from cal_source.errors import EndlessRun, ShapeError
from cal_source.walk.keys import (
    BY_CREATED,
    Fetch,
    Params,
    SortKey,
    field_of,
    instant,
    parse_instant,
)
from cal_source.walk.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterator, Sequence

MAX_PAGE_SIZE = 250
_TICK = timedelta(milliseconds=1)  # the precision of Cal.com's timestamps
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_PASSES = 50
_SHORT_PAGES_AT_END = 2


def walk_by_value(
    fetch: Fetch,
    *,
    keys: Sequence[SortKey] = BY_CREATED,
    start: datetime | None = None,
    end: datetime | None = None,
    page_size: int = MAX_PAGE_SIZE,
    identity: str = "uid",
    expected: Callable[[], int | None] = lambda: None,
) -> Generator[list[Any]]:
    """Yield every record whose first key lies in `[start, end]` once, in pages, by that key.

    A record that is in the range when the walk begins and is not changed during it is never lost,
    whatever happens to others. The walk ends after two short pages in a row of which the last
    brought nothing new: one may be short by accident. It ends after one where the server's own
    count says that this was all. Without long runs of equal values it makes at most
    `1.05 * ceil(n / page_size) + 2` requests at pages of 250, one less with a count.

    Args:
        fetch: Called as `fetch(params, take)`; returns the records of one page. Parameters are
            bounds and sort of the keys, and `skip` as the last resort.
        keys: The key to walk by, then the keys to use inside a run of equal values.
        start: First value to include; None for all.
        end: Last value to include; None for all. Required for a key that moves. Where Cal.com has
            no such bound (by start) the walk ends behind it, and records beyond it come along.
        page_size: Records per request, 1 to 250.
        identity: Field that identifies a record. A record without it is told apart by content.
        expected: Gives the server's count of the records in the range, as of the latest page;
            None when it has not said.

    Yields:
        The records of one page that were not seen before; never an empty list.

    Raises:
        ValueError: The bounds do not fit the first key, or the page size is out of range.
        ShapeError: The server ignores filters or sort.
        EndlessRun: More records are equal in all keys than repeated reading can account for.

    Source: GET /v2/bookings (inclusive filters, one sort, no tie-break); `bookings_sort_*`.
    """
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        raise ValueError(f"page_size={page_size} is not between 1 and {MAX_PAGE_SIZE}")
    first = keys[0]
    if first.moves and end is None:
        raise ValueError(f"a walk by {first.field} needs an end: the value moves when rows change")
    if start is not None and first.after is None:
        raise ValueError(f"{first.field} has no lower bound; start: {start}")
    yield from _ValueWalk(fetch, page_size, identity, expected).level({}, tuple(keys), start, end)


@dataclass(slots=True)
class _Span:
    """The part of a level that is still to be walked; the bound behind the walk moves."""

    key: SortKey
    low: datetime | None
    high: datetime | None

    def __post_init__(self) -> None:
        if self.key.nullable and self.low is None:
            self.low = _EPOCH  # so that records without a value are left out from the first page on

    @property
    def is_open(self) -> bool:
        return self.low is None or self.high is None or self.low <= self.high

    @property
    def cursor(self) -> datetime | None:
        return self.low if self.key.ascending else self.high

    def params(self) -> Params:
        return self.key.params(self.low, self.high)

    def holds(self, value: datetime) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def is_behind(self, page: Sequence[Any]) -> bool:
        """Whether a page reaches beyond an end that the server cannot be told of.

        Its last two records must lie there: one alone may have moved while the page was made.
        """
        if self.high is None or self.key.before is not None:
            return False
        tail = [_value(record, self.key) for record in page[-2:]]
        return bool(tail) and all(value is not None and value > self.high for value in tail)

    def move_to(self, value: datetime) -> None:
        if self.key.ascending:
            self.low = value
        else:
            self.high = value

    def move_past(self, value: datetime) -> None:
        self.move_to(value + _TICK if self.key.ascending else value - _TICK)


@dataclass(slots=True)
class _Checks:
    """Watches one level for signs that the server ignores what it is asked."""

    key: SortKey
    disordered_pages: int = 0

    def usable_values(
        self, page: Sequence[Any], span: _Span, *, is_full: bool, is_new: bool
    ) -> list[datetime]:
        # the page's values inside the span, in its order; none when the page has to be read again
        values = [v for record in page if (v := _value(record, self.key)) is not None]
        inside = [value for value in values if span.holds(value)]
        if not is_new and len(inside) * 2 < len(values):
            self._fail(self.key.after or self.key.before or "", "known records outside come again")
        if not is_new and is_full and not inside:
            self._fail(self.key.sort, f"a full page of known records has no {self.key.field}")
        if _is_disordered(inside, self.key):
            self.disordered_pages += 1
            if self.disordered_pages > 1:
                self._fail(self.key.sort, "the records are not in its order")
            return []
        return inside

    def _fail(self, parameter: str, found: str) -> NoReturn:
        raise ShapeError(
            f"the list walked by {self.key.field}",
            f"the server does not honour {parameter}: {found}",
            "Update the server, or check the cal-api-version of this operation",
        )


def _is_disordered(values: Sequence[datetime], key: SortKey) -> bool:
    # beyond the odd record that changed while the page was made
    disorder = sum(a > b if key.ascending else a < b for a, b in pairwise(values))
    return disorder > 1 and disorder * 4 > len(values)


class _ValueWalk:
    """What a walk remembers: the records seen so far."""

    def __init__(
        self, fetch: Fetch, page_size: int, identity: str, expected: Callable[[], int | None]
    ) -> None:
        self._fetch = fetch
        self._take = page_size
        self._identity = identity
        self._expected = expected
        self._seen: set[Hashable] = set()

    def level(
        self, region: Params, keys: tuple[SortKey, ...], low: datetime | None, high: datetime | None
    ) -> Iterator[list[Any]]:
        """Walk `region` by the first of `keys`, runs of equal values by the rest.

        Yields:
            The records of one page that were not seen before; never an empty list.
        """
        key, rest = keys[0], keys[1:]
        span, checks, short_pages = _Span(key, low, high), _Checks(key), 0
        last_length = 0
        while span.is_open:
            page = self._fetch({**region, **span.params()}, self._take)
            new = self._unseen(page)
            if new:
                yield new
            is_full = len(page) >= self._take
            if span.is_behind(page) or (not is_full and self._expected() == len(self._seen)):
                return
            short_pages = 0 if is_full else short_pages + 1
            values = checks.usable_values(page, span, is_full=is_full, is_new=bool(new))
            is_over = not new and short_pages >= _SHORT_PAGES_AT_END
            if not values:
                if is_over:
                    return
                continue
            edge = values[-1]
            # A server that caps pages below what is asked shows a run as the same page again.
            is_capped = (
                1 < len(values) == len(page) == last_length and edge == values[0] == span.cursor
            )
            last_length = len(page)
            if is_over and not is_capped:
                return
            if is_capped or (is_full and edge in {span.cursor, values[0]}):
                yield from self._run({**region, **_bounds(key, edge)}, key, edge, rest)
                if rest and not key.is_exact:
                    return  # the inner walk covered everything from here on, not this value only
                span.move_past(edge)
            else:
                span.move_to(edge)

    def _run(
        self, region: Params, key: SortKey, value: datetime, rest: tuple[SortKey, ...]
    ) -> Iterator[list[Any]]:
        # the records whose `key` is `value` fill more than a page
        if rest:
            yield from self.level(region, rest, None, None)
        else:
            yield from self._ties(region, key, value)

    def _ties(self, region: Params, key: SortKey, value: datetime) -> Iterator[list[Any]]:
        # no key tells these records apart: read by offset until a tally says that they are all
        tally = Tally()
        for _ in range(_MAX_PASSES):
            marks: list[Hashable] = []
            for page in self._offset_pages({**region, **_direction(key)}, key, value):
                new = self._unseen(page)
                if new:
                    yield new
                marks += [self._identify(r) for r in page if _value(r, key) == value]
                if len(marks) > 8 * (len(set(marks)) + self._take):
                    raise EndlessRun(key.field, instant(value), len(set(marks)))  # skip is ignored
            if tally.accounts_for(marks):
                return
        raise EndlessRun(key.field, instant(value), len(tally.found))

    def _offset_pages(
        self, params: Params, key: SortKey, value: datetime
    ) -> Iterator[Sequence[Any]]:
        # up to two short pages in a row, or to the first record with another value
        skip = short_pages = 0
        while short_pages < _SHORT_PAGES_AT_END:
            page = self._fetch({**params, "skip": str(skip)}, self._take)
            yield page
            short_pages = short_pages + 1 if len(page) < self._take else 0
            if page and _value(page[-1], key) not in {value, None}:
                return
            skip += self._take

    def _unseen(self, page: Sequence[Any]) -> list[Any]:
        new = []
        for record in page:
            mark = self._identify(record)
            if mark not in self._seen:
                self._seen.add(mark)
                new.append(record)
        return new

    def _identify(self, record: Any) -> Hashable:
        mark = field_of(record, self._identity)
        return mark if isinstance(mark, (str, int)) else ("content", repr(record))


def _value(record: Any, key: SortKey) -> datetime | None:
    return parse_instant(field_of(record, key.field))


def _bounds(key: SortKey, value: datetime) -> Params:
    return {k: v for k, v in key.params(value, value).items() if k != key.sort}


def _direction(key: SortKey) -> Params:
    return key.params(None, None)
