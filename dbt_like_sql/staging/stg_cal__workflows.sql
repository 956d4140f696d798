-- model: staging.stg_cal__workflows
-- description: Reminders and other messages that a team sends by itself.
-- grain: workflow_id
-- materialized: view
-- sources: raw.workflows
-- history: raw.workflows_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as workflow_id, -- id; the workflow's id
    name, -- text; name
    team_id, -- id; the team it belongs to
    user_id, -- id; who made it
    type, -- text; event-type or routing-form
    trigger_type, -- text; what sets it off
    trigger_offset_value, -- number; how long before or after
    trigger_offset_unit, -- text; minute, hour or day
    activation, -- JSON; event types or forms it is active on
    created_at, -- UTC; when it was made
    updated_at, -- UTC; when it was last written
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.workflows
