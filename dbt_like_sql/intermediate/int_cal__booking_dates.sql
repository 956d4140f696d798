-- model: intermediate.int_cal__booking_dates
-- description: Accepted bookings per person who has to be there (the host and co-hosts) and date
--   that the booking can touch in some zone; of bookings longer than ten years, the first ten.
-- grain: booking_uid, host_id, date_day
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings(booking_uid)
-- touched: intermediate.int_cal__booking_hosts(booking_uid)
-- touched: intermediate.int_cal__attendees(booking_uid)
-- decision: DECISIONS.md#utilisation

with

accepted as (
    select
        booking_uid,
        start_at,
        end_at,
        -- every zone's local date lies within a day of the UTC date
        add_days(utc_day(start_at), -1) as first_date,
        least(add_days(utc_day(end_at), 1), add_days(utc_day(start_at), 3653)) as last_date
    from staging.stg_cal__bookings
    where status = 'accepted' and start_at < end_at
),

carriers as (
    select
        booking_uid,
        host_id
    from intermediate.int_cal__booking_hosts
    union
    select
        booking_uid,
        host_id
    from intermediate.int_cal__attendees
    where role = 'co_host'
)

select
    accepted.booking_uid, -- text; the booking
    carriers.host_id, -- id; the host or co-host
    days.date_day, -- date; without a zone
    accepted.start_at, -- UTC; start of the booking
    accepted.end_at -- UTC; end of the booking
from accepted
inner join carriers on accepted.booking_uid = carriers.booking_uid
cross join date_spine(accepted.first_date, accepted.last_date) as days (date_day)
