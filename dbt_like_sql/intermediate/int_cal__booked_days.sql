-- model: intermediate.int_cal__booked_days
-- description: Accepted bookings per person who has to be there (the host, co-hosts and members),
--   cut at the person's local midnights, with and without their buffers.
-- grain: host_id, booking_uid, local_date
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__booking_dates(host_id, date_day)
-- touched: intermediate.int_cal__host_days(host_id, local_date)
-- time: local_date is a day in the zone of the person's schedule; *_at columns are UTC
-- checks: expression(blocked_start_at < blocked_end_at);
--   expression(start_at is null or start_at < end_at)
-- decision: DECISIONS.md#utilisation
-- decision: DECISIONS.md#buffers

select
    bookings.host_id, -- id; the host, co-host or member
    bookings.booking_uid, -- text; the booking
    host_days.local_date, -- date; day in the schedule's zone
    case
        when bookings.start_at < host_days.day_end_at and bookings.end_at > host_days.day_start_at
            then greatest(bookings.start_at, host_days.day_start_at)
    end as start_at, -- UTC; start within the day; NULL: only a buffer falls on it
    case
        when bookings.start_at < host_days.day_end_at and bookings.end_at > host_days.day_start_at
            then least(bookings.end_at, host_days.day_end_at)
    end as end_at, -- UTC; end within the day; NULL: only a buffer falls on it
    greatest(
        bookings.blocked_start_at, host_days.day_start_at
    ) as blocked_start_at, -- UTC; start within the day, buffer included
    least(
        bookings.blocked_end_at, host_days.day_end_at
    ) as blocked_end_at -- UTC; end within the day, buffer included
from intermediate.int_cal__booking_dates as bookings
inner join intermediate.int_cal__host_days as host_days
    on
        bookings.host_id = host_days.host_id
        and bookings.date_day = host_days.local_date
        and bookings.blocked_start_at < host_days.day_end_at
        and bookings.blocked_end_at > host_days.day_start_at
