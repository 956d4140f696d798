-- model: intermediate.int_cal__zone_minutes
-- description: The instant of each wall-clock minute that schedules use, per zone and date; worked
--   out once per distinct pair. Of a minute that comes twice (clocks go back) the first is meant;
--   one that never comes (clocks go forward) moves on by the length of the jump.
-- grain: time_zone, local_date, local_minute
-- materialized: table
-- time: local_date and local_minute are wall-clock in time_zone; instant_at is UTC
-- decision: DECISIONS.md#clock-changes

with

minutes as (
    select distinct
        hosts.schedule_time_zone as time_zone,
        ranges.start_minute as local_minute
    from intermediate.int_cal__hosts as hosts
    inner join intermediate.int_cal__working_ranges as ranges
        on hosts.schedule_id = ranges.schedule_id
    union
    select distinct
        hosts.schedule_time_zone as time_zone,
        ranges.end_minute as local_minute
    from intermediate.int_cal__hosts as hosts
    inner join intermediate.int_cal__working_ranges as ranges
        on hosts.schedule_id = ranges.schedule_id
    where ranges.end_minute < 1440
    union
    select distinct
        schedule_time_zone as time_zone,
        0 as local_minute
    from intermediate.int_cal__hosts
),

wall_clock as (
    select
        minutes.time_zone,
        dates.date_day as local_date,
        minutes.local_minute,
        cast(dates.date_day as timestamp)
        + minutes.local_minute * interval '1 minute' as local_time
    from minutes
    cross join intermediate.int_cal__dates as dates
),

converted as (
    select
        time_zone,
        local_date,
        local_minute,
        local_time,
        local_time at time zone time_zone as instant_at
    from wall_clock
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    local_minute, -- minutes; from local midnight
    case
        when (instant_at - interval '60 minute') at time zone time_zone = local_time
            then instant_at - interval '60 minute'
        when (instant_at - interval '30 minute') at time zone time_zone = local_time
            then instant_at - interval '30 minute'
        else instant_at
    end as instant_at -- UTC; the first such moment
from converted
