-- model: intermediate.int_cal__insights_hosts
-- description: What Insights' scope asks of a host; narrow, so that a new name of a host does not
--   recompute every booking.
-- grain: host_id
-- materialized: table
-- decision: DECISIONS.md#insights-reconciliation

select
    host_id, -- id; the host
    is_member -- flag; a user or member of the account now
from marts.dim_hosts
