-- model: marts.dim_dates
-- description: One row per calendar date that bookings and reports touch, with ISO weeks and the
--   holidays of seeds.holidays.
-- grain: date_day
-- materialized: table
-- decision: DECISIONS.md#days-covered
-- decision: DECISIONS.md#holidays

select
    dates.date_day, -- date; without a zone
    cast(extract(year from dates.date_day) as integer) as year_number, -- number; calendar year
    cast(extract(quarter from dates.date_day) as integer) as quarter_number, -- 1..4
    cast(extract(month from dates.date_day) as integer) as month_number, -- 1..12
    cast(extract(day from dates.date_day) as integer) as day_number, -- 1..31; day of the month
    month_start(dates.date_day) as month_start_date, -- date; first of its month
    iso_year(dates.date_day) as iso_year, -- number; year of the ISO week
    iso_week(dates.date_day) as iso_week, -- 1..53
    iso_weekday(dates.date_day) as iso_weekday, -- 1..7; 1 is Monday
    monday_of(dates.date_day) as week_start_date, -- date; Monday of its week
    iso_weekday(dates.date_day) >= 6 as is_weekend, -- flag; Saturday or Sunday
    holidays.holiday_date is not null as is_holiday, -- flag; in seeds.holidays
    holidays.holiday_name -- text; what people call it; NULL: no holiday
from intermediate.int_cal__dates as dates
left join seeds.holidays as holidays on dates.date_day = holidays.holiday_date
