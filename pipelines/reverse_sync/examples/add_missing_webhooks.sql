-- Subscribe one address to the key's user's own event types wherever it is missing.
-- CAL_SECRET_WEBHOOK=… cal-warehouse plan --desired webhooks --query add_missing_webhooks.sql
-- Where the address is subscribed already, only what differs is changed.
select
    e.id as event_type_id,
    'https://hooks.example.com/warehouse' as subscriber_url,
    true as active,
    '["BOOKING_CREATED", "BOOKING_CANCELLED"]' as triggers,
    'secret:WEBHOOK' as secret,
    'warehouse inbox' as reason
from raw.event_types as e
inner join raw.me as me on e.owner_id = me.id
where e.team_id is null
