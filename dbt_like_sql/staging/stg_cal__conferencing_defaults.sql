-- model: staging.stg_cal__conferencing_defaults
-- description: The video app used where an event type names none; no row where none is set.
-- grain: owner_type, owner_id
-- materialized: view
-- sources: raw.conferencing_defaults
-- history: raw.conferencing_defaults_history(valid_from, valid_to)

select
    owner_type, -- text; user or team
    owner_id, -- id; the user or team
    app_slug, -- text; the app
    app_link, -- text; fixed link, where the app is one
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.conferencing_defaults
