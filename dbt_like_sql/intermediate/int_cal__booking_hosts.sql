-- model: intermediate.int_cal__booking_hosts
-- description: The one host of each booking; -1 where Cal.com calls the host unknown.
-- grain: booking_uid
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings(booking_uid)
-- touched: staging.stg_cal__booking_hosts(booking_uid)
-- decision: DECISIONS.md#hosts

with

ranked as (
    select
        bookings.booking_uid,
        booking_hosts.host_id,
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
    coalesce(host_id, -1) as host_id -- id; who carries it
from ranked
where place = 1
