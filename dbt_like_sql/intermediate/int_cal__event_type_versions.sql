-- model: intermediate.int_cal__event_type_versions
-- description: What each event type was, and when: the versions that the warehouse has seen, of
--   which the first also stands for the time before, and the last for the time since it was gone.
-- grain: event_type_id, valid_from_at
-- materialized: table
-- time: all *_at columns are UTC
-- decision: DECISIONS.md#versions

with

versions as (
    select
        event_type_id,
        owner_user_id,
        team_id,
        scheduling_type,
        title,
        slug,
        duration_minutes,
        minimum_notice_minutes,
        before_buffer_minutes,
        after_buffer_minutes,
        schedule_id,
        price,
        currency,
        seat_count,
        is_hidden,
        valid_from_at as seen_at,
        valid_to_at as gone_at
    from staging.stg_cal__event_types_history
    union all
    select
        current_ones.event_type_id,
        current_ones.owner_user_id,
        current_ones.team_id,
        current_ones.scheduling_type,
        current_ones.title,
        current_ones.slug,
        current_ones.duration_minutes,
        current_ones.minimum_notice_minutes,
        current_ones.before_buffer_minutes,
        current_ones.after_buffer_minutes,
        current_ones.schedule_id,
        current_ones.price,
        current_ones.currency,
        current_ones.seat_count,
        current_ones.is_hidden,
        null as seen_at,
        null as gone_at
    from staging.stg_cal__event_types as current_ones
    left join staging.stg_cal__event_types_history as versions
        on current_ones.event_type_id = versions.event_type_id
    where versions.event_type_id is null
),

numbered as (
    select
        *,
        row_number() over (partition by event_type_id order by seen_at) as version_number,
        lead(seen_at) over (partition by event_type_id order by seen_at) as next_seen_at
    from versions
)

select
    event_type_id, -- id; the event type
    version_number, -- number; from 1
    case
        when version_number = 1 then cast('1900-01-01 00:00:00+00:00' as timestamptz)
        else seen_at
    end as valid_from_at, -- UTC; since when; 1 January 1900 for the first known version
    next_seen_at as valid_to_at, -- UTC; until when; NULL: the last version known
    seen_at, -- UTC; when this version was first read; NULL: no versions were kept
    gone_at is not null and next_seen_at is null as is_deleted, -- flag; gone since
    owner_user_id, -- id; user who owns a personal event type
    team_id, -- id; team that owns a team event type
    scheduling_type, -- text; collective, roundRobin or managed; NULL: personal
    title, -- text; title
    slug, -- text; last part of its booking address
    duration_minutes, -- minutes; length of a booking
    minimum_notice_minutes, -- minutes; least time from booking to start
    before_buffer_minutes, -- minutes; kept free before a booking
    after_buffer_minutes, -- minutes; kept free after a booking
    schedule_id, -- id; schedule of its own; NULL: the host's default
    price, -- number; price in the currency's smallest unit
    currency, -- text; currency code
    seat_count, -- number; seats per slot; NULL: not seated
    is_hidden -- flag; not listed on the booking page
from numbered
