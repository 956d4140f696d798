-- model: intermediate.int_cal__busy_ranges
-- description: Time that accepted bookings take of each host's local days, overlaps united.
-- grain: host_id, local_date, start_at
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__booked_days(host_id, local_date)
-- time: local_date is a day in the zone of the host's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#utilisation

with

-- equal spans are one: rows that tie would have no order to be united in
spans as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        count(*) as booking_count
    from intermediate.int_cal__booked_days
    where start_at is not null
    group by host_id, local_date, start_at, end_at
),

reached as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        booking_count,
        max(end_at) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from spans
),

islands as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        booking_count,
        sum(case when start_at <= reached_at then 0 else 1 end) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc
            rows between unbounded preceding and current row
        ) as island
    from reached
)

select
    host_id, -- id; the host, co-host or member
    local_date, -- date; day in the schedule's zone
    min(start_at) as start_at, -- UTC; start of the busy time
    max(end_at) as end_at, -- UTC; its end
    cast(sum(booking_count) as bigint) as booking_count -- number; bookings in it
from islands
group by host_id, local_date, island
