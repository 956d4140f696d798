-- model: staging.stg_cal__conferencing_participants
-- description: Who was in a video session, and how long.
-- grain: session_id, user_id, join_time, ordinal
-- materialized: view
-- sources: raw.conferencing_participants
-- history: raw.conferencing_participants_history(valid_from, valid_to)

select
    session_id, -- text; the session
    user_id, -- text; the participant's id in the video app
    join_time, -- number; when they joined, seconds since 1970
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    user_name, -- text; name as given on joining
    duration, -- number; how long they stayed, in seconds
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.conferencing_participants
