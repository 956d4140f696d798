-- model: marts.agg_host_utilisation_daily
-- description: How much of each host's bookable time was booked, per local day. Hosts whose
--   hours are not known appear on days with bookings only, without available time.
-- grain: host_id, local_date
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: marts.fct_host_days(host_id, local_date)
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- touched: intermediate.int_cal__busy_ranges(host_id, local_date)
-- touched: intermediate.int_cal__busy_in_hours(host_id, local_date)
-- touched: intermediate.int_cal__blocked_ranges(host_id, local_date)
-- time: local_date is a day in time_zone, the zone of the host's schedule on that day
-- metric: available_minutes = working hours, or the date's overrides, without days out of office;
--   minutes; overlaps once
-- metric: booked_minutes = accepted bookings as host, co-host or member; minutes; overlaps counted
--   once
-- metric: booked_in_hours_minutes = the part of booked_minutes inside available time; minutes
-- metric: booked_outside_hours_minutes = the rest of booked_minutes; minutes
-- metric: utilisation_rate = booked_in_hours_minutes / available_minutes; 0..1; NULL when the
--   divisor is 0 or not known
-- metric: blocked_minutes = booked_minutes and the buffers around them; minutes; overlaps once
-- metric: blocked_in_hours_minutes = the part of blocked_minutes inside available time; minutes
-- metric: blocked_rate = blocked_in_hours_minutes / available_minutes; 0..1; utilisation with
--   buffers; NULL when the divisor is 0 or not known
-- checks: relationships(host_id -> marts.dim_hosts.host_id);
--   expression(utilisation_rate is null or (utilisation_rate >= 0 and utilisation_rate <= 1));
--   expression(blocked_rate is null or (blocked_rate >= utilisation_rate and blocked_rate <= 1));
--   expression(booked_outside_hours_minutes >= 0)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers
-- decision: DECISIONS.md#days-covered

with

booked as (
    select
        host_id,
        local_date,
        sum(booking_count) as booking_count,
        sum(seconds_between(start_at, end_at)) as booked_seconds
    from intermediate.int_cal__busy_ranges
    group by host_id, local_date
),

in_hours as (
    select
        host_id,
        local_date,
        sum(seconds_between(start_at, end_at)) as in_hours_seconds
    from intermediate.int_cal__busy_in_hours
    group by host_id, local_date
),

blocked as (
    select
        host_id,
        local_date,
        sum(seconds_between(start_at, end_at)) as blocked_seconds
    from intermediate.int_cal__blocked_ranges
    group by host_id, local_date
),

blocked_in_hours as (
    select
        blocked.host_id,
        blocked.local_date,
        sum(
            seconds_between(
                greatest(blocked.start_at, availability.start_at),
                least(blocked.end_at, availability.end_at)
            )
        ) as in_hours_seconds
    from intermediate.int_cal__blocked_ranges as blocked
    inner join intermediate.int_cal__availability as availability
        on
            blocked.host_id = availability.host_id
            and blocked.local_date = availability.local_date
            and blocked.start_at < availability.end_at
            and blocked.end_at > availability.start_at
    group by blocked.host_id, blocked.local_date
),

joined as (
    select
        days.host_id,
        days.local_date,
        days.time_zone,
        days.schedule_id,
        days.hours_source,
        days.is_out_of_office,
        days.is_past,
        days.available_minutes,
        coalesce(booked.booking_count, 0) as booking_count,
        cast(coalesce(booked.booked_seconds, 0) as double) / 60 as booked_minutes,
        cast(coalesce(in_hours.in_hours_seconds, 0) as double) / 60 as booked_in_hours_minutes,
        -- a day without any buffer has no blocked ranges of its own
        cast(
            coalesce(blocked.blocked_seconds, booked.booked_seconds, 0) as double
        ) / 60 as blocked_minutes,
        cast(
            case
                when blocked.host_id is null then coalesce(in_hours.in_hours_seconds, 0)
                else coalesce(blocked_in_hours.in_hours_seconds, 0)
            end as double
        ) / 60 as blocked_in_hours_minutes
    from marts.fct_host_days as days
    left join booked
        on days.host_id = booked.host_id and days.local_date = booked.local_date
    left join in_hours
        on days.host_id = in_hours.host_id and days.local_date = in_hours.local_date
    left join blocked
        on days.host_id = blocked.host_id and days.local_date = blocked.local_date
    left join blocked_in_hours
        on
            days.host_id = blocked_in_hours.host_id
            and days.local_date = blocked_in_hours.local_date
    where days.hours_source <> 'unknown' or booked.host_id is not null
)

select
    host_id, -- id; see dim_hosts
    local_date, -- date; local day in time_zone
    time_zone, -- IANA name; zone of the host's schedule on that day
    schedule_id, -- id; schedule in use; NULL: none
    hours_source <> 'unknown' as has_schedule, -- flag; false: available time is not known
    is_past, -- flag; the day was over at the build's moment
    cast(booking_count as bigint) as booking_count, -- number; n: accepted bookings touching the day
    available_minutes, -- minutes; NULL: not known
    booked_minutes, -- minutes; overlaps counted once
    booked_in_hours_minutes, -- minutes; inside available time
    booked_minutes - booked_in_hours_minutes as booked_outside_hours_minutes, -- minutes; outside it
    booked_in_hours_minutes
    / nullif(available_minutes, 0) as utilisation_rate, -- 0..1; NULL when nothing is available
    hours_source, -- text; schedule, usual (Cal.com's, without one) or unknown
    is_out_of_office, -- flag; away the whole day
    blocked_minutes, -- minutes; booked time and buffers; overlaps counted once
    blocked_in_hours_minutes, -- minutes; inside available time
    blocked_in_hours_minutes
    / nullif(available_minutes, 0) as blocked_rate -- 0..1; NULL when nothing is available
from joined
