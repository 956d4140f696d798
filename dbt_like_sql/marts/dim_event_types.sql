-- model: marts.dim_event_types
-- description: One row per event type that is visible, was once, or is named by a booking; event
--   type -1 stands for bookings whose event type was deleted.
-- grain: event_type_id
-- materialized: table
-- checks: not_null(title)
-- decision: DECISIONS.md#deleted-event-types

with

event_types as (
    select * from staging.stg_cal__event_types
),

named_by_bookings as (
    select
        event_type_id,
        max(text_order(event_type_slug)) as slug
    from staging.stg_cal__bookings
    where event_type_id is not null
    group by event_type_id
),

once_visible as (
    select
        event_type_id,
        title,
        slug
    from intermediate.int_cal__event_type_versions
    where valid_to_at is null
),

others as (
    select
        coalesce(named_by_bookings.event_type_id, once_visible.event_type_id) as event_type_id,
        once_visible.title,
        coalesce(named_by_bookings.slug, once_visible.slug) as slug
    from named_by_bookings
    full join once_visible on named_by_bookings.event_type_id = once_visible.event_type_id
)

select
    event_type_id, -- id; Cal.com's id
    coalesce(title, slug, 'Untitled') as title, -- text; title
    slug, -- text; last part of the booking address
    owner_user_id as owner_host_id, -- id; owner of a personal event type
    team_id, -- id; team of a team event type
    parent_event_type_id, -- id; managed template it was made from
    scheduling_type, -- text; collective, roundRobin or managed; NULL: personal
    duration_minutes, -- minutes; length of a booking
    minimum_notice_minutes, -- minutes; least time between booking and start
    before_buffer_minutes, -- minutes; kept free before a booking
    after_buffer_minutes, -- minutes; kept free after a booking
    schedule_id, -- id; schedule of its own; NULL: the host's default
    price, -- currency's smallest unit; price
    currency, -- text; currency code
    seat_count, -- number; seats per slot; NULL: not seated
    is_seated, -- flag; several bookers share a slot
    is_recurring, -- flag; books a series
    is_confirmation_required, -- flag; bookings may wait for confirmation
    is_hidden, -- flag; not listed on the booking page
    true as is_visible -- flag; false where the key does not see it now
from event_types
union all
select
    others.event_type_id,
    coalesce(others.title, others.slug, 'Untitled') as title,
    others.slug,
    null as owner_host_id,
    null as team_id,
    null as parent_event_type_id,
    null as scheduling_type,
    null as duration_minutes,
    null as minimum_notice_minutes,
    null as before_buffer_minutes,
    null as after_buffer_minutes,
    null as schedule_id,
    null as price,
    null as currency,
    null as seat_count,
    null as is_seated,
    null as is_recurring,
    null as is_confirmation_required,
    null as is_hidden,
    false as is_visible
from others
left join event_types on others.event_type_id = event_types.event_type_id
where event_types.event_type_id is null
union all
select
    -1 as event_type_id,
    'Deleted event type' as title,
    null as slug,
    null as owner_host_id,
    null as team_id,
    null as parent_event_type_id,
    null as scheduling_type,
    null as duration_minutes,
    null as minimum_notice_minutes,
    null as before_buffer_minutes,
    null as after_buffer_minutes,
    null as schedule_id,
    null as price,
    null as currency,
    null as seat_count,
    null as is_seated,
    null as is_recurring,
    null as is_confirmation_required,
    null as is_hidden,
    false as is_visible
