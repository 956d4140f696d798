-- model: intermediate.int_cal__booked_days
-- description: Accepted bookings per person who has to be there (the host and co-hosts), cut at the
--   person's local midnights.
-- grain: host_id, booking_uid, local_date
-- materialized: incremental_by_time
-- partition: local_date
-- touched: intermediate.int_cal__booking_dates(date_day)
-- touched: intermediate.int_cal__host_days(local_date)
-- time: local_date is a day in the zone of the person's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#utilisation

select
    bookings.host_id, -- id; the host or co-host
    bookings.booking_uid, -- text; the booking
    host_days.local_date, -- date; day in the schedule's zone
    greatest(bookings.start_at, host_days.day_start_at) as start_at, -- UTC; start within the day
    least(bookings.end_at, host_days.day_end_at) as end_at -- UTC; end within the day
from intermediate.int_cal__booking_dates as bookings
inner join intermediate.int_cal__host_days as host_days
    on
        bookings.host_id = host_days.host_id
        and bookings.date_day = host_days.local_date
        and bookings.start_at < host_days.day_end_at
        and bookings.end_at > host_days.day_start_at
