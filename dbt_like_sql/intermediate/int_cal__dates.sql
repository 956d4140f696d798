-- model: intermediate.int_cal__dates
-- description: One row per calendar date from a day before the first booking to a day after the
--   last one, at least 29 days ahead and at most ten years away; the only date spine.
-- grain: date_day
-- materialized: table
-- decision: DECISIONS.md#days-covered

with

booked as (
    select
        min(cast(start_at as date)) as first_date,
        max(cast(end_at as date)) as last_date
    from staging.stg_cal__bookings
),

span as (
    select
        greatest(
            coalesce(first_date, cast(:as_of as date)) - 1, cast(:as_of as date) - 3653
        ) as first_date,
        least(
            greatest(
                coalesce(last_date, cast(:as_of as date)) + 1, cast(:as_of as date) + 29
            ),
            cast(:as_of as date) + 3653
        ) as last_date
    from booked
)

select cast(days.date_day as date) as date_day -- date; without a zone
from span
cross join generate_series(
    cast(span.first_date as timestamp), cast(span.last_date as timestamp), interval '1 day'
) as days (date_day)
