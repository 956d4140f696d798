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

ranked as (
    select
        host_id,
        created_date,
        booking_uid,
        created_at,
        name,
        email,
        username,
        time_zone,
        min(start_at) over (partition by host_id, created_date) as first_start_at,
        row_number() over (
            partition by host_id, created_date
            order by created_at desc, text_order(booking_uid) desc
        ) as recency
    from intermediate.int_cal__booking_hosts
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
