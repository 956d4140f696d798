-- model: intermediate.int_cal__zone_hours
-- description: Hours of the clock as spans of instants, per zone and date; an hour that comes twice
--   is one span of two hours, one that is skipped has none.
-- grain: time_zone, local_date, local_hour
-- materialized: table
-- time: local_date and local_hour are wall-clock in time_zone; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#clock-changes

with

hours as (
    select
        days.time_zone,
        days.local_date,
        clock.local_hour,
        days.day_start_at,
        days.day_end_at,
        days.is_regular
    from intermediate.int_cal__zone_days as days
    cross join
        (
            values
            (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11),
            (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)
        ) as clock (local_hour)
),

changing as (
    select
        time_zone,
        local_date,
        local_hour,
        day_end_at,
        instant_of(wall_time(local_date, local_hour * 60), time_zone) as start_at
    from hours
    where not is_regular
),

spans as (
    select
        time_zone,
        local_date,
        local_hour,
        add_minutes(day_start_at, local_hour * 60) as start_at,
        add_minutes(day_start_at, local_hour * 60 + 60) as end_at
    from hours
    where is_regular
    union all
    select
        time_zone,
        local_date,
        local_hour,
        start_at,
        coalesce(
            lead(start_at) over (partition by time_zone, local_date order by local_hour), day_end_at
        ) as end_at
    from changing
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    local_hour, -- 0..23; hour of the clock
    start_at, -- UTC; its first moment
    end_at -- UTC; first moment of the next hour
from spans
where start_at < end_at
