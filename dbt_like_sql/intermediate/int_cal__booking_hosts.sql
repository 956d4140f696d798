-- model: intermediate.int_cal__booking_hosts
-- description: The one host of each booking, as the booking states it; -1 where Cal.com calls the
--   host unknown.
-- grain: booking_uid
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings(booking_uid)
-- touched: staging.stg_cal__booking_hosts(booking_uid)
-- time: all *_at columns are UTC; created_date is a day in UTC
-- decision: DECISIONS.md#hosts

with

ranked as (
    select
        bookings.booking_uid,
        bookings.created_at,
        bookings.start_at,
        booking_hosts.host_id,
        booking_hosts.name,
        booking_hosts.email,
        booking_hosts.username,
        booking_hosts.time_zone,
        row_number() over (
            partition by bookings.booking_uid
            order by
                booking_hosts.position asc,
                text_order(booking_hosts.email) asc,
                booking_hosts.ordinal asc
        ) as place
    from staging.stg_cal__bookings as bookings
    left join staging.stg_cal__booking_hosts as booking_hosts
        on bookings.booking_uid = booking_hosts.booking_uid
)

select
    booking_uid, -- text; the booking
    coalesce(host_id, -1) as host_id, -- id; who carries it
    name, -- text; the host's name
    email, -- text; the host's e-mail
    username, -- text; the host's user name
    time_zone, -- text; the host's zone as Cal.com states it
    coalesce(
        utc_day(created_at), date '1970-01-01'
    ) as created_date, -- date; when the booking was made; 1970-01-01 where Cal.com does not say
    created_at, -- UTC; when the booking was made
    start_at -- UTC; when it starts
from ranked
where place = 1
