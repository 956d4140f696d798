"""Who is told of a change to a booking: mails to people, webhooks to subscribers.

Source: BEHAVIOUR.md section 9; `recorded/_webhook_deliveries.jsonl`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Booking, Json, Webhook
    from cal_source.sandbox.world import World


def notify(call: Call, trigger: str, booking: Booking, payload: Json) -> None:
    """Send a webhook to every active subscriber of the booking's host, event type, team and so on.

    A subscriber at two levels gets it twice.
    """
    for webhook in subscribers(call.world, booking):
        if webhook.is_active and trigger in webhook.triggers:
            call.outbox.deliver(webhook, trigger, payload, call.now)


def mail_everybody(call: Call, kind: str, booking: Booking) -> None:
    """Send a mail to the host and to everybody on the booking."""
    host = call.world.users.get(booking.user_id or 0)
    people = [person.email for person in booking.attendees]
    recipients = people if host is None else [host.email, *people]
    call.outbox.mail(kind, recipients, call.now, booking.uid)


def organization_id(world: World, booking: Booking) -> int | None:
    """The organisation a booking belongs to: its team's, else its host's."""
    event_type = world.event_types.get(booking.event_type_id or 0)
    team = world.teams.get((event_type and event_type.team_id) or 0)
    if team is not None:
        return team.parent_id
    host = world.users.get(booking.user_id or 0)
    return None if host is None else host.organization_id


def client_id(world: World, booking: Booking) -> str | None:
    """The platform client whose managed user hosts a booking."""
    host = world.users.get(booking.user_id or 0)
    return None if host is None else host.oauth_client_id


def subscribers(world: World, booking: Booking) -> Iterator[Webhook]:
    """Webhooks that a booking concerns.

    The host's own ones count for personal event types only, managed ones included.

    Yields:
        User's, event type's (and its managed parent's), team's, organisation's and client's.
    """
    event_type = world.event_types.get(booking.event_type_id or 0)
    parent = world.event_types.get((event_type and event_type.parent_id) or 0)
    team_id = (event_type and event_type.team_id) or (parent and parent.team_id)
    is_personal = event_type is None or event_type.team_id is None
    user_ids = {booking.user_id} if is_personal else set()
    event_type_ids = {row.id for row in (event_type, parent) if row is not None}
    team_ids = {team_id, organization_id(world, booking)}
    client = client_id(world, booking)
    for row in world.webhooks.values():
        if (
            (row.user_id is not None and row.user_id in user_ids)
            or row.event_type_id in event_type_ids
            or (row.team_id is not None and row.team_id in team_ids)
            or (row.oauth_client_id is not None and row.oauth_client_id == client)
        ):
            yield row
