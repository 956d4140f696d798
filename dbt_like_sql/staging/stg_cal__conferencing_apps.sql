-- model: staging.stg_cal__conferencing_apps
-- description: Video apps that a user or team has connected.
-- grain: conferencing_app_id
-- materialized: view
-- sources: raw.conferencing_apps

select
    id as conferencing_app_id, -- id; the connected account
    type, -- text; the app, such as google_video
    user_id, -- id; the user it belongs to
    team_id, -- id; the team it belongs to
    invalid as is_invalid, -- flag; it has to be connected again
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.conferencing_apps
