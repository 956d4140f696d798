"""Schedules in the shape of API versions 2024-06-11 and 2024-06-14."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cal_source.sandbox.records import Json, Schedule
    from cal_source.sandbox.world import World


def schedule_json(world: World, row: Schedule) -> Json:
    """A schedule; whether it is the default is the owner's choice."""
    owner = world.users.get(row.owner_id)
    return {
        "id": row.id,
        "ownerId": row.owner_id,
        "name": row.name,
        "timeZone": row.time_zone,
        "availability": row.availability,
        "isDefault": owner is not None and owner.default_schedule_id == row.id,
        "overrides": row.overrides,
    }
