-- model: intermediate.int_cal__dates
-- description: One row per calendar date from a day before the first booking to a day after the
--   last one, at least 29 days ahead and at most ten years away; the only date spine.
-- grain: date_day
-- materialized: table
-- decision: DECISIONS.md#days-covered

with

booked as (
    select
        utc_day(min(start_at)) as first_date,
        utc_day(max(end_at)) as last_date
    from staging.stg_cal__bookings
),

span as (
    select
        greatest(
            add_days(coalesce(first_date, utc_day(:as_of)), -1), add_days(utc_day(:as_of), -3653)
        ) as first_date,
        least(
            greatest(
                add_days(coalesce(last_date, utc_day(:as_of)), 1), add_days(utc_day(:as_of), 29)
            ),
            add_days(utc_day(:as_of), 3653)
        ) as last_date
    from booked
)

select days.date_day -- date; without a zone
from span
cross join date_spine(span.first_date, span.last_date) as days (date_day)
