-- model: intermediate.int_cal__zone_minutes
-- description: The instant of each wall-clock minute that schedules use, per zone and date. Of a
--   minute that comes twice (clocks go back) the first is meant; one that never comes moves on by
--   the length of the jump. Only days on which clocks change need a conversion of their own.
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
),

paired as (
    select
        minutes.time_zone,
        days.local_date,
        minutes.local_minute,
        days.day_start_at,
        days.is_regular
    from minutes
    inner join intermediate.int_cal__zone_days as days on minutes.time_zone = days.time_zone
    inner join intermediate.int_cal__dates as dates on days.local_date = dates.date_day
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    local_minute, -- minutes; from local midnight
    add_minutes(day_start_at, local_minute) as instant_at -- UTC; the first such moment
from paired
where is_regular
union all
select
    time_zone,
    local_date,
    local_minute,
    instant_of(wall_time(local_date, local_minute), time_zone) as instant_at
from paired
where not is_regular
