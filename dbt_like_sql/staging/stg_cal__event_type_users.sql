-- model: staging.stg_cal__event_type_users
-- description: The owner of each personal event type, as its booking page shows them.
-- grain: event_type_id, user_id, ordinal
-- materialized: view
-- sources: raw.event_type_users
-- history: raw.event_type_users_history(valid_from, valid_to)

select
    event_type_id, -- id; the event type this row belongs to
    id as user_id, -- id; the user's id
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    name, -- text; the user's name
    username, -- text; the user's user name
    avatar_url, -- text; address of the user's picture
    brand_color, -- text; brand colour on light backgrounds
    dark_brand_color, -- text; brand colour on dark backgrounds
    week_start, -- text; first day of the user's week
    metadata, -- JSON; free-form metadata of the user
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.event_type_users
