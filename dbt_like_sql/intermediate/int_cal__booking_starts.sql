-- model: intermediate.int_cal__booking_starts
-- description: Wall-clock time of each booking's start in its host's zone, worked out once per
--   distinct pair because converting an instant is the dearest step of all.
-- grain: booking_uid
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings(booking_uid)
-- touched: intermediate.int_cal__booking_hosts(booking_uid)
-- time: start_local is wall-clock time in the host's zone

with

starts as (
    select
        bookings.booking_uid,
        bookings.start_at,
        hosts.time_zone
    from staging.stg_cal__bookings as bookings
    inner join intermediate.int_cal__booking_hosts as booking_hosts
        on bookings.booking_uid = booking_hosts.booking_uid
    inner join intermediate.int_cal__hosts as hosts on booking_hosts.host_id = hosts.host_id
),

pairs as (
    select distinct
        start_at,
        time_zone
    from starts
),

converted as (
    select
        start_at,
        time_zone,
        local_time(start_at, time_zone) as start_local
    from pairs
)

select
    starts.booking_uid, -- text; the booking
    converted.start_local -- wall-clock time; in the zone of the booking's host
from starts
inner join converted
    on starts.start_at = converted.start_at and starts.time_zone = converted.time_zone
