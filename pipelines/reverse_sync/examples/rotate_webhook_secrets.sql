-- Give every webhook of the key's user, its event types and its organisation a new secret.
-- CAL_SECRET_WEBHOOK=… cal-warehouse plan --query rotate_webhook_secrets.sql
-- The secret is a reference: plan, warehouse and journal hold its name and its fingerprint.
with hooks as (
    select
        w.id,
        w.user_id,
        w.event_type_id,
        w.team_id,
        e.team_id as event_type_team_id
    from raw.webhooks as w
    left join raw.event_types as e on w.event_type_id = e.id
    where w.oauth_client_id is null
)

select
    case
        when event_type_team_id is not null then 'update_team_event_type_webhook'
        when event_type_id is not null then 'patch_webhook_event_type'
        when team_id is not null then 'update_webhook_for_organization'
        else 'update_webhook_by_id'
    end as action,
    id as "target.webhookId",
    event_type_id as "target.eventTypeId",
    case when event_type_id is null then team_id end as "target.orgId",
    event_type_team_id as "target.teamId",
    'secret:WEBHOOK' as "body.secret",
    'yearly rotation' as reason
from hooks
