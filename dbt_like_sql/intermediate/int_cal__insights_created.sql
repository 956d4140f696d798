-- model: intermediate.int_cal__insights_created
-- description: Bookings in Insights' scope by day of creation, hour of the start and status, as its
--   trends show them.
-- grain: created_month_date, created_date, start_hour, insights_status, is_accepted,
--   is_host_no_show
-- materialized: incremental_by_key
-- partition: created_date, start_hour
-- touched: marts.fct_insights_bookings(created_date, start_hour)
-- time: dates and hours are in UTC
-- decision: DECISIONS.md#insights-reconciliation

select
    created_month_date, -- date; first of the month of creation
    created_date, -- date; day of creation
    start_hour, -- 0..23; hour of the start
    insights_status, -- text; Insights' status
    status = 'accepted' as is_accepted, -- flag; accepted
    is_host_no_show, -- flag; host absent, at any status
    count(*) as booking_count, -- number; bookings
    cast(sum(insights_absent_count) as bigint) as absent_count -- number; absent entries
from marts.fct_insights_bookings
where is_in_scope
group by
    created_month_date, created_date, start_hour, insights_status, status = 'accepted',
    is_host_no_show
