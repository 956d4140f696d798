"""Schedules with working hours and overrides. Source: OpenAPI 2024-06-11, recorded answers."""

from __future__ import annotations

from cal_source.tables.model import ORDINAL, POSITION, Child, Table, bigint, boolean, date, text

_PARENT = {"schedule_id": "id"}
_SCHEDULE_ID = bigint("$scheduleId", "The schedule this row belongs to.", required=True)

SCHEDULE_AVAILABILITY = Table(
    name="schedule_availability",
    key=("schedule_id", "day", "start_time", "end_time", "ordinal"),
    parent_key=_PARENT,
    identity=("day", "start_time", "end_time"),
    description="Working hours: one row per schedule, weekday and range.",
    columns=(
        _SCHEDULE_ID,
        text("day", "English name of the weekday.", required=True),
        text("startTime", "Wall-clock start HH:MM in the schedule's zone.", required=True),
        text(
            "endTime",
            "Wall-clock end HH:MM in the schedule's zone; 23:59 means midnight.",
            required=True,
        ),
        ORDINAL,
        POSITION,
    ),
)

SCHEDULE_OVERRIDES = Table(
    name="schedule_overrides",
    key=("schedule_id", "date", "start_time", "end_time", "ordinal"),
    parent_key=_PARENT,
    identity=("date", "start_time", "end_time"),
    description="Dates on which a schedule differs; they replace the whole day.",
    columns=(
        _SCHEDULE_ID,
        date("date", "The local date.", required=True),
        text("startTime", "Wall-clock start HH:MM.", required=True),
        text("endTime", "Wall-clock end HH:MM; equal to the start: day off.", required=True),
        ORDINAL,
        POSITION,
    ),
)

SCHEDULES = Table(
    name="schedules",
    key=("id",),
    description="One row per schedule of the users the key may see.",
    columns=(
        bigint("id", "The schedule's id.", required=True),
        bigint("ownerId", "The user it belongs to."),
        text("name", "Name."),
        text("timeZone", "IANA zone of its times; Europe/London also stands for 'none set'."),
        boolean("isDefault", "True for the owner's default schedule."),
    ),
    children=(
        Child(SCHEDULE_AVAILABILITY, "availability", explode="availability_days"),
        Child(SCHEDULE_OVERRIDES, "overrides"),
    ),
)
