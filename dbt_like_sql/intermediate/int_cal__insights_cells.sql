-- model: intermediate.int_cal__insights_cells
-- description: Bookings of fct_insights_bookings that count alike in every headline metric, and
--   how many they are.
-- grain: start_month_date, start_date, end_date, is_in_scope, insights_status, outcome,
--   is_past_accepted, is_host_no_show, is_our_host_no_show, is_insights_full_no_show,
--   is_our_full_no_show, insights_absent_count, our_absent_count, rating, event_type_minutes,
--   duration_minutes
-- materialized: incremental_by_time
-- partition: start_month_date
-- touched: marts.fct_insights_bookings(start_month_date)
-- time: dates are in UTC
-- decision: DECISIONS.md#insights-reconciliation

with

bookings as (
    select
        start_month_date,
        start_date,
        end_date,
        is_in_scope,
        insights_status,
        outcome,
        is_past_accepted,
        is_host_no_show,
        is_our_host_no_show,
        is_insights_full_no_show,
        is_our_full_no_show,
        insights_absent_count,
        our_absent_count,
        duration_minutes,
        coalesce(rating, -1) as rating,
        coalesce(event_type_minutes, -1) as event_type_minutes
    from marts.fct_insights_bookings
)

select
    start_month_date, -- date; first of the month of the start
    start_date, -- date; day of the start
    end_date, -- date; day of the end
    is_in_scope, -- flag; in Insights' scope
    insights_status, -- text; Insights' status
    outcome, -- text; ours
    is_past_accepted, -- flag; accepted and ended
    is_host_no_show, -- flag; host absent, at any status
    is_our_host_no_show, -- flag; ours
    is_insights_full_no_show, -- flag; every entry absent
    is_our_full_no_show, -- flag; ours
    insights_absent_count, -- number; absent entries
    our_absent_count, -- number; ours
    rating, -- number; -1: not rated
    event_type_minutes, -- minutes; -1: not known
    duration_minutes, -- minutes; end minus start
    count(*) as booking_count -- number; bookings
from bookings
group by
    start_month_date, start_date, end_date, is_in_scope, insights_status, outcome,
    is_past_accepted, is_host_no_show, is_our_host_no_show, is_insights_full_no_show,
    is_our_full_no_show, insights_absent_count, our_absent_count, rating, event_type_minutes,
    duration_minutes
