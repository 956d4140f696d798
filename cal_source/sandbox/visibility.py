"""Which bookings a user sees in booking lists.

One sees what one hosts or attends; an admin or owner of a team or organisation also sees what any
member hosts or attends, even with outsiders, and the bookings of its event types and their
managed children.

Source: BEHAVIOUR.md section 4.1; `world/visible_booking_uids.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cal_source.sandbox.world import World


def visible_booking_ids(world: World, user_id: int) -> set[int]:
    """Ids of all bookings one user's lists can show."""
    teams = world.administered_teams(user_id)
    people = administered_user_ids(world, user_id) | {user_id}
    return world.bookings.ids(
        hosts=people,
        emails={world.users[person].email for person in people},
        event_types=event_type_ids_of_teams(world, teams),
    )


def administered_user_ids(world: World, user_id: int) -> set[int]:
    """Ids of the members of every team and organisation a user administers."""
    teams = world.administered_teams(user_id)
    return {row.user_id for row in world.memberships.values() if row.team_id in teams}


def event_type_ids_of_teams(world: World, team_ids: set[int]) -> set[int]:
    """Ids of the event types of teams, with the managed children of those."""
    own = {row.id for row in world.event_types.values() if row.team_id in team_ids}
    return own | children_of(world, own)


def children_of(world: World, event_type_ids: set[int]) -> set[int]:
    """Ids of the managed event types made from these."""
    return {row.id for row in world.event_types.values() if row.parent_id in event_type_ids}
