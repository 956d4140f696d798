-- model: intermediate.int_cal__local_starts
-- description: Wall-clock time of each booking start in its host's zone, worked out once per
--   distinct pair because converting an instant is the dearest step of all.
-- grain: start_at, time_zone
-- materialized: table
-- time: start_local is wall-clock time in time_zone; start_at is UTC

with

pairs as (
    select distinct
        bookings.start_at,
        hosts.time_zone
    from staging.stg_cal__bookings as bookings
    inner join intermediate.int_cal__booking_hosts as booking_hosts
        on bookings.booking_uid = booking_hosts.booking_uid
    inner join intermediate.int_cal__hosts as hosts on booking_hosts.host_id = hosts.host_id
)

select
    start_at, -- UTC; start of a booking
    time_zone, -- IANA name
    local_time(start_at, time_zone) as start_local -- wall-clock time in time_zone
from pairs
