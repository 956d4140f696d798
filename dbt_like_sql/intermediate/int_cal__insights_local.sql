-- model: intermediate.int_cal__insights_local
-- description: Bookings by local day and hour of the start and outcome: ours beside Insights'
--   trends.
-- grain: local_start_month_date, local_start_date, local_start_hour, outcome, is_accepted,
--   is_our_host_no_show
-- materialized: incremental_by_key
-- partition: local_start_date, local_start_hour
-- touched: marts.fct_insights_bookings(local_start_date, local_start_hour)
-- time: dates and hours are local to the host
-- decision: DECISIONS.md#insights-reconciliation

select
    local_start_month_date, -- date; first of the month of the start
    local_start_date, -- date; day of the start
    local_start_hour, -- 0..23; hour of the start
    outcome, -- text; ours
    status = 'accepted' as is_accepted, -- flag; accepted
    is_our_host_no_show, -- flag; ours
    count(*) as booking_count, -- number; bookings
    cast(sum(our_absent_count) as bigint) as absent_count -- number; ours
from marts.fct_insights_bookings
group by
    local_start_month_date, local_start_date, local_start_hour, outcome, status = 'accepted',
    is_our_host_no_show
