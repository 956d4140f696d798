-- model: intermediate.int_cal__taken_ranges
-- description: Time that accepted bookings take of each host's local days, overlaps united; once
--   more with their buffers on days on which a booking has any.
-- grain: host_id, local_date, is_buffered, start_at
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__booked_days(host_id, local_date)
-- time: local_date is a day in the zone of the host's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers

with

buffered as (
    select distinct
        host_id,
        local_date
    from intermediate.int_cal__booked_days
    where start_at is null or blocked_start_at < start_at or blocked_end_at > end_at
),

-- equal spans are one: rows that tie would have no order to be united in
spans as (
    select
        host_id,
        local_date,
        false as is_buffered,
        start_at,
        end_at,
        count(*) as booking_count
    from intermediate.int_cal__booked_days
    where start_at is not null
    group by host_id, local_date, start_at, end_at
    union all
    select
        days.host_id,
        days.local_date,
        true as is_buffered,
        days.blocked_start_at as start_at,
        days.blocked_end_at as end_at,
        count(*) as booking_count
    from intermediate.int_cal__booked_days as days
    inner join buffered
        on days.host_id = buffered.host_id and days.local_date = buffered.local_date
    group by days.host_id, days.local_date, days.blocked_start_at, days.blocked_end_at
),

reached as (
    select
        *,
        max(end_at) over (
            partition by host_id, local_date, is_buffered
            order by start_at asc, end_at asc
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from spans
),

islands as (
    select
        *,
        sum(case when start_at <= reached_at then 0 else 1 end) over (
            partition by host_id, local_date, is_buffered
            order by start_at asc, end_at asc
            rows between unbounded preceding and current row
        ) as island
    from reached
)

select
    host_id, -- id; the host, co-host or member
    local_date, -- date; day in the schedule's zone
    is_buffered, -- flag; true: buffers included; a day without any has no such rows
    min(start_at) as start_at, -- UTC; start of the time
    max(end_at) as end_at, -- UTC; its end
    cast(sum(booking_count) as bigint) as booking_count -- number; bookings in it
from islands
group by host_id, local_date, is_buffered, island
