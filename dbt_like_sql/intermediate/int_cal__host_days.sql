-- model: intermediate.int_cal__host_days
-- description: Local days of each known host, in the zone of the host's schedule, from the first
--   day that counts to 28 days after the build's moment.
-- grain: host_id, local_date
-- materialized: table
-- time: local_date is a day in time_zone; *_at columns are UTC
-- checks: expression(day_start_at < day_end_at)
-- decision: DECISIONS.md#days-covered

with

host_bookings as (
    select
        booking_hosts.host_id,
        min(bookings.start_at) as first_start_at
    from staging.stg_cal__bookings as bookings
    inner join intermediate.int_cal__booking_hosts as booking_hosts
        on bookings.booking_uid = booking_hosts.booking_uid
    group by booking_hosts.host_id
),

account as (
    select coalesce(min(first_start_at), cast(:as_of as timestamptz)) as first_start_at
    from host_bookings
),

first_moments as (
    select
        hosts.host_id,
        hosts.schedule_id,
        hosts.schedule_time_zone as time_zone,
        -- a host who joined later is not idle before that
        case
            when hosts.created_at is null then account.first_start_at
            when hosts.created_at <= account.first_start_at then account.first_start_at
            when host_bookings.first_start_at < hosts.created_at then host_bookings.first_start_at
            else hosts.created_at
        end as first_moment_at
    from intermediate.int_cal__hosts as hosts
    cross join account
    left join host_bookings on hosts.host_id = host_bookings.host_id
    where hosts.is_known
),

spans as (
    select
        host_id,
        schedule_id,
        time_zone,
        cast(local_time(first_moment_at, time_zone) as date) as first_date
    from first_moments
)

select
    spans.host_id, -- id; the host
    dates.date_day as local_date, -- date; day in time_zone
    spans.time_zone, -- IANA name; zone of the host's schedule
    spans.schedule_id, -- id; schedule in use; NULL: none visible
    day_starts.instant_at as day_start_at, -- UTC; first moment of the day
    day_ends.instant_at as day_end_at -- UTC; first moment of the next day
from spans
inner join intermediate.int_cal__dates as dates
    on
        spans.first_date <= dates.date_day
        and dates.date_day <= add_days(utc_day(:as_of), 28)
inner join intermediate.int_cal__zone_minutes as day_starts
    on
        spans.time_zone = day_starts.time_zone
        and dates.date_day = day_starts.local_date
        and day_starts.local_minute = 0
inner join intermediate.int_cal__zone_minutes as day_ends
    on
        spans.time_zone = day_ends.time_zone
        and add_days(dates.date_day, 1) = day_ends.local_date
        and day_ends.local_minute = 0
