-- model: marts.dim_dates
-- description: One row per calendar date that bookings and reports touch, with ISO weeks.
-- grain: date_day
-- materialized: table
-- decision: DECISIONS.md#days-covered

with

weekdays as (
    select
        date_day,
        -- 2001-01-01 was a Monday; the detour through positive remainders works before it too
        ((date_day - date '2001-01-01') % 7 + 7) % 7 + 1 as iso_weekday
    from intermediate.int_cal__dates
),

weeks as (
    select
        date_day,
        iso_weekday,
        date_day - cast(iso_weekday - 1 as integer) as week_start_date,
        -- an ISO week belongs to the year of its Thursday
        date_day - cast(iso_weekday - 4 as integer) as thursday
    from weekdays
)

select
    date_day, -- date; without a zone
    cast(extract(year from date_day) as integer) as year_number, -- number; calendar year
    cast(extract(quarter from date_day) as integer) as quarter_number, -- 1..4
    cast(extract(month from date_day) as integer) as month_number, -- 1..12
    cast(extract(day from date_day) as integer) as day_number, -- 1..31; day of the month
    cast(date_trunc('month', date_day) as date) as month_start_date, -- date; first of its month
    cast(extract(year from thursday) as integer) as iso_year, -- number; year of the ISO week
    cast(
        (thursday - cast(date_trunc('year', thursday) as date)) / 7 as integer
    ) + 1 as iso_week, -- 1..53
    cast(iso_weekday as integer) as iso_weekday, -- 1..7; 1 is Monday
    week_start_date, -- date; Monday of its week
    iso_weekday >= 6 as is_weekend -- flag; Saturday or Sunday
from weeks
