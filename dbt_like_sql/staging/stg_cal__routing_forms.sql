-- model: staging.stg_cal__routing_forms
-- description: Forms whose answers decide where a visitor books.
-- grain: routing_form_id
-- materialized: view
-- sources: raw.routing_forms
-- history: raw.routing_forms_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as routing_form_id, -- text; the form's id
    name, -- text; name
    description, -- text; description
    position, -- number; place among the forms
    user_id, -- id; who made it
    team_id, -- id; the team it belongs to
    updated_by_id, -- id; who last wrote it
    disabled as is_disabled, -- flag; switched off
    fields, -- JSON; questions with their ids, labels and types
    routes, -- JSON; where which answers lead
    settings, -- JSON; settings
    created_at, -- UTC; when it was made
    updated_at, -- UTC; when it was last written
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.routing_forms
