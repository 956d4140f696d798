"""What the oldest version answers where a newer one was meant: other shapes, filters ignored.

Source: BEHAVIOUR.md section 1.4; recordings `bookings_no_version_*`, `event_types_no_version`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.booking_query import BookingQuery, CountedFilter
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import BookingNotFoundError
from cal_source.sandbox.guards import authenticated, permission
from cal_source.sandbox.render.legacy_bookings import legacy_booking_json, series_json
from cal_source.sandbox.render.legacy_event_types import (
    event_type_groups_json,
    legacy_schedule_json,
)
from cal_source.sandbox.router import OLDEST_VERSION, get
from cal_source.sandbox.visibility import visible_booking_ids

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call

_BOOKING_VERSIONS: Final = (OLDEST_VERSION, "2024-06-11", "2024-06-14")
_EVENT_TYPE_VERSIONS: Final = (OLDEST_VERSION, "2024-06-11")
_DEFAULT_LIMIT: Final = 10


def bookings(call: Call) -> Any:
    """Ten upcoming bookings, unless `filters[status]`, `limit` and `cursor` say otherwise."""
    status = call.value("filters[status]") or "upcoming"
    limit = _number(call.value("limit"), _DEFAULT_LIMIT)
    skip = _number(call.value("cursor"), 0)
    query = BookingQuery(
        scope=f"{call.user.id} None",
        counted=CountedFilter(statuses=frozenset({status})),
        is_descending=status in {"past", "cancelled"},
        take=limit,
        skip=skip,
    )
    visible = visible_booking_ids(call.world, call.user.id)
    found = call.lists.page(query, lambda: visible, call.now)
    rows = [legacy_booking_json(call.world, booking) for booking in found.rows]
    following = skip + len(rows)
    return success(
        {
            "bookings": rows,
            "recurringInfo": _series(call, visible),
            "totalCount": found.total,
            "nextCursor": following if following < found.total else None,
        },
    )


def booking(call: Call) -> Any:
    """One booking by uid.

    Raises:
        BookingNotFoundError: There is none.
    """
    row = call.world.bookings.by_uid(call.params["bookingUid"])
    if row is None:
        raise BookingNotFoundError(call.params["bookingUid"])
    return success(legacy_booking_json(call.world, row))


def event_types(call: Call) -> Any:
    """The caller's event types in groups; without paging or filters."""
    rows = call.world.memberships.values()
    joined = {row.team_id: row.role for row in rows if row.user_id == call.user.id}
    teams = [
        (team, joined[team.id])
        for team in call.world.teams.values()
        if team.id in joined and not team.is_organization
    ]
    return success(event_type_groups_json(call.world, call.user, teams))


def schedules(call: Call) -> Any:
    """The caller's schedules."""
    rows = call.world.schedules.values()
    own = [row for row in rows if row.owner_id == call.user.id]
    return success([legacy_schedule_json(call.world, row) for row in own])


def _series(call: Call, visible: set[int]) -> list[Any]:
    ids = {call.world.bookings[key].recurring_event_id for key in visible} - {None}
    names = sorted(str(name) for name in ids)
    return [series_json(name, call.world.bookings.of_series(name)) for name in names]


def _number(raw: str | None, default: int) -> int:
    return int(raw) if raw is not None and re.fullmatch(r"\d+", raw) else default


ROUTES = (
    get(
        "/v2/bookings",
        bookings,
        permission("BOOKING_READ"),
        authenticated,
        versions=_BOOKING_VERSIONS,
    ),
    get("/v2/bookings/{bookingUid}", booking, versions=_BOOKING_VERSIONS),
    get("/v2/event-types", event_types, authenticated, versions=_EVENT_TYPE_VERSIONS),
    get("/v2/schedules", schedules, authenticated, versions=(OLDEST_VERSION,)),
)
