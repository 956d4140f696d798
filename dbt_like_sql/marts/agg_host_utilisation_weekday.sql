-- model: marts.agg_host_utilisation_weekday
-- description: Use of bookable time by weekday, per host and month, over days that are over. Add
--   minutes up before dividing.
-- grain: host_id, month_start_date, iso_weekday
-- materialized: table
-- time: days are those of the zone of the host's schedule
-- metric: available_minutes = bookable time; minutes; NULL: not known
-- metric: booked_minutes = accepted bookings; minutes; overlaps once
-- metric: booked_in_hours_minutes = the part of booked_minutes inside available time; minutes
-- metric: booked_outside_hours_minutes = the rest of booked_minutes; minutes
-- metric: blocked_in_hours_minutes = the same with buffers; minutes
-- metric: utilisation_rate = booked_in_hours_minutes / available_minutes; 0..1; NULL when the
--   divisor is 0 or not known
-- metric: blocked_rate = blocked_in_hours_minutes / available_minutes; 0..1; utilisation with
--   buffers; NULL when the divisor is 0 or not known
-- checks: expression(utilisation_rate is null or utilisation_rate <= 1)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers

with

summed as (
    select
        host_id,
        month_start(local_date) as month_start_date,
        iso_weekday(local_date) as iso_weekday,
        count(*) as day_count,
        sum(booking_count) as booking_count,
        sum(available_minutes) as available_minutes,
        sum(booked_minutes) as booked_minutes,
        sum(booked_in_hours_minutes) as booked_in_hours_minutes,
        sum(blocked_in_hours_minutes) as blocked_in_hours_minutes
    from marts.agg_host_utilisation_daily
    where is_past
    group by host_id, month_start(local_date), iso_weekday(local_date)
)

select
    host_id, -- id; see dim_hosts
    month_start_date, -- date; first of the month
    iso_weekday, -- 1..7; 1 is Monday
    cast(day_count as bigint) as day_count, -- number; n: days
    cast(booking_count as bigint) as booking_count, -- number; accepted bookings, once per day
    available_minutes, -- minutes; NULL: not known
    booked_minutes, -- minutes; overlaps counted once
    booked_in_hours_minutes, -- minutes; inside available time
    booked_minutes - booked_in_hours_minutes as booked_outside_hours_minutes, -- minutes; outside it
    blocked_in_hours_minutes, -- minutes; with buffers, inside available time
    booked_in_hours_minutes
    / nullif(available_minutes, 0) as utilisation_rate, -- 0..1; NULL when nothing is available
    blocked_in_hours_minutes
    / nullif(available_minutes, 0) as blocked_rate -- 0..1; NULL when nothing is available
from summed
