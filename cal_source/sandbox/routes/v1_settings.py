"""Writes of API v1 other than to bookings: working hours and calendars.

No list shows the ids of single ranges of working hours; here a range has its schedule's id times
100 plus its place in it, date overrides after the weekly ranges.

Source: notes of `edit_availability_by_id`, `edit_selected_calendar_by_id` and
`delete_destination_calendar_by_id`; none could be recorded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    each,
    is_array,
    is_date_string,
    is_in,
    is_int,
    is_string,
)
from cal_source.sandbox.bookings.draft import instant
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.v1_bookings import V1RefusedError, v1_body, v1_caller

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.connections import SelectedCalendar
    from cal_source.sandbox.records import Json, Schedule

_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_RANGES_PER_SCHEDULE: Final = 100
_AVAILABILITY: Final = BodyRules((
    BodyField("days", (each(is_in("days", range(7))), is_array("days")), is_optional=True),
    BodyField("startTime", (is_date_string("startTime"),), is_optional=True),
    BodyField("endTime", (is_date_string("endTime"),), is_optional=True),
    BodyField("date", (is_date_string("date"),), is_optional=True),
))
_SELECTED: Final = BodyRules((
    BodyField("integration", (is_string("integration"),), is_optional=True),
    BodyField("externalId", (is_string("externalId"),), is_optional=True),
    BodyField("credentialId", (is_int("credentialId"),), is_optional=True),
))


def edit_availability(call: Call) -> Any:
    """One range of working hours, or one override, changed."""
    try:
        user = v1_caller(call)
        schedule, place = _range(call, user.id)
        body = v1_body(call, _AVAILABILITY)
    except V1RefusedError as refused:
        return refused.reply
    weekly = list(schedule.availability)
    overrides = list(schedule.overrides)
    rows, at = (weekly, place) if place < len(weekly) else (overrides, place - len(weekly))
    rows[at] = rows[at] | _range_columns(body, is_override=rows is overrides)
    call.world.edit("schedules", schedule.id, availability=weekly, overrides=overrides)
    shown = {"id": call.number("id"), "userId": user.id, "scheduleId": schedule.id}
    return {"availability": shown | rows[at]}


def edit_selected_calendar(call: Call) -> Any:
    """A calendar that is looked at, exchanged for another."""
    try:
        user = v1_caller(call)
        row = _selected(call, user.id)
        body = v1_body(call, _SELECTED)
    except V1RefusedError as refused:
        return refused.reply
    changed = replace(
        row,
        integration=body.get("integration", row.integration),
        external_id=body.get("externalId", row.external_id),
        credential_id=body.get("credentialId", row.credential_id),
    )
    rows = call.world.connections.selected_calendars
    rows[rows.index(row)] = changed
    return {
        "selected_calendar": {
            "userId": changed.user_id,
            "integration": changed.integration,
            "externalId": changed.external_id,
            "credentialId": changed.credential_id,
        },
    }


def delete_destination_calendar(call: Call) -> Any:
    """Forget where bookings are written."""
    try:
        user = v1_caller(call)
        row = _destination(call, user.id)
    except V1RefusedError as refused:
        return refused.reply
    del call.world.connections.destination_calendars[user.id]
    return {"message": f"OK, Destination Calendar with id: {row['id']} has been deleted"}


def _range(call: Call, user_id: int) -> tuple[Schedule, int]:
    schedule_id, place = divmod(call.number("id"), _RANGES_PER_SCHEDULE)
    row = call.world.schedules.get(schedule_id)
    count = 0 if row is None else len(row.availability) + len(row.overrides)
    if row is None or place >= count:
        raise V1RefusedError(404, "Availability not found")
    if row.owner_id != user_id:
        raise V1RefusedError(403, "Forbidden")
    return row, place


def _range_columns(body: Json, *, is_override: bool) -> Json:
    columns: Json = {name: _clock(body[name]) for name in ("startTime", "endTime") if name in body}
    if is_override and "date" in body:
        columns["date"] = body["date"][:10]
    if not is_override and "days" in body:
        columns["days"] = [_DAYS[day] for day in body["days"]]
    return columns


def _clock(text: str) -> str:
    """The time of day of an instant, which v1 uses for times without a date."""
    return f"{instant(text):%H:%M}"


def _destination(call: Call, user_id: int) -> Json:
    row = call.world.connections.destination_calendars.get(user_id)
    if row is None or row["id"] != call.number("id"):
        raise V1RefusedError(404, "Destination calendar not found")
    return row


def _selected(call: Call, user_id: int) -> SelectedCalendar:
    owner, _, rest = call.params["key"].partition("_")
    if owner != str(user_id):
        raise V1RefusedError(403, "Forbidden")
    for row in call.world.connections.selected_calendars:
        if row.user_id == user_id and rest == f"{row.integration}_{row.external_id}":
            return row
    raise V1RefusedError(404, "Selected calendar not found")


ROUTES = (
    write("PATCH", "/v1/availabilities/{id}", edit_availability),
    write("PATCH", "/v1/selected-calendars/{key}", edit_selected_calendar),
    write("DELETE", "/v1/destination-calendars/{id}", delete_destination_calendar),
)
