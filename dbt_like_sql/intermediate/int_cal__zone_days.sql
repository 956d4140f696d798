-- model: intermediate.int_cal__zone_days
-- description: First moment and length of every local day of the calendar years in question, per
--   zone of a schedule. Whole years, so that a day later the table is the same one.
-- grain: time_zone, local_date
-- materialized: table
-- time: local_date is a wall-clock date in time_zone; *_at columns are UTC
-- decision: DECISIONS.md#clock-changes

with

span as (
    select
        min(date_day) as first_date,
        least(max(date_day), add_days(utc_day(:as_of), 29)) as last_date
    from intermediate.int_cal__dates
),

-- the first of January before, and the one after: these steps lead into it from every month
years as (
    select
        month_start(
            add_days(
                month_start(first_date), 28 * (1 - cast(extract(month from first_date) as integer))
            )
        ) as first_date,
        month_start(
            add_days(
                month_start(last_date), 31 * (13 - cast(extract(month from last_date) as integer))
            )
        ) as last_date
    from span
),

zones as (
    select distinct time_zone
    from intermediate.int_cal__host_schedules
),

wall_clock as (
    select
        zones.time_zone,
        days.date_day as local_date,
        wall_time(days.date_day, 0) as midnight
    from zones
    cross join years
    cross join date_spine(years.first_date, years.last_date) as days (date_day)
),

starts as (
    select
        time_zone,
        local_date,
        instant_of(midnight, time_zone) as day_start_at
    from wall_clock
),

bounded as (
    select
        time_zone,
        local_date,
        day_start_at,
        lead(day_start_at) over (partition by time_zone order by local_date) as day_end_at
    from starts
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    day_start_at, -- UTC; first moment of the day
    day_end_at, -- UTC; first moment of the next day
    seconds_between(
        day_start_at, day_end_at
    ) = 86400 as is_regular -- flag; 24 hours, so that minutes can be counted from midnight
from bounded
where day_end_at is not null
