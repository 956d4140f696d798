-- model: intermediate.int_cal__event_type_buffers
-- description: Minutes kept free around bookings of each event type, and since when; narrow, so
--   that an edited text of an event type does not recompute every booking.
-- grain: event_type_id, valid_from_at
-- materialized: table
-- time: all *_at columns are UTC
-- checks: expression(before_buffer_minutes >= 0 and after_buffer_minutes >= 0)
-- decision: DECISIONS.md#versions

with

stated as (
    select
        event_type_id,
        valid_from_at,
        greatest(coalesce(before_buffer_minutes, 0), 0) as before_buffer_minutes,
        greatest(coalesce(after_buffer_minutes, 0), 0) as after_buffer_minutes
    from intermediate.int_cal__event_type_versions
),

compared as (
    select
        event_type_id,
        valid_from_at,
        before_buffer_minutes,
        after_buffer_minutes,
        lag(before_buffer_minutes) over (
            partition by event_type_id order by valid_from_at
        ) as earlier_before_minutes,
        lag(after_buffer_minutes) over (
            partition by event_type_id order by valid_from_at
        ) as earlier_after_minutes
    from stated
)

select
    event_type_id, -- id; the event type
    valid_from_at, -- UTC; since when; 1 January 1900 for the first known
    lead(valid_from_at) over (
        partition by event_type_id order by valid_from_at
    ) as valid_to_at, -- UTC; until when; NULL: it is so now
    before_buffer_minutes, -- minutes; kept free before a booking
    after_buffer_minutes -- minutes; kept free after a booking
from compared
where
    earlier_before_minutes is null
    or earlier_before_minutes <> before_buffer_minutes
    or earlier_after_minutes <> after_buffer_minutes
