-- model: marts.dim_dates
-- description: One row per calendar date that bookings and reports touch, with ISO weeks.
-- grain: date_day
-- materialized: table
-- decision: DECISIONS.md#days-covered

select
    date_day, -- date; without a zone
    cast(extract(year from date_day) as integer) as year_number, -- number; calendar year
    cast(extract(quarter from date_day) as integer) as quarter_number, -- 1..4
    cast(extract(month from date_day) as integer) as month_number, -- 1..12
    cast(extract(day from date_day) as integer) as day_number, -- 1..31; day of the month
    month_start(date_day) as month_start_date, -- date; first of its month
    iso_year(date_day) as iso_year, -- number; year of the ISO week
    iso_week(date_day) as iso_week, -- 1..53
    iso_weekday(date_day) as iso_weekday, -- 1..7; 1 is Monday
    monday_of(date_day) as week_start_date, -- date; Monday of its week
    iso_weekday(date_day) >= 6 as is_weekend -- flag; Saturday or Sunday
from intermediate.int_cal__dates
