-- model: intermediate.int_cal__insights_event_types
-- description: What Insights asks of an event type; narrow, so that an edited text does not
--   recompute every booking.
-- grain: event_type_id
-- materialized: table
-- decision: DECISIONS.md#insights-reconciliation

select
    event_type_id, -- id; the event type
    team_id is not null as is_of_team, -- flag; a team's
    duration_minutes -- minutes; length of a booking; NULL: not visible
from marts.dim_event_types
