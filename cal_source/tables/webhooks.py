"""Webhooks at user, event type, team and organisation level. Source: recorded answers."""

from __future__ import annotations

from cal_source.tables.model import Table, bigint, boolean, json, text

WEBHOOKS = Table(
    name="webhooks",
    key=("id",),
    secrets=("secret",),
    description="Webhook subscriptions at every level; their secrets never land.",
    columns=(
        text("id", "Webhook id (a UUID; the OpenAPI document wrongly says number).", required=True),
        text("subscriberUrl", "Address that receives the events."),
        json("triggers", "Events that are sent."),
        boolean("active", "False when switched off."),
        text("payloadTemplate", "Template that replaces the whole body; NULL: Cal.com's own."),
        text("version", "Version of the payload."),
        bigint("userId", "Set on a user's webhook."),
        bigint("eventTypeId", "Set on an event type's webhook."),
        bigint("teamId", "Set on a team's or organisation's webhook."),
        text("oAuthClientId", "Set on a platform client's webhook.", name="oauth_client_id"),
        boolean("hasSecret", "True when deliveries are signed; the secret itself never lands."),
    ),
)
