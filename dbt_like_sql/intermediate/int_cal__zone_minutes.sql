-- model: intermediate.int_cal__zone_minutes
-- description: The instant of each wall-clock minute that schedules use, and of each full hour,
--   per zone and date; worked out once per distinct pair. Of a minute that comes twice (clocks go
--   back) the first is meant; one that never comes moves on by the length of the jump.
-- grain: time_zone, local_date, local_minute
-- materialized: table
-- time: local_date and local_minute are wall-clock in time_zone; instant_at is UTC
-- decision: DECISIONS.md#clock-changes

with

minutes as (
    select
        schedules.time_zone,
        ranges.start_minute as local_minute
    from intermediate.int_cal__host_schedules as schedules
    inner join intermediate.int_cal__working_ranges as ranges
        on
            schedules.schedule_id = ranges.schedule_id
            and schedules.version_number = ranges.version_number
    union
    select
        schedules.time_zone,
        ranges.end_minute as local_minute
    from intermediate.int_cal__host_schedules as schedules
    inner join intermediate.int_cal__working_ranges as ranges
        on
            schedules.schedule_id = ranges.schedule_id
            and schedules.version_number = ranges.version_number
    where ranges.end_minute < 1440
    union
    select
        schedules.time_zone,
        hours.local_hour * 60 as local_minute
    from intermediate.int_cal__host_schedules as schedules
    cross join
        (
            values
            (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11),
            (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)
        ) as hours (local_hour)
),

wall_clock as (
    select
        minutes.time_zone,
        dates.date_day as local_date,
        minutes.local_minute,
        wall_time(dates.date_day, minutes.local_minute) as local_time
    from minutes
    cross join intermediate.int_cal__dates as dates
    where dates.date_day <= add_days(utc_day(:as_of), 29)
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    local_minute, -- minutes; from local midnight
    instant_of(local_time, time_zone) as instant_at -- UTC; the first such moment
from wall_clock
