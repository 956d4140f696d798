"""Which bookings to read: the view of them, the part of it, and how many there are.

Bookings are the one large list, and the one whose paging loses rows. `cal_source.booking_walk`
reads them; here is what it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import operation
from cal_source.errors import ForbiddenError, ShapeError, short_reason
from cal_source.tables import TABLES
from cal_source.targets import Skip, targets_of
from cal_source.walk import check_filters_honoured, check_is_list, instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cal_source.answer import Answer
    from cal_source.extraction import Extraction
    from cal_source.fanouts import Target

PAGE_SIZE: Final = 250
WORKERS: Final = 4
SLICE_SIZE: Final = 25_000  # bookings; 100 requests at full pages, and three or four to end it
RESOURCE: Final = "bookings"
OVERLAP: Final = timedelta(minutes=10)
"""How far an incremental read starts before the last change seen: the longest time between
Cal.com stamping a change and a reader seeing it (transactions, replicas, clocks) that is safe."""


@dataclass(frozen=True, slots=True)
class Window:
    """Bookings that start at or after `start_at` and before `end_at`, both UTC."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class BookingReads:
    """Which bookings a run reads; windows first, so that the changes show what left one meanwhile.

    Attributes:
        whole: Read every booking, by creation time.
        created_from: With `whole`: go on from here; those created before were read.
        read_before: With `created_from`: how many those were.
        changes_from: With `created_from`: where the changes since the first part begin.
        supersedes: With `whole`: other views whose rows are gone unless this one brings them.
        changed_since: Read what changed at or after this instant; `whole` is then not used.
        windows: Start-time windows to read completely.
        seated_event_types: Read the upcoming bookings of these event types: seats that are added
            or cancelled do not move `updatedAt`.
        uids: Read these bookings only; nothing else above is then used.
        counted_from: Ask how many bookings start at or after each of these instants.
        page_size: Bookings per request, 1 to 250.
        workers: Most requests at a time.
        slice_size: Bookings that one worker is to read in a row; a whole reading of more is split
            up.
        most_slices: End a whole reading after so many; None reads to the end.
    """

    whole: bool = True
    created_from: datetime | None = None
    read_before: int = 0
    changes_from: datetime | None = None
    supersedes: tuple[str, ...] = ()
    changed_since: datetime | None = None
    windows: tuple[Window, ...] = ()
    seated_event_types: tuple[int, ...] = ()
    uids: tuple[str, ...] = ()
    counted_from: tuple[datetime, ...] = ()
    page_size: int = PAGE_SIZE
    workers: int = WORKERS
    slice_size: int = SLICE_SIZE
    most_slices: int | None = None

    @property
    def is_whole(self) -> bool:
        """True when bookings are read by creation time, all or all that are left."""
        return self.whole and self.changed_since is None and not self.uids


def booking_views(extraction: Extraction) -> list[Target]:
    """Return the views of bookings that the key may have, the widest first.

    Raises:
        CalError: Cal.com does not answer.
    """
    return [target for target, _ in targets_of(extraction, RESOURCE).reads]


def booking_view(extraction: Extraction) -> Target:
    """Return the widest view of bookings the key has: the organisation's, else the user's own.

    The first call finds out, by asking for bookings changed in the far future: none must come, or
    the server ignores filters and every incremental read would be wrong. A view that is refused
    is written down as skipped.

    Raises:
        CalError: No view can be read, or Cal.com does not answer.
        ShapeError: The server ignores filters, or answers in another version's shape.
    """
    if extraction.booking_view is not None:
        return extraction.booking_view
    targets = targets_of(extraction, RESOURCE)
    for skip in targets.skips:
        extraction.skip(RESOURCE, skip)
    *wider, own = [target for target, _ in targets.reads]
    for target in wider:
        try:
            _check(extraction, target)
        except ForbiddenError as error:
            extraction.skip(RESOURCE, Skip(target.operation, target.scope, short_reason(error)))
        else:
            extraction.booking_view = target
            return target
    _check(extraction, own)
    extraction.booking_view = own
    return own


def _check(extraction: Extraction, target: Target) -> None:
    def fetch(params: Mapping[str, str], take: int) -> list[Any]:
        answer = fetch_bookings(extraction, target, {**params, "take": take}, "check")
        return check_is_list(answer.data, "the bookings list")

    check_filters_honoured(fetch)


def fetch_bookings(
    extraction: Extraction, view: Target, params: Mapping[str, object], purpose: str
) -> Answer:
    """Ask a view for one page of bookings and count the request under its purpose.

    The answer's records are typed where they are as declared.

    Raises:
        CalError: Cal.com refuses or does not answer.
    """
    extraction.ledger.count_request(purpose)
    return extraction.client.get(
        operation(view.operation),
        path=view.path,
        params=params,
        decode=extraction.form(TABLES[RESOURCE]).decode_page,
    )


def total_of(answer: Answer, what: str) -> int:
    """Return how many bookings a page's filters match, by Cal.com's own count.

    The count honours start, end and status filters; it ignores created and updated ones
    (recordings `bookings_*`, measured).

    Raises:
        ShapeError: The answer has no count.
    """
    total = (answer.pagination or {}).get("totalItems")
    if not isinstance(total, int):
        raise ShapeError(
            what,
            "the answer has no pagination.totalItems",
            "Cal.com sends it since May 2025; update a self-hosted server",
        )
    return total


def count_bookings(
    extraction: Extraction, view: Target, starting_from: datetime | None = None
) -> int:
    """Return how many bookings a view holds, or how many of them start at or after an instant.

    Raises:
        CalError: Cal.com does not answer.
        ShapeError: The answer has no total.
    """
    bound = {"afterStart": instant(starting_from)} if starting_from else {}
    answer = fetch_bookings(extraction, view, {"take": 1, **bound}, "count")
    return total_of(answer, f"GET {operation(view.operation).path}")
