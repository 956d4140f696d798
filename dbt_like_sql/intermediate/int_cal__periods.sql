-- model: intermediate.int_cal__periods
-- description: The stretches of time that rates are shown for, as of the build.
-- grain: period
-- materialized: table
-- decision: DECISIONS.md#rates

select
    'all time' as period, -- text; name
    cast('0001-01-01' as date) as first_date, -- date; first day
    cast('9999-12-31' as date) as last_date -- date; last day
union all
select
    'last 3 months' as period,
    month_start(add_days(month_start(utc_day(:as_of)), -75)) as first_date,
    add_days(month_start(utc_day(:as_of)), -1) as last_date
