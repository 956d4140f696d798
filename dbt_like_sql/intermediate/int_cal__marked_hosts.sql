-- model: intermediate.int_cal__marked_hosts
-- description: Hosts and local months in which anybody was marked absent: there, who is not marked
--   came. Apart from the counts of bookings, as it seldom changes.
-- grain: start_month_date, host_id
-- materialized: table
-- time: start_month_date is the first of a month in the host's zone
-- decision: DECISIONS.md#marking-coverage

select distinct
    start_month_date, -- date; first of the local month
    host_id -- id; the host
from marts.agg_bookings_by_host
where covered_count > 0
