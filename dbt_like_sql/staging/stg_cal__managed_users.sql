-- model: staging.stg_cal__managed_users
-- description: Users that a platform client manages.
-- grain: user_id
-- materialized: view
-- sources: raw.managed_users
-- history: raw.managed_users_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as user_id, -- id; user id
    oauth_client_id, -- text; the platform client
    email, -- text; E-mail, with the client's suffix
    username, -- text; user name
    name, -- text; name
    bio, -- text; about the user
    time_zone, -- text; IANA time zone
    week_start, -- text; first day of the week
    created_date as created_at, -- UTC; when the user was made
    time_format, -- number; 12 or 24
    default_schedule_id, -- id; schedule used where an event type names none
    locale, -- text; language
    avatar_url, -- text; address of the picture
    metadata, -- JSON; free-form metadata
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.managed_users
