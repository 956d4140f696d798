"""Who may do what to a booking, and to an event type's bookings.

Source: BEHAVIOUR.md section 7.2; recordings `*__not_owner`, `w_absent_by_other_org_key`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cal_source.sandbox.world import ADMIN_ROLES

if TYPE_CHECKING:
    from cal_source.sandbox.records import Booking, EventType
    from cal_source.sandbox.world import World


def may_manage(world: World, user_id: int, event_type: EventType) -> bool:
    """Whether a user owns or hosts an event type, or administers its team or organisation."""
    if user_id == event_type.owner_id or user_id in {host.user_id for host in event_type.hosts}:
        return True
    team = world.teams.get(event_type.team_id or 0)
    scopes = set() if team is None else {team.id, team.parent_id}
    owner = world.users.get(event_type.owner_id or 0)
    if owner is not None:
        scopes.add(owner.organization_id)
    return _administers(world, user_id, scopes)


def may_decide(world: World, user_id: int, booking: Booking) -> bool:
    """Whether a user may confirm, decline or report on a booking: its host, or who manages it."""
    if user_id == booking.user_id:
        return True
    event_type = world.event_types.get(booking.event_type_id or 0)
    if event_type is not None and may_manage(world, user_id, event_type):
        return True
    host = world.users.get(booking.user_id or 0)
    return host is not None and _administers(world, user_id, {host.organization_id})


def is_switched_off(event_type: EventType, setting: str) -> bool:
    """Whether `disableCancelling` or `disableRescheduling` is set, in either of its shapes."""
    value: Any = event_type.settings.get(setting)
    return bool(value.get("disabled")) if isinstance(value, dict) else bool(value)


def _administers(world: World, user_id: int, team_ids: set[int | None]) -> bool:
    held = (world.membership(team_id, user_id) for team_id in team_ids if team_id is not None)
    return any(row is not None and row.is_accepted and row.role in ADMIN_ROLES for row in held)
