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
        time_zone,
        local_date,
        local_minute,
        instant_at as start_at,
        lead(instant_at) over (
            partition by time_zone order by local_date asc, local_minute asc
        ) as end_at
    from intermediate.int_cal__zone_minutes
    where
        local_minute in (
            0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 660,
            720, 780, 840, 900, 960, 1020, 1080, 1140, 1200, 1260, 1320, 1380
        )
)

select
    time_zone, -- IANA name
    local_date, -- date; wall-clock date in time_zone
    cast(local_minute / 60 as integer) as local_hour, -- 0..23; hour of the clock
    start_at, -- UTC; its first moment
    end_at -- UTC; first moment of the next hour
from hours
where start_at < end_at
