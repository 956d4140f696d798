-- model: intermediate.int_cal__booking_dates
-- description: Accepted bookings per person who has to be there (the host, co-hosts and members)
--   and date that the booking or its buffers can touch in some zone; of bookings longer than ten
--   years, the first ten.
-- grain: booking_uid, host_id, date_day
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings(booking_uid)
-- touched: intermediate.int_cal__booking_hosts(booking_uid)
-- touched: intermediate.int_cal__attendees(booking_uid)
-- time: all *_at columns are UTC
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers

with

accepted as (
    select
        bookings.booking_uid,
        bookings.start_at,
        bookings.end_at,
        coalesce(buffers.before_buffer_minutes, 0) as before_buffer_minutes,
        coalesce(buffers.after_buffer_minutes, 0) as after_buffer_minutes
    from staging.stg_cal__bookings as bookings
    left join intermediate.int_cal__event_type_buffers as buffers
        on
            bookings.event_type_id = buffers.event_type_id
            and bookings.start_at >= buffers.valid_from_at
            and (buffers.valid_to_at is null or bookings.start_at < buffers.valid_to_at)
    where bookings.status = 'accepted' and bookings.start_at < bookings.end_at
),

blocked as (
    select
        booking_uid,
        start_at,
        end_at,
        add_minutes(start_at, -before_buffer_minutes) as blocked_start_at,
        add_minutes(end_at, after_buffer_minutes) as blocked_end_at
    from accepted
),

dated as (
    select
        booking_uid,
        start_at,
        end_at,
        blocked_start_at,
        blocked_end_at,
        -- every zone's local date lies within a day of the UTC date
        add_days(utc_day(blocked_start_at), -1) as first_date,
        least(
            add_days(utc_day(blocked_end_at), 1), add_days(utc_day(blocked_start_at), 3653)
        ) as last_date
    from blocked
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
    where role in ('co_host', 'member')
)

select
    dated.booking_uid, -- text; the booking
    carriers.host_id, -- id; the host, co-host or member
    days.date_day, -- date; without a zone
    dated.start_at, -- UTC; start of the booking
    dated.end_at, -- UTC; end of the booking
    dated.blocked_start_at, -- UTC; start of the buffer before it
    dated.blocked_end_at -- UTC; end of the buffer after it
from dated
inner join carriers on dated.booking_uid = carriers.booking_uid
cross join date_spine(dated.first_date, dated.last_date) as days (date_day)
