-- model: staging.stg_cal__conferencing_apps
-- description: Video apps that a user or team has connected.
-- grain: conferencing_app_id
-- materialized: view
-- sources: raw.conferencing_apps
-- history: raw.conferencing_apps_history(valid_from, valid_to)

select
    id as conferencing_app_id, -- id; the connected account
    type, -- text; the app, such as google_video
    user_id, -- id; the user it belongs to
    team_id, -- id; the team it belongs to
    invalid as is_invalid, -- flag; it has to be connected again
    app_id, -- text; the app in Cal.com's store, such as google-meet
    subscription_id, -- text; the paid subscription, where the app has one
    payment_status, -- text; state of that subscription
    billing_cycle_start, -- number; day of the month on which it is billed
    delegation_credential_id, -- text; set when an organisation delegates the account
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.conferencing_apps
