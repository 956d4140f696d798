"""Making, changing and deleting schedules, one's own and those of members.

Given `availability` or `overrides` replace the whole list.

Source: BEHAVIOUR.md section 7.3; recordings `*schedule*` of `recorded-actions`, `w_schedule_*`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    each,
    is_array,
    is_boolean,
    is_in,
    is_iso_date,
    is_nested_list,
    is_string,
    is_time_zone,
    matches,
)
from cal_source.sandbox.call import success
from cal_source.sandbox.cascades import delete_schedule
from cal_source.sandbox.errors import BadRequestError, ForbiddenError, NotFoundError
from cal_source.sandbox.guards import authenticated, is_user_in_organization, organization_role
from cal_source.sandbox.records import Schedule
from cal_source.sandbox.render.schedules import schedule_json
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.schedules import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json
    from cal_source.sandbox.world import World

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORKING_HOURS: Final[Json] = {"days": list(_DAYS[:5]), "startTime": "09:00", "endTime": "17:00"}
_CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"


def _clock(name: str) -> BodyField:
    text = f"{name} must be a valid time format HH:MM"
    return BodyField(name, (matches(name, _CLOCK, text), is_string(name)))


_AVAILABILITY_RULES: Final = BodyRules((
    BodyField("days", (each(is_in("days", _DAYS)), is_array("days"))),
    _clock("startTime"),
    _clock("endTime"),
))
_OVERRIDE_RULES: Final = BodyRules((
    BodyField("date", (is_iso_date("date"),)),
    _clock("startTime"),
    _clock("endTime"),
))


def _list_of(name: str, rules: BodyRules) -> BodyField:
    checks = (is_array(name), is_nested_list(name))
    return BodyField(name, checks, is_optional=True, nested=rules, is_list=True)


def _rules(*, is_new: bool) -> BodyRules:
    return BodyRules((
        BodyField("name", (is_string("name"),), is_optional=not is_new),
        BodyField("timeZone", (is_time_zone("timeZone"),), is_optional=not is_new),
        _list_of("availability", _AVAILABILITY_RULES),
        BodyField("isDefault", (is_boolean("isDefault"),), is_optional=not is_new),
        _list_of("overrides", _OVERRIDE_RULES),
    ))


_CREATE_RULES: Final = _rules(is_new=True)
_UPDATE_RULES: Final = _rules(is_new=False)
_COLUMNS: Final = {
    "name": "name",
    "timeZone": "time_zone",
    "availability": "availability",
    "overrides": "overrides",
}


def create(owner: Callable[[Call], int]) -> Callable[[Call], Any]:
    """Make the handler that adds a schedule for the user that `owner` gives; names may repeat."""

    def handler(call: Call) -> Any:
        body = _CREATE_RULES.read(call)
        user_id = owner(call)
        row = add_schedule(call, user_id, body["name"], body["timeZone"])
        row.availability = body.get("availability") or row.availability
        row.overrides = body.get("overrides") or []
        if body["isDefault"]:
            _make_default(call.world, row)
        return success(schedule_json(call.world, row))

    return handler


def update(owner: Callable[[Call], int]) -> Callable[[Call], Any]:
    """Make the handler that changes a schedule of the user that `owner` gives."""

    def handler(call: Call) -> Any:
        user_id = owner(call)
        key = _key(call)
        body = _UPDATE_RULES.read(call)
        row = call.world.schedules.get(key)
        if row is None:
            text = f"Schedule with ID={key} does not exist."
            raise NotFoundError(text)
        _check_owner(row, user_id)
        columns = {column: body[name] for name, column in _COLUMNS.items() if name in body}
        if body.get("isDefault"):
            _make_default(call.world, row)
        changed = call.world.edit("schedules", row.id, **columns)
        return success(schedule_json(call.world, changed))

    return handler


def delete(owner: Callable[[Call], int]) -> Callable[[Call], Any]:
    """Make the handler that deletes a schedule; a missing one is a 400 here, not a 404."""

    def handler(call: Call) -> Any:
        user_id = owner(call)
        key = _key(call)
        row = call.world.schedules.get(key)
        if row is None:
            text = f"Schedule with ID={key} does not exist."
            raise BadRequestError(text)
        _check_owner(row, user_id)
        delete_schedule(call.world, row.id)
        return {"status": "success"}

    return handler


def add_schedule(call: Call, user_id: int, name: str, time_zone: str) -> Schedule:
    """Add a schedule of the usual working hours."""
    key = call.ids.number("schedules", call.world.schedules)
    row = Schedule(key, user_id, name, time_zone, [WORKING_HOURS], [])
    call.world.schedules[key] = row
    call.world.touch()
    return row


def _caller(call: Call) -> int:
    return call.user.id


def _member(call: Call) -> int:
    return int(call.params["userId"])


def _key(call: Call) -> int:
    """The id in the path; only the members' routes check that it is a number."""
    return (
        call.number("scheduleId") if "userId" in call.params else call.guarded_number("scheduleId")
    )


def _check_owner(row: Schedule, user_id: int) -> None:
    if row.owner_id != user_id:
        text = f"User with ID={user_id} does not own schedule with ID={row.id}"
        raise ForbiddenError(text)


def _make_default(world: World, row: Schedule) -> None:
    user = world.users[row.owner_id]
    world.users[user.id] = replace(user, default_schedule_id=row.id)
    world.touch()


_OWN: Final = "/v2/schedules"
_OF_MEMBER: Final = "/v2/organizations/{orgId}/users/{userId}/schedules"
_MEMBER: Final = (*organization_role("ORG_ADMIN"), is_user_in_organization)
ROUTES = (
    write("POST", _OWN, create(_caller), authenticated, versions=VERSIONS),
    write("PATCH", f"{_OWN}/{{scheduleId}}", update(_caller), authenticated, versions=VERSIONS),
    write("DELETE", f"{_OWN}/{{scheduleId}}", delete(_caller), authenticated, versions=VERSIONS),
    write("POST", _OF_MEMBER, create(_member), *_MEMBER),
    write("PATCH", f"{_OF_MEMBER}/{{scheduleId}}", update(_member), *_MEMBER),
    write("DELETE", f"{_OF_MEMBER}/{{scheduleId}}", delete(_member), *_MEMBER),
)
