-- model: marts.agg_host_utilisation_daily
-- description: How much of each host's bookable time was booked, per local day. Hosts whose
--   schedule is not visible appear on days with bookings only, without available time.
-- grain: host_id, local_date
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- touched: intermediate.int_cal__booked_days(host_id, local_date)
-- touched: intermediate.int_cal__host_days(host_id, local_date)
-- moments: intermediate.int_cal__host_days.day_end_at
-- time: local_date is a day in time_zone, the zone of the host's schedule
-- metric: available_minutes = working hours, or the date's overrides; minutes; overlaps once
-- metric: booked_minutes = accepted bookings as host or co-host; minutes; overlaps counted once
-- metric: booked_in_hours_minutes = the part of booked_minutes inside available time; minutes
-- metric: booked_outside_hours_minutes = the rest of booked_minutes; minutes
-- metric: utilisation_rate = booked_in_hours_minutes / available_minutes; 0..1; NULL when the
--   divisor is 0 or not known
-- checks: relationships(host_id -> marts.dim_hosts.host_id);
--   expression(utilisation_rate is null or (utilisation_rate >= 0 and utilisation_rate <= 1));
--   expression(booked_outside_hours_minutes >= 0)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#days-covered

with

available as (
    select
        host_id,
        local_date,
        sum(seconds_between(start_at, end_at)) as available_seconds
    from intermediate.int_cal__availability
    group by host_id, local_date
),

reached as (
    select
        host_id,
        local_date,
        booking_uid,
        start_at,
        end_at,
        max(end_at) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc, text_order(booking_uid) asc
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from intermediate.int_cal__booked_days
    where start_at is not null
),

islands as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        sum(case when start_at <= reached_at then 0 else 1 end) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc, text_order(booking_uid) asc
            rows between unbounded preceding and current row
        ) as island
    from reached
),

united as (
    select
        host_id,
        local_date,
        count(*) as booking_count,
        min(start_at) as start_at,
        max(end_at) as end_at
    from islands
    group by host_id, local_date, island
),

booked as (
    select
        host_id,
        local_date,
        sum(booking_count) as booking_count,
        sum(seconds_between(start_at, end_at)) as booked_seconds
    from united
    group by host_id, local_date
),

in_hours as (
    select
        united.host_id,
        united.local_date,
        sum(
            seconds_between(
                greatest(united.start_at, availability.start_at),
                least(united.end_at, availability.end_at)
            )
        ) as in_hours_seconds
    from united
    inner join intermediate.int_cal__availability as availability
        on
            united.host_id = availability.host_id
            and united.local_date = availability.local_date
            and united.start_at < availability.end_at
            and united.end_at > availability.start_at
    group by united.host_id, united.local_date
),

joined as (
    select
        host_days.host_id,
        host_days.local_date,
        host_days.time_zone,
        host_days.schedule_id,
        host_days.day_end_at,
        case
            when host_days.schedule_id is not null then coalesce(available.available_seconds, 0)
        end as available_seconds,
        coalesce(booked.booking_count, 0) as booking_count,
        coalesce(booked.booked_seconds, 0) as booked_seconds,
        coalesce(in_hours.in_hours_seconds, 0) as in_hours_seconds
    from intermediate.int_cal__host_days as host_days
    left join available
        on host_days.host_id = available.host_id and host_days.local_date = available.local_date
    left join booked
        on host_days.host_id = booked.host_id and host_days.local_date = booked.local_date
    left join in_hours
        on host_days.host_id = in_hours.host_id and host_days.local_date = in_hours.local_date
    where host_days.schedule_id is not null or booked.host_id is not null
)

select
    host_id, -- id; see dim_hosts
    local_date, -- date; local day in time_zone
    time_zone, -- IANA name; zone of the host's schedule
    schedule_id, -- id; schedule in use; NULL: none visible
    schedule_id is not null as has_schedule, -- flag; false: available time is not known
    day_end_at <= :as_of as is_past, -- flag; the day was over at the build's moment
    cast(booking_count as bigint) as booking_count, -- number; n: accepted bookings touching the day
    cast(available_seconds as double) / 60 as available_minutes, -- minutes; NULL: not known
    cast(booked_seconds as double) / 60 as booked_minutes, -- minutes; overlaps counted once
    cast(
        in_hours_seconds as double
    ) / 60 as booked_in_hours_minutes, -- minutes; inside available time
    cast(
        booked_seconds - in_hours_seconds as double
    ) / 60 as booked_outside_hours_minutes, -- minutes; outside it
    cast(in_hours_seconds as double)
    / nullif(available_seconds, 0) as utilisation_rate -- 0..1; NULL when nothing is available
from joined
