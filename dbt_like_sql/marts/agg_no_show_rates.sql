-- model: marts.agg_no_show_rates
-- description: No-shows by host, event type and local day, per booking and per attendee. Add the
--   counts up before dividing; a mean of rates is no rate.
-- grain: host_id, event_type_id, start_date
-- materialized: incremental_by_key
-- partition: host_id, event_type_id, start_date
-- touched: marts.fct_bookings(host_id, event_type_id, start_date)
-- sources: marts.fct_bookings
-- time: start_date is in the host's zone
-- metric: booking_no_show_rate = booking_no_show_count / booking_count; 0..1; a booking with at
--   least one attendee marked absent
-- metric: booking_full_no_show_rate = booking_full_no_show_count / booking_count; 0..1; a booking
--   whose every attendee is marked absent
-- metric: attendee_no_show_rate = attendee_no_show_count / attendee_count; 0..1; co-hosts excluded
-- metric: host_no_show_rate = host_no_show_count / booking_count; 0..1; the host is marked absent
-- checks: expression(booking_count > 0); expression(booking_no_show_count <= booking_count);
--   expression(booking_full_no_show_count <= booking_no_show_count);
--   expression(attendee_no_show_count <= attendee_count)
-- decision: DECISIONS.md#no-shows
-- decision: DECISIONS.md#intervals-and-evidence

with

counted as (
    select
        host_id,
        event_type_id,
        start_date,
        count(*) as booking_count,
        sum(case when is_any_attendee_no_show then 1 else 0 end) as booking_no_show_count,
        sum(case when is_every_attendee_no_show then 1 else 0 end) as booking_full_no_show_count,
        sum(case when is_host_no_show then 1 else 0 end) as host_no_show_count,
        sum(attendee_count) as attendee_count,
        sum(absent_attendee_count) as attendee_no_show_count
    from marts.fct_bookings
    where is_past_accepted
    group by host_id, event_type_id, start_date
)

select
    host_id, -- id; see dim_hosts
    event_type_id, -- id; see dim_event_types
    start_date, -- date; local day in the host's zone
    cast(booking_count as bigint) as booking_count, -- number; n: accepted and ended
    cast(booking_no_show_count as bigint) as booking_no_show_count, -- number; any attendee absent
    cast(booking_no_show_count as double)
    / nullif(booking_count, 0) as booking_no_show_rate, -- 0..1; NULL when booking_count is 0
    wilson_low(
        booking_no_show_count, booking_count
    ) as booking_no_show_rate_low, -- 0..1; 95 % interval
    wilson_high(
        booking_no_show_count, booking_count
    ) as booking_no_show_rate_high, -- 0..1; 95 % interval
    cast(
        booking_full_no_show_count as bigint
    ) as booking_full_no_show_count, -- number; every attendee absent
    cast(booking_full_no_show_count as double)
    / nullif(booking_count, 0) as booking_full_no_show_rate, -- 0..1; NULL when booking_count is 0
    wilson_low(
        booking_full_no_show_count, booking_count
    ) as booking_full_no_show_rate_low, -- 0..1; 95 % interval
    wilson_high(
        booking_full_no_show_count, booking_count
    ) as booking_full_no_show_rate_high, -- 0..1; 95 % interval
    cast(host_no_show_count as bigint) as host_no_show_count, -- number; host absent
    cast(host_no_show_count as double)
    / nullif(booking_count, 0) as host_no_show_rate, -- 0..1; NULL when booking_count is 0
    wilson_low(host_no_show_count, booking_count) as host_no_show_rate_low, -- 0..1; 95 % interval
    wilson_high(host_no_show_count, booking_count) as host_no_show_rate_high, -- 0..1; 95 % interval
    cast(attendee_count as bigint) as attendee_count, -- number; n: bookers and guests of them
    cast(attendee_no_show_count as bigint) as attendee_no_show_count, -- number; of them absent
    cast(attendee_no_show_count as double)
    / nullif(attendee_count, 0) as attendee_no_show_rate, -- 0..1; NULL when attendee_count is 0
    wilson_low(
        attendee_no_show_count, attendee_count
    ) as attendee_no_show_rate_low, -- 0..1; 95 % interval
    wilson_high(
        attendee_no_show_count, attendee_count
    ) as attendee_no_show_rate_high -- 0..1; 95 % interval
from counted
