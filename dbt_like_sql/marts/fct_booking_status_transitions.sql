-- model: marts.fct_booking_status_transitions
-- description: Changes of status, and moves in place, that the warehouse saw happen between two
--   readings of a booking; the first reading of each booking is a row without a status before.
-- grain: booking_uid, seen_at
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings_history(booking_uid)
-- time: all *_at columns are UTC; a change happened after previous_seen_at and by seen_at
-- checks: expression(is_first_reading or is_returned or is_moved or is_gone
--   or from_status <> to_status)
-- decision: DECISIONS.md#status-transitions

with

versions as (
    select
        booking_uid,
        status,
        start_at,
        end_at,
        created_at,
        updated_at,
        valid_from_at,
        valid_to_at,
        lag(status) over (partition by booking_uid order by valid_from_at) as from_status,
        lag(start_at) over (partition by booking_uid order by valid_from_at) as from_start_at,
        lag(end_at) over (partition by booking_uid order by valid_from_at) as from_end_at,
        lag(valid_from_at) over (
            partition by booking_uid order by valid_from_at
        ) as previous_seen_at,
        lag(valid_to_at) over (partition by booking_uid order by valid_from_at) as previous_gone_at,
        lead(valid_from_at) over (partition by booking_uid order by valid_from_at) as next_seen_at
    from staging.stg_cal__bookings_history
),

readings as (
    select
        booking_uid,
        valid_from_at as seen_at,
        previous_seen_at,
        case when previous_gone_at = valid_from_at then from_status end as from_status,
        status as to_status,
        coalesce(previous_gone_at < valid_from_at, false) as is_returned,
        coalesce(start_at <> from_start_at or end_at <> from_end_at, false) as is_moved,
        false as is_gone,
        created_at,
        updated_at,
        start_at
    from versions
    where
        from_status is null
        or previous_gone_at < valid_from_at
        or from_status <> status
        or start_at <> from_start_at
        or end_at <> from_end_at
    union all
    -- gone for good, or until it came back
    select
        booking_uid,
        valid_to_at as seen_at,
        valid_from_at as previous_seen_at,
        status as from_status,
        null as to_status,
        false as is_returned,
        false as is_moved,
        true as is_gone,
        created_at,
        updated_at,
        start_at
    from versions
    where valid_to_at is not null and (next_seen_at is null or next_seen_at > valid_to_at)
)

select
    booking_uid, -- text; the booking
    seen_at, -- UTC; when the change was first seen
    previous_seen_at, -- UTC; the version before was read first then; NULL on first readings
    from_status, -- text; status before; NULL: not known, or it was gone
    to_status, -- text; status since; NULL: the booking is gone
    previous_seen_at is null as is_first_reading, -- flag; what happened before is not known
    is_returned, -- flag; it was gone before
    is_moved, -- flag; start or end changed in place
    is_gone, -- flag; deleted, or out of the key's sight
    created_at, -- UTC; when the booking was made
    updated_at, -- UTC; Cal.com's last write of the booking as of this reading; NULL on some
    case
        when not is_gone and previous_seen_at < updated_at and updated_at <= seen_at
            then updated_at
    end as changed_at, -- UTC; best estimate of when; NULL: only the span is known
    minutes_between(created_at, seen_at) as age_minutes, -- minutes; from creation to seen_at
    minutes_between(seen_at, start_at) as notice_minutes -- minutes; from seen_at to the start
from readings
