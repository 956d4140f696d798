"""What the deletion of a row takes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cal_source.sandbox.world import World


def delete_team(world: World, team_id: int) -> None:
    """Delete a team with its event types, memberships, webhooks, forms and workflows.

    Bookings of its event types stay, without event type.
    """
    for row in world.event_types_of_team(team_id):
        world.delete_event_type(row.id)
    for membership in world.memberships_of_team(team_id):
        del world.memberships[membership.id]
    for webhook in [row.id for row in world.webhooks.values() if row.team_id == team_id]:
        del world.webhooks[webhook]
    for form in [row.id for row in world.routing_forms.values() if row.team_id == team_id]:
        del world.routing_forms[form]
    for workflow in [row.id for row in world.workflows.values() if row.team_id == team_id]:
        del world.workflows[workflow]
    for contact in [key for key, row in world.verified_contacts.items() if row.team_id == team_id]:
        del world.verified_contacts[contact]
    del world.teams[team_id]
    world.touch()


def delete_schedule(world: World, schedule_id: int) -> None:
    """Delete a schedule; event types and users that name it fall back to none."""
    del world.schedules[schedule_id]
    for event_type in [e.id for e in world.event_types.values() if e.schedule_id == schedule_id]:
        world.edit("event_types", event_type, schedule_id=None)
    for user in [u for u in world.users.values() if u.default_schedule_id == schedule_id]:
        world.users[user.id] = replace(user, default_schedule_id=None)
    world.touch()


def delete_account(world: World, user_id: int) -> None:
    """Delete a user with the bookings they host, and everything that lets them or others in."""
    world.delete_user(user_id)
    world.connections.forget_user(user_id)
