-- model: marts.agg_host_utilisation_daily
-- description: How much of each host's bookable time was booked, per local day. Hosts whose
--   hours are not known appear on days with bookings only, without available time.
-- grain: host_id, local_date
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: marts.fct_host_days(host_id, local_date)
-- touched: intermediate.int_cal__taken_ranges(host_id, local_date)
-- touched: intermediate.int_cal__taken_in_hours(host_id, local_date)
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

taken as (
    select
        host_id,
        local_date,
        sum(case when not is_buffered then booking_count end) as booking_count,
        sum(case when not is_buffered then seconds_between(start_at, end_at) end) as booked_seconds,
        sum(case when is_buffered then seconds_between(start_at, end_at) end) as blocked_seconds
    from intermediate.int_cal__taken_ranges
    group by host_id, local_date
),

in_hours as (
    select
        host_id,
        local_date,
        sum(case when not is_buffered then seconds_between(start_at, end_at) end) as booked_seconds,
        sum(case when is_buffered then seconds_between(start_at, end_at) end) as blocked_seconds
    from intermediate.int_cal__taken_in_hours
    group by host_id, local_date
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
        coalesce(taken.booking_count, 0) as booking_count,
        cast(coalesce(taken.booked_seconds, 0) as double) / 60 as booked_minutes,
        cast(coalesce(in_hours.booked_seconds, 0) as double) / 60 as booked_in_hours_minutes,
        -- a day without any buffer has no buffered time of its own
        cast(
            coalesce(taken.blocked_seconds, taken.booked_seconds, 0) as double
        ) / 60 as blocked_minutes,
        cast(
            case
                when taken.blocked_seconds is null then coalesce(in_hours.booked_seconds, 0)
                else coalesce(in_hours.blocked_seconds, 0)
            end as double
        ) / 60 as blocked_in_hours_minutes
    from marts.fct_host_days as days
    left join taken
        on days.host_id = taken.host_id and days.local_date = taken.local_date
    left join in_hours
        on days.host_id = in_hours.host_id and days.local_date = in_hours.local_date
    where days.hours_source <> 'unknown' or taken.booked_seconds is not null
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
