-- Raise the buffer of the personal event types of hosts who are booked above 90 % of their hours.
-- cal-warehouse plan --desired event_types --query raise_buffers.sql
with load as (
    select
        host_id,
        sum(booked_in_hours_minutes) / nullif(sum(available_minutes), 0) as utilisation_rate
    from marts.agg_host_utilisation_daily
    where is_past
    group by host_id
)

select
    e.event_type_id,
    15 as after_event_buffer,
    'utilisation above 90 %' as reason
from marts.dim_event_types as e
inner join load on e.owner_host_id = load.host_id
where
    load.utilisation_rate > 0.9
    and e.is_visible
    and e.after_buffer_minutes < 15
