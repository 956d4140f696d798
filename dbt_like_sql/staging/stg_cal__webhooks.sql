-- model: staging.stg_cal__webhooks
-- description: Webhook subscriptions at every level; their secrets never land.
-- grain: webhook_id
-- materialized: view
-- sources: raw.webhooks
-- history: raw.webhooks_history(valid_from, valid_to)

select
    id as webhook_id, -- text; webhook id (a UUID; the OpenAPI document wrongly says number)
    subscriber_url, -- text; address that receives the events
    triggers, -- JSON; events that are sent
    active as is_active, -- flag; false when switched off
    payload_template, -- text; template that replaces the whole body; NULL: Cal.com's own
    version, -- text; version of the payload
    user_id, -- id; set on a user's webhook
    event_type_id, -- id; set on an event type's webhook
    team_id, -- id; set on a team's or organisation's webhook
    oauth_client_id, -- text; set on a platform client's webhook
    has_secret, -- flag; deliveries are signed; the secret itself never lands
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.webhooks
