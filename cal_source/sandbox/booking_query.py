"""Lists of bookings: what a filter keeps, in which order, and which page of it.

The traps of the real lists are kept: bounds are inclusive, a NULL `updatedAt` meets no bound,
the total ignores the created and updated bounds, and rows of equal sort value come in another order
at every request.

Source: BEHAVIOUR.md sections 3 and 4; recordings `bookings_*`, `edge_filter_*`,
`_pagination_walks`.
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from random import Random

    from cal_source.sandbox.records import Booking
    from cal_source.sandbox.world import World

STATUS_WORDS: Final = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")
_DEAD: Final = frozenset({"cancelled", "rejected"})
_CACHED_LISTS: Final = 64
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """An inclusive range of instants; an open end is None."""

    after: datetime | None = None
    before: datetime | None = None

    def holds(self, value: datetime | None) -> bool:
        """Whether a value lies inside; None does only where both ends are open."""
        if value is None:
            return self.after is None and self.before is None
        return not (
            (self.after is not None and value < self.after)
            or (self.before is not None and value > self.before)
        )


@dataclass(frozen=True, slots=True)
class CountedFilter:
    """The filters that the total honours as well; event types are already resolved to ids."""

    statuses: frozenset[str] = frozenset()
    attendee_email: str | None = None
    attendee_name: str | None = None
    booking_uid: str | None = None
    event_types: tuple[frozenset[int], ...] = ()
    after_start: datetime | None = None
    before_end: datetime | None = None

    def keeps(self, booking: Booking, now: datetime) -> bool:
        """Whether a booking passes all of them."""
        return (
            (self.after_start is None or booking.start >= self.after_start)
            and (self.before_end is None or booking.end <= self.before_end)
            and all(booking.event_type_id in ids for ids in self.event_types)
            and (self.booking_uid is None or booking.uid == self.booking_uid)
            and self._keeps_attendee(booking)
            and (not self.statuses or any(_has_status(booking, s, now) for s in self.statuses))
        )

    def _keeps_attendee(self, booking: Booking) -> bool:
        email, name = self.attendee_email, self.attendee_name
        people = booking.attendees
        return (email is None or any(person.email == email for person in people)) and (
            name is None or any(person.name == name for person in people)
        )


def _has_status(booking: Booking, word: str, now: datetime) -> bool:
    """Status words are views over status, series and time, not the booking's status."""
    if word == "cancelled":
        return booking.status in _DEAD
    if word == "past":
        return booking.end <= now and booking.status not in _DEAD
    if booking.end < now:
        return False
    if word == "unconfirmed":
        return booking.status == "pending"
    if word == "recurring":
        return booking.recurring_event_id is not None and booking.status not in _DEAD
    if booking.recurring_event_id is not None:
        return booking.status == "accepted"
    return booking.status not in _DEAD


@dataclass(frozen=True, slots=True)
class BookingQuery:
    """One request for a page of bookings.

    `scope` names the set of visible bookings in caches; `sort` is a column of `Booking`.
    """

    scope: str
    counted: CountedFilter
    created: Bounds = Bounds()
    updated: Bounds = Bounds()
    sort: str = "start"
    is_descending: bool = False
    take: int = 100
    skip: int = 0


