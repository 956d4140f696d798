-- model: marts.agg_cancellations
-- description: Cancelled bookings by local month of their start, host, event type, who cancelled
--   and how long before. Moved bookings are not cancelled.
-- grain: start_month_date, host_id, event_type_id, cancelled_by, notice_band
-- materialized: incremental_by_time
-- partition: start_month_date
-- touched: marts.fct_booking_features(start_month_date)
-- time: start_month_date is the first of a month in the host's zone
-- checks: expression(due_cancelled_count <= cancelled_count)
-- decision: DECISIONS.md#cancellations

select
    start_month_date, -- date; first of the local month of the start
    host_id, -- id; see dim_hosts
    event_type_id, -- id; see dim_event_types
    cancelled_by, -- text; attendee, host, colleague, other or unknown
    notice_band, -- text; from the cancellation to the start
    cast(count(*) as bigint) as cancelled_count, -- number; cancelled bookings
    cast(
        sum(case when is_past then 1 else 0 end) as bigint
    ) as due_cancelled_count -- number; of them those whose time has passed
from marts.fct_booking_features
where outcome = 'cancelled'
group by start_month_date, host_id, event_type_id, cancelled_by, notice_band
