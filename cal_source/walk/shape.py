"""Whether the server speaks the version that was asked for and honours filters.

A missing or wrong `cal-api-version` is no error at Cal.com: the answer has another shape and the
filters are dropped. Rows would then be lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cal_source.errors import ShapeError
from cal_source.walk.keys import instant

if TYPE_CHECKING:
    from cal_source.walk.keys import Fetch

_FAR_FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


def check_filters_honoured(fetch: Fetch) -> None:
    """Ask for bookings changed in the far future, which must be none.

    A server without these filters (self-hosted before 2025), or one that answers in an older
    version, drops them silently and sends everything; increments would then be meaningless.

    Raises:
        ShapeError: The server ignores `afterUpdatedAt`.
    """
    params = {"afterUpdatedAt": instant(_FAR_FUTURE)}
    if fetch(params, 1):
        raise ShapeError(
            "the bookings list",
            f"the server ignores filters: it sent bookings updated after {_FAR_FUTURE.year}",
            "Check that base_url is Cal.com's API v2 and that the server is from May 2025 or later",
        )


def check_is_list(data: object, what: str) -> list[Any]:
    """Return `data` when it is a list.

    Raises:
        ShapeError: It is something else, as in the versions before 2024-06.
    """
    if isinstance(data, list):
        return data
    found = (
        f"an object with {', '.join(sorted(data))}" if isinstance(data, dict) else repr(type(data))
    )
    raise ShapeError(
        what,
        f"expected a list, found {found[:80]}",
        "This is another version's shape: check the server's support of the cal-api-version sent",
    )


def check_is_object(data: object, what: str) -> dict[str, Any]:
    """Return `data` when it is an object.

    Raises:
        ShapeError: It is something else.
    """
    if isinstance(data, dict):
        return data
    raise ShapeError(
        what,
        f"expected an object, found {type(data).__name__}",
        "Check that base_url is Cal.com's API v2; an older server may differ",
    )


def check_booking_shape(record: object) -> None:
    """Check that one booking has the shape of version 2024-08-13.

    Raises:
        ShapeError: It has the older shape (`startTime`), or no `start`, or `hosts` is no list.
    """
    problem = ""
    if not isinstance(record, Mapping):
        problem = f"a booking is {type(record).__name__} instead of an object"
    elif "startTime" in record and "start" not in record:
        problem = "a booking has startTime instead of start, the shape of 2024-04-15"
    elif "start" not in record or "uid" not in record:
        problem = "a booking has no start or no uid"
    elif not isinstance(record.get("hosts"), list):
        problem = "a booking has no list of hosts"
    if problem:
        raise ShapeError(
            "the bookings list",
            problem,
            "The server does not serve cal-api-version 2024-08-13: check base_url or update it",
        )


def check_booking_page(records: Iterable[object]) -> None:
    """Check the first page of bookings: one malformed record is its own trouble, all are a version.

    Raises:
        ShapeError: Not one record of a page that has some is shaped like a booking.
    """
    problem: ShapeError | None = None
    for record in records:
        try:
            check_booking_shape(record)
        except ShapeError as error:
            problem = problem or error
        else:
            return
    if problem is not None:
        raise problem
