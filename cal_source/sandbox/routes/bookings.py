"""Lists of bookings, in every scope, and single bookings.

Source: BEHAVIOUR.md section 4; recordings `bookings_*`, `org_bookings*`, `orgteam_bookings*`,
`org_user_bookings`, `booking_*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.booking_query import STATUS_WORDS, BookingQuery, Bounds, CountedFilter
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.errors import (
    BookingNotFoundError,
    MaskedBadRequestError,
    MaskedForbiddenError,
    NotFoundError,
)
from cal_source.sandbox.guards import (
    authenticated,
    is_user_in_organization,
    maybe_authenticated,
    organization_role,
    organization_team_role,
    permission,
    team_role,
)
from cal_source.sandbox.render.bookings import booking_json, is_seated
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import (
    QueryRules,
    choice,
    instant,
    integer,
    integers,
    number,
    text,
    words,
)
from cal_source.sandbox.visibility import (
    administered_user_ids,
    children_of,
    event_type_ids_of_teams,
    visible_booking_ids,
)
from cal_source.sandbox.world import ADMIN_ROLES

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Booking, Json
    from cal_source.sandbox.world import World

VERSION: Final = ("2024-08-13",)
_TEAM_FIELDS: Final = (
    words("status", STATUS_WORDS),
    text("attendeeEmail"),
    text("attendeeName"),
    text("bookingUid"),
    integers("eventTypeIds"),
    integer("eventTypeId"),
    instant("afterStart", "fromDate"),
    instant("beforeEnd", "toDate"),
    choice("sortStart", "SortStart"),
    choice("sortEnd", "SortEnd"),
    choice("sortCreated", "SortCreated"),
    number("take", minimum=1, maximum=250),
    number("skip", minimum=0),
)
# The lists of one team do not know these and drop them without a word.
_FIELDS: Final = (
    *_TEAM_FIELDS,
    integers("teamsIds"),
    integer("teamId"),
    instant("afterCreatedAt", "fromDate"),
    instant("beforeCreatedAt", "toDate"),
    instant("afterUpdatedAt", "fromDate"),
    instant("beforeUpdatedAt", "toDate"),
    choice("sortUpdatedAt", "SortCreated"),
)
_RULES: Final = QueryRules(_FIELDS)
_ORGANIZATION_RULES: Final = QueryRules((*_FIELDS, integers("userIds")))
_TEAM_RULES: Final = QueryRules(_TEAM_FIELDS)
# The first one given wins, the others are ignored.
_SORTS: Final = {
    "sortStart": "start",
    "sortEnd": "end",
    "sortCreated": "created_at",
    "sortUpdatedAt": "updated_at",
}
_NEWEST_FIRST: Final = frozenset({"past", "cancelled"})
_DEFAULT_TAKE: Final = 100


def list_own(call: Call) -> Any:
    """Bookings the caller may see."""
    return _list(call, _RULES.read(call.query), call.user.id)


def list_of_organization(call: Call) -> Any:
    """Bookings the caller may see, cut to some members by `userIds`."""
    return _list(call, _ORGANIZATION_RULES.read(call.query), call.user.id)


def list_of_member(call: Call) -> Any:
    """What a member would see, not merely what the member hosts."""
    return _list(call, _RULES.read(call.query), call.number("userId"))


def list_of_team(call: Call) -> Any:
    """Bookings of a team's event types."""
    values = _TEAM_RULES.read(call.query) | {"teamId": call.number("teamId")}
    return _list(call, values, call.user.id)


def one(call: Call) -> Any:
    """A booking by uid, which is a capability: no credentials needed. A series gives an array.

    Raises:
        BookingNotFoundError: Neither a booking nor a series has this uid.
    """
    uid = call.params["bookingUid"]
    booking = call.world.bookings.by_uid(uid)
    if booking is not None:
        return success(shown_alone(call, booking))
    series = call.world.bookings.of_series(uid)
    if series:
        return success([shown_alone(call, occurrence) for occurrence in series])
    raise BookingNotFoundError(uid)


def one_by_seat(call: Call) -> Any:
    """The booking that a seat belongs to; source: OpenAPI, newer than the recordings.

    Raises:
        NotFoundError: There is no such seat.
    """
    seat_uid = call.params["seatUid"]
    for booking in call.world.bookings:
        if any(person.seat and person.seat.uid == seat_uid for person in booking.attendees):
            return success(shown_alone(call, booking))
    reason = f"Booking with seatUid={seat_uid} was not found in the database"
    raise NotFoundError(reason)


def _list(call: Call, values: Json, user_id: int) -> Json:
    query = _query(call.world, values, user_id)
    member_ids = values.get("userIds")

    def visible() -> set[int]:
        ids = visible_booking_ids(call.world, user_id)
        return ids if member_ids is None else ids & _of_members(call.world, user_id, member_ids)

    found = call.lists.page(query, visible, call.now)
    rows = [call.renderer.raw(booking) for booking in found.rows]
    return success(rows) | {"pagination": pagination(found.total, query.take, query.skip)}


