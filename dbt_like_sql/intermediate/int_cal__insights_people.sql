-- model: intermediate.int_cal__insights_people
-- description: Bookings of fct_insights_bookings by month of the start, host and event type,
--   counted as Insights' rankings do and as we do.
-- grain: start_month_date, host_id, event_type_id, is_in_scope
-- materialized: incremental_by_key
-- partition: start_month_date, host_id
-- touched: marts.fct_insights_bookings(start_month_date, host_id)
-- time: months are in UTC
-- decision: DECISIONS.md#insights-reconciliation

with

counted as (
    select
        start_month_date,
        host_id,
        event_type_id,
        is_in_scope,
        count(*) as booking_count,
        sum(case when status = 'cancelled' then 1 else 0 end) as cancelled_count,
        sum(case when outcome = 'cancelled' then 1 else 0 end) as our_cancelled_count,
        sum(case when is_past_accepted then 1 else 0 end) as completed_count,
        sum(case when is_host_no_show then 1 else 0 end) as host_no_show_count,
        sum(case when is_our_host_no_show then 1 else 0 end) as our_host_no_show_count,
        count(rating) as rated_count,
        coalesce(sum(rating), 0) as rating_sum,
        sum(case when is_past_accepted and rating is not null then 1 else 0 end) as our_rated_count,
        coalesce(sum(case when is_past_accepted then rating end), 0) as our_rating_sum
    from marts.fct_insights_bookings
    group by start_month_date, host_id, event_type_id, is_in_scope
)

select
    start_month_date, -- date; first of the month of the start
    host_id, -- id; the host
    event_type_id, -- id; the event type
    is_in_scope, -- flag; in Insights' scope
    booking_count, -- number; bookings of every status
    cast(cancelled_count as bigint) as cancelled_count, -- number; moved ones too
    cast(our_cancelled_count as bigint) as our_cancelled_count, -- number; not moved
    cast(completed_count as bigint) as completed_count, -- number; accepted and ended
    cast(host_no_show_count as bigint) as host_no_show_count, -- number; at any status
    cast(our_host_no_show_count as bigint) as our_host_no_show_count, -- number; ours
    cast(rated_count as bigint) as rated_count, -- number; rated at any status
    cast(rating_sum as bigint) as rating_sum, -- number; of them
    cast(our_rated_count as bigint) as our_rated_count, -- number; of accepted, ended ones
    cast(our_rating_sum as bigint) as our_rating_sum -- number; of them
from counted
