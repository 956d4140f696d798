-- model: intermediate.int_cal__hosted_days
-- description: Per host and day on which bookings were made, the host as the day's last booking
--   states it, and the earliest start; so that no build looks for the latest facts in all bookings.
-- grain: host_id, created_date
-- materialized: incremental_by_key
-- partition: host_id, created_date
-- touched: intermediate.int_cal__booking_hosts(host_id, created_date)
-- time: all *_at columns are UTC; created_date is a day in UTC
-- decision: DECISIONS.md#hosts

with

days as (
    select
        host_id,
        created_date,
        max(created_at) as last_created_at,
        min(start_at) as first_start_at
    from intermediate.int_cal__booking_hosts
    group by host_id, created_date
),

-- few bookings of a day were made in the same moment
ranked as (
    select
        bookings.*,
        days.first_start_at,
        row_number() over (
            partition by bookings.host_id, bookings.created_date
            order by text_order(bookings.booking_uid) desc
        ) as recency
    from intermediate.int_cal__booking_hosts as bookings
    inner join days
        on
            bookings.host_id = days.host_id
            and bookings.created_date = days.created_date
            and (bookings.created_at = days.last_created_at or days.last_created_at is null)
)

select
    host_id, -- id; the host; -1 stands for unknown
    created_date, -- date; when the bookings were made
    booking_uid, -- text; the last booking of the day
    created_at, -- UTC; when that one was made
    name, -- text; the host's name on it
    email, -- text; the host's e-mail on it
    username, -- text; the host's user name on it
    time_zone, -- text; the host's zone on it
    first_start_at -- UTC; earliest start among the day's bookings
from ranked
where recency = 1
