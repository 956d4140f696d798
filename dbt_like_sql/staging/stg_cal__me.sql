-- model: staging.stg_cal__me
-- description: The user that each API key belongs to.
-- grain: user_id
-- materialized: view
-- sources: raw.me
-- history: raw.me_history(valid_from, valid_to)

select
    id as user_id, -- id; user id
    email, -- text; E-mail
    username, -- text; user name
    name, -- text; name
    avatar_url, -- text; address of the picture
    bio, -- text; about the user
    time_zone, -- text; IANA time zone
    week_start, -- text; first day of the week
    time_format, -- number; 12 or 24
    default_schedule_id, -- id; schedule used where an event type names none
    organization_id, -- id; the user's organisation; NULL without one
    organization_is_platform as is_platform_organization, -- flag; it is a platform
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.me
