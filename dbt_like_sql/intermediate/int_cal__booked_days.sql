-- model: intermediate.int_cal__booked_days
-- description: Accepted bookings per person who has to be there (the host and co-hosts), cut at the
--   person's local midnights.
-- grain: host_id, booking_uid, local_date
-- materialized: table
-- time: local_date is a day in the zone of the person's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#utilisation

with

accepted as (
    select
        booking_uid,
        start_at,
        end_at
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
),

-- every zone's local date lies within a day of the UTC date; the exact cut comes below
candidates as (
    select
        carriers.host_id,
        accepted.booking_uid,
        dates.date_day,
        accepted.start_at,
        accepted.end_at
    from accepted
    inner join carriers on accepted.booking_uid = carriers.booking_uid
    inner join intermediate.int_cal__dates as dates
        on
            add_days(utc_day(accepted.start_at), -1) <= dates.date_day
            and dates.date_day <= add_days(utc_day(accepted.end_at), 1)
)

select
    candidates.host_id, -- id; the host or co-host
    candidates.booking_uid, -- text; the booking
    host_days.local_date, -- date; day in the schedule's zone
    greatest(candidates.start_at, host_days.day_start_at) as start_at, -- UTC; start within the day
    least(candidates.end_at, host_days.day_end_at) as end_at -- UTC; end within the day
from candidates
inner join intermediate.int_cal__host_days as host_days
    on
        candidates.host_id = host_days.host_id
        and candidates.date_day = host_days.local_date
        and candidates.start_at < host_days.day_end_at
        and candidates.end_at > host_days.day_start_at