@dataclass(frozen=True, slots=True)
class BookingPage:
    """The rows of a page and the total, which does not know the created and updated bounds."""

    rows: list[Booking]
    total: int


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Bookings by one sort value, ascending; those without a value apart."""

    values: list[datetime]
    rows: list[Booking]
    empty: list[Booking]


class BookingLists:
    """Answers booking queries over one world, remembering sorted lists until the world changes.

    Args:
        world: The state to read.
        rng: Chooses the order of rows whose sort values are equal.
    """

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._version = -1
        self._kept: OrderedDict[object, list[Booking]] = OrderedDict()
        self._ordered: OrderedDict[object, _Ordered] = OrderedDict()

    def page(
        self,
        query: BookingQuery,
        visible: Callable[[], Collection[int]],
        now: datetime,
    ) -> BookingPage:
        """Give one page; `visible` is asked for the ids in scope when they are not known yet."""
        if self._version != self._world.version:
            self._version = self._world.version
            self._kept.clear()
            self._ordered.clear()
        key = (query.scope, query.counted, now if query.counted.statuses else None)
        kept = _remember(self._kept, key, lambda: self._keep(visible(), query.counted, now))
        ordered = _remember(self._ordered, (key, query.sort), lambda: _order(kept, query.sort))
        return BookingPage(self._cut(ordered, query), len(kept))

    def _keep(
        self,
        ids: Collection[int],
        counted: CountedFilter,
        now: datetime,
    ) -> list[Booking]:
        rows = map(self._world.bookings.__getitem__, ids)
        return [row for row in rows if counted.keeps(row, now)]

    def _cut(self, ordered: _Ordered, query: BookingQuery) -> list[Booking]:
        bounds = {"created_at": query.created, "updated_at": query.updated}
        values, rows, empty = _within(ordered, bounds.pop(query.sort, Bounds()))
        rests = [(attrgetter(column), rest) for column, rest in bounds.items() if rest != Bounds()]
        if rests:
            pairs = [
                (value, row)
                for value, row in zip(values, rows, strict=True)
                if all(rest.holds(get(row)) for get, rest in rests)
            ]
            values = [value for value, _ in pairs]
            rows = [row for _, row in pairs]
            empty = [row for row in empty if all(rest.holds(get(row)) for get, rest in rests)]
        return self._shuffled_page(values, rows, empty, query)

    def _shuffled_page(
        self,
        values: Sequence[datetime],
        rows: Sequence[Booking],
        empty: Sequence[Booking],
        query: BookingQuery,
    ) -> list[Booking]:
        """Take the page, each run of equal values that it touches in a fresh random order.

        PostgreSQL puts missing values last when ascending and first when descending.
        """
        total = len(rows) + len(empty)
        low, high = query.skip, min(query.skip + query.take, total)
        if query.is_descending:
            low, high = max(0, total - query.skip - query.take), max(0, total - query.skip)
        found: list[Booking] = []
        position = low
        while position < high:
            start, end = _run(values, position, total)
            run = list(rows[start:end]) if start < len(rows) else list(empty)
            if len(run) > 1:
                self._rng.shuffle(run)
            found += run[position - start : high - start]
            position = end
        return found[::-1] if query.is_descending else found


def _within(
    ordered: _Ordered,
    bounds: Bounds,
) -> tuple[Sequence[datetime], Sequence[Booking], Sequence[Booking]]:
    if bounds == Bounds():
        return ordered.values, ordered.rows, ordered.empty
    values = ordered.values
    low = 0 if bounds.after is None else bisect.bisect_left(values, bounds.after)
    high = len(values) if bounds.before is None else bisect.bisect_right(values, bounds.before)
    return values[low:high], ordered.rows[low:high], []


def _run(values: Sequence[datetime], position: int, total: int) -> tuple[int, int]:
    if position >= len(values):
        return len(values), total
    value = values[position]
    return bisect.bisect_left(values, value), bisect.bisect_right(values, value)


def _order(rows: list[Booking], column: str) -> _Ordered:
    get = attrgetter(column)
    with_value = sorted((row for row in rows if get(row) is not None), key=get)
    without = [row for row in rows if get(row) is None]
    return _Ordered([get(row) for row in with_value], with_value, without)


def _remember(cache: OrderedDict[object, _T], key: object, make: Callable[[], _T]) -> _T:
    if key in cache:
        cache.move_to_end(key)
        return cache[key]
    value = cache[key] = make()
    if len(cache) > _CACHED_LISTS:
        cache.popitem(last=False)
    return value