def _query(world: World, values: Json, user_id: int) -> BookingQuery:
    sort, is_descending = _sort(values)
    email = values.get("attendeeEmail")
    return BookingQuery(
        scope=f"{user_id} {values.get('userIds')}",
        counted=CountedFilter(
            statuses=frozenset(values.get("status", ())),
            attendee_email=email and email.replace(" ", "+"),
            attendee_name=values.get("attendeeName"),
            booking_uid=values.get("bookingUid"),
            event_types=_event_type_filters(world, values),
            after_start=_instant(values, "afterStart"),
            before_end=_instant(values, "beforeEnd"),
        ),
        created=Bounds(_instant(values, "afterCreatedAt"), _instant(values, "beforeCreatedAt")),
        updated=Bounds(_instant(values, "afterUpdatedAt"), _instant(values, "beforeUpdatedAt")),
        sort=sort,
        is_descending=is_descending,
        take=int(values.get("take", _DEFAULT_TAKE)),
        skip=int(values.get("skip", 0)),
    )


def _sort(values: Json) -> tuple[str, bool]:
    for name, column in _SORTS.items():
        if name in values:
            return column, values[name] == "desc"
    statuses = values.get("status", ())
    return "start", len(statuses) == 1 and statuses[0] in _NEWEST_FIRST


def _event_type_filters(world: World, values: Json) -> tuple[frozenset[int], ...]:
    """Sets of event types a booking must be in, one per filter given.

    A team without event types drops its filter, so that everything comes back.

    Raises:
        MaskedBadRequestError: None of the event types asked for exists.
    """
    filters = []
    teams = {*values.get("teamsIds", ()), *([values["teamId"]] if "teamId" in values else ())}
    of_teams = event_type_ids_of_teams(world, teams)
    if of_teams:
        filters.append(frozenset(of_teams))
    asked = {
        *values.get("eventTypeIds", ()),
        *([values["eventTypeId"]] if "eventTypeId" in values else ()),
    }
    if asked:
        known = asked & set(world.event_types)
        if not known:
            raise MaskedBadRequestError
        filters.append(frozenset(known | children_of(world, known)))
    return tuple(filters)


def _of_members(world: World, user_id: int, member_ids: list[int]) -> set[int]:
    if not set(member_ids) <= administered_user_ids(world, user_id) | {user_id}:
        raise MaskedForbiddenError
    emails = [world.users[member].email for member in member_ids]
    return world.bookings.ids(hosts=member_ids, emails=emails)


def _instant(values: Json, name: str) -> datetime | None:
    return parse_iso(values[name]) if name in values else None


def pagination(total: int, take: int, skip: int) -> Json:
    """Everything is computed from the total, the number of returned items too."""
    pages = -(-total // take)
    current = min(skip // take + 1, pages)
    return {
        "returnedItems": min(take, max(0, total - skip)),
        "totalItems": total,
        "itemsPerPage": take,
        "remainingItems": max(0, total - skip - take),
        "currentPage": current,
        "totalPages": pages,
        "hasNextPage": current < pages,
        "hasPreviousPage": current > 1,
    }


def shown_alone(call: Call, booking: Booking) -> Any:
    """A seated booking read alone hides its attendees from those without a role in it."""
    if not is_seated(call.world, booking) or _may_see_attendees(call, booking):
        return call.renderer.raw(booking)
    body = booking_json(call.world, booking) | {"attendees": []}
    return msgspec.Raw(msgspec.json.encode(body))


def _may_see_attendees(call: Call, booking: Booking) -> bool:
    event_type = call.world.event_types[booking.event_type_id or 0]
    if event_type.seats_show_attendees:
        return True
    if call.principal is None:
        return False
    user_id = call.user.id
    if user_id in {event_type.owner_id, booking.user_id, *(h.user_id for h in event_type.hosts)}:
        return True
    team = call.world.teams.get(event_type.team_id or 0)
    teams = () if team is None else (team.id, team.parent_id or 0)
    held = (call.world.membership(team_id, user_id) for team_id in teams)
    return any(row is not None and row.role in ADMIN_ROLES for row in held)


ROUTES = (
    get("/v2/bookings", list_own, permission("BOOKING_READ"), authenticated, versions=VERSION),
    get("/v2/bookings/{bookingUid}", one, maybe_authenticated, versions=VERSION),
    get("/v2/bookings/by-seat/{seatUid}", one_by_seat, maybe_authenticated, versions=VERSION),
    get(
        "/v2/organizations/{orgId}/bookings",
        list_of_organization,
        *organization_role("ORG_ADMIN"),
    ),
    get(
        "/v2/organizations/{orgId}/users/{userId}/bookings",
        list_of_member,
        *organization_role("ORG_ADMIN"),
        is_user_in_organization,
    ),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}/bookings",
        list_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
    get("/v2/teams/{teamId}/bookings", list_of_team, *team_role("TEAM_ADMIN")),
)
