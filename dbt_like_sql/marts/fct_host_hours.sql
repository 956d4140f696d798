-- model: marts.fct_host_hours
-- description: Capacity and use per host, local day and hour of the clock; only hours with
--   available, booked or blocked time. Hosts whose hours are not known have no available time.
-- grain: host_id, local_date, local_hour
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- touched: intermediate.int_cal__taken_ranges(host_id, local_date)
-- touched: intermediate.int_cal__taken_in_hours(host_id, local_date)
-- touched: marts.fct_host_days(host_id, local_date)
-- time: local_date and local_hour are those of the zone of the host's schedule on that day; an hour
--   that comes twice is one row of 120 minutes, one that is skipped has none
-- metric: available_minutes = bookable time in the hour; minutes; overlaps once
-- metric: booked_minutes = accepted bookings in the hour; minutes; overlaps once
-- metric: booked_in_hours_minutes = the part of booked_minutes inside available time; minutes
-- metric: utilisation_rate = booked_in_hours_minutes / available_minutes; 0..1; NULL when the
--   divisor is 0 or not known
-- metric: blocked_minutes = booked_minutes and the buffers around them; minutes; overlaps once
-- metric: blocked_in_hours_minutes = the part of blocked_minutes inside available time; minutes
-- metric: blocked_rate = blocked_in_hours_minutes / available_minutes; 0..1; utilisation with
--   buffers; NULL when the divisor is 0 or not known
-- checks: expression(local_hour >= 0 and local_hour <= 23);
--   expression(booked_in_hours_minutes <= booked_minutes);
--   expression(available_minutes is null or booked_in_hours_minutes <= available_minutes);
--   expression(booked_minutes <= blocked_minutes and blocked_in_hours_minutes <= blocked_minutes)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers
-- decision: DECISIONS.md#clock-changes

with

buffered as (
    select distinct
        host_id,
        local_date
    from intermediate.int_cal__taken_ranges
    where is_buffered
),

parts as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        false as is_buffered,
        1 as is_available,
        0 as is_taken,
        0 as is_in_hours
    from intermediate.int_cal__availability
    union all
    select
        host_id,
        local_date,
        start_at,
        end_at,
        is_buffered,
        0 as is_available,
        1 as is_taken,
        0 as is_in_hours
    from intermediate.int_cal__taken_ranges
    union all
    select
        host_id,
        local_date,
        start_at,
        end_at,
        is_buffered,
        0 as is_available,
        0 as is_taken,
        1 as is_in_hours
    from intermediate.int_cal__taken_in_hours
),

zoned as (
    select
        parts.*,
        days.time_zone,
        days.hours_source,
        days.is_past,
        case when parts.is_buffered then 0 else 1 end as is_booked,
        -- a day without any buffer has no buffered time of its own
        case when parts.is_buffered or buffered.host_id is null then 1 else 0 end as is_blocked
    from parts
    inner join marts.fct_host_days as days
        on parts.host_id = days.host_id and parts.local_date = days.local_date
    left join buffered
        on parts.host_id = buffered.host_id and parts.local_date = buffered.local_date
),

cut as (
    select
        zoned.host_id,
        zoned.local_date,
        hours.local_hour,
        zoned.hours_source,
        zoned.is_past,
        zoned.is_available,
        zoned.is_taken,
        zoned.is_in_hours,
        zoned.is_booked,
        zoned.is_blocked,
        seconds_between(
            greatest(zoned.start_at, hours.start_at), least(zoned.end_at, hours.end_at)
        ) as seconds
    from zoned
    inner join intermediate.int_cal__zone_hours as hours
        on
            zoned.time_zone = hours.time_zone
            and zoned.local_date = hours.local_date
            and zoned.start_at < hours.end_at
            and zoned.end_at > hours.start_at
),

summed as (
    select
        host_id,
        local_date,
        local_hour,
        hours_source,
        is_past,
        sum(is_available * seconds) as available_seconds,
        sum(is_taken * is_booked * seconds) as booked_seconds,
        sum(is_in_hours * is_booked * seconds) as in_hours_seconds,
        sum(is_taken * is_blocked * seconds) as blocked_seconds,
        sum(is_in_hours * is_blocked * seconds) as blocked_in_hours_seconds
    from cut
    group by host_id, local_date, local_hour, hours_source, is_past
)

select
    host_id, -- id; see dim_hosts
    local_date, -- date; local day; see fct_host_days for its zone
    local_hour, -- 0..23; hour of the clock
    month_start(local_date) as month_start_date, -- date; first of its month
    iso_weekday(local_date) as iso_weekday, -- 1..7; 1 is Monday
    is_past, -- flag; the day was over at the build's moment
    case
        when hours_source <> 'unknown' then cast(available_seconds as double) / 60
    end as available_minutes, -- minutes; NULL: not known
    cast(booked_seconds as double) / 60 as booked_minutes, -- minutes; overlaps counted once
    cast(in_hours_seconds as double) / 60 as booked_in_hours_minutes, -- minutes; inside it
    case
        when hours_source <> 'unknown'
            then cast(in_hours_seconds as double) / nullif(available_seconds, 0)
    end as utilisation_rate, -- 0..1; NULL when nothing is available
    cast(blocked_seconds as double) / 60 as blocked_minutes, -- minutes; booked time and buffers
    cast(
        blocked_in_hours_seconds as double
    ) / 60 as blocked_in_hours_minutes, -- minutes; inside available time
    case
        when hours_source <> 'unknown'
            then cast(blocked_in_hours_seconds as double) / nullif(available_seconds, 0)
    end as blocked_rate -- 0..1; NULL when nothing is available
from summed
