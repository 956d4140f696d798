-- model: marts.agg_host_utilisation_hourly
-- description: Use of bookable time by weekday and hour of the clock, per host and month, over days
--   that are over. Add minutes up before dividing; add hours up for weekdays.
-- grain: host_id, month_start_date, iso_weekday, local_hour
-- materialized: incremental_by_key
-- partition: host_id, month_start_date
-- touched: marts.fct_host_hours(host_id, month_start_date)
-- time: days and hours are those of the zone of the host's schedule
-- metric: available_minutes = bookable time; minutes; NULL: not known
-- metric: booked_minutes = accepted bookings; minutes; overlaps once
-- metric: booked_in_hours_minutes = the part of booked_minutes inside available time; minutes
-- metric: booked_outside_hours_minutes = the rest of booked_minutes; minutes
-- metric: utilisation_rate = booked_in_hours_minutes / available_minutes; 0..1; NULL when the
--   divisor is 0 or not known
-- metric: blocked_minutes = booked_minutes and the buffers around them; minutes; overlaps once
-- metric: blocked_in_hours_minutes = the part of blocked_minutes inside available time; minutes
-- metric: blocked_rate = blocked_in_hours_minutes / available_minutes; 0..1; utilisation with
--   buffers; NULL when the divisor is 0 or not known
-- checks: expression(utilisation_rate is null or utilisation_rate <= blocked_rate);
--   expression(blocked_rate is null or blocked_rate <= 1)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers

with

summed as (
    select
        host_id,
        month_start_date,
        iso_weekday,
        local_hour,
        count(*) as hour_count,
        sum(available_minutes) as available_minutes,
        sum(booked_minutes) as booked_minutes,
        sum(booked_in_hours_minutes) as booked_in_hours_minutes,
        sum(blocked_minutes) as blocked_minutes,
        sum(blocked_in_hours_minutes) as blocked_in_hours_minutes
    from marts.fct_host_hours
    where is_past
    group by host_id, month_start_date, iso_weekday, local_hour
)

select
    host_id, -- id; see dim_hosts
    month_start_date, -- date; first of the month
    iso_weekday, -- 1..7; 1 is Monday
    local_hour, -- 0..23; hour of the clock
    cast(hour_count as bigint) as hour_count, -- number; n: hours with any of these
    available_minutes, -- minutes; NULL: not known
    booked_minutes, -- minutes; overlaps counted once
    booked_in_hours_minutes, -- minutes; inside available time
    booked_minutes - booked_in_hours_minutes as booked_outside_hours_minutes, -- minutes; outside it
    booked_in_hours_minutes
    / nullif(available_minutes, 0) as utilisation_rate, -- 0..1; NULL when nothing is available
    blocked_minutes, -- minutes; booked time and buffers; overlaps counted once
    blocked_in_hours_minutes, -- minutes; inside available time
    blocked_in_hours_minutes
    / nullif(available_minutes, 0) as blocked_rate -- 0..1; NULL when nothing is available
from summed
