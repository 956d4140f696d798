-- model: marts.dim_time_zones
-- description: One row per time zone of a host or schedule that the warehouse can convert, with how
--   far its clocks are from UTC on the first of January and of July of the build's year.
-- grain: time_zone
-- materialized: table
-- checks: expression(january_offset_minutes between -960 and 960)

with

noons as (
    select
        month_start(days.date_day) as month_start_date,
        instant_of(wall_time(days.date_day, 720), 'UTC') as noon_at
    from
        date_spine(
            add_days(utc_day(:as_of), -366), add_days(utc_day(:as_of), 366)
        ) as days (date_day)
    where
        extract(year from days.date_day) = extract(year from utc_day(:as_of))
        and extract(month from days.date_day) in (1, 7)
        and extract(day from days.date_day) = 1
),

shown as (
    select
        zones.time_zone,
        cast(extract(month from noons.month_start_date) as integer) as month_number,
        noons.month_start_date,
        local_time(noons.noon_at, zones.time_zone) as clock
    from intermediate.int_cal__time_zones as zones
    cross join noons
),

offsets as (
    select
        time_zone,
        month_number,
        days_between(month_start_date, cast(clock as date)) * 1440
        + cast(extract(hour from clock) as integer) * 60
        + cast(extract(minute from clock) as integer)
        - 720 as offset_minutes
    from shown
)

select
    time_zone, -- IANA name
    cast(
        max(case when month_number = 1 then offset_minutes end) as double
    ) as january_offset_minutes, -- minutes; ahead of UTC on 1 January, negative when behind
    cast(
        max(case when month_number = 7 then offset_minutes end) as double
    ) as july_offset_minutes, -- minutes; ahead of UTC on 1 July, negative when behind
    max(case when month_number = 1 then offset_minutes end)
    <> max(case when month_number = 7 then offset_minutes end) as is_changing -- flag; clocks change
from offsets
group by time_zone
