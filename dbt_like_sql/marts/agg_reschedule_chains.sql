-- model: marts.agg_reschedule_chains
-- description: Wishes to meet by the number of moves and what became of the last booking, by local
--   month of its start and event type. Each chain of moves counts once.
-- grain: start_month_date, event_type_id, move_count, outcome
-- materialized: incremental_by_time
-- partition: start_month_date
-- touched: marts.fct_booking_features(start_month_date)
-- time: start_month_date is the first of a month in the host's zone
-- decision: DECISIONS.md#reschedule-chains

select
    start_month_date, -- date; first of the local month in which the last booking starts
    event_type_id, -- id; of the last booking; see dim_event_types
    move_count, -- number; moves; 0: never moved
    outcome, -- text; of the last booking; see fct_bookings
    cast(count(*) as bigint) as chain_count, -- number; chains
    cast(
        sum(case when is_past then 1 else 0 end) as bigint
    ) as due_chain_count -- number; of them those whose time has passed
from marts.fct_booking_features
where is_chain_end
group by start_month_date, event_type_id, move_count, outcome
