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
        wall_time(dates.date_day, minutes.local_minute) as local_time
    from minutes
    cross join intermediate.int_cal__dates as dates
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    local_minute, -- minutes; from local midnight
    instant_of(local_time, time_zone) as instant_at -- UTC; the first such moment
from wall_clock
