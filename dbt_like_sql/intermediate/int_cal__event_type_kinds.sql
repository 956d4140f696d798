-- model: intermediate.int_cal__event_type_kinds
-- description: What bookings have to know of their event type; narrow, so that an edited text of an
--   event type does not recompute every booking.
-- grain: event_type_id
-- materialized: table
-- decision: DECISIONS.md#co-hosts

select
    event_type_id, -- id; the event type
    team_id is null and scheduling_type is null as is_personal, -- flag; one user's own
    coalesce(is_seated, false) as is_seated -- flag; several bookers share a slot
from staging.stg_cal__event_types
