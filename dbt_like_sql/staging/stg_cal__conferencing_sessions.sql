-- model: staging.stg_cal__conferencing_sessions
-- description: Video sessions of bookings held in Cal Video.
-- grain: session_id
-- materialized: view
-- sources: raw.conferencing_sessions
-- history: raw.conferencing_sessions_history(valid_from, valid_to)

select
    id as session_id, -- text; the session's id
    booking_uid, -- text; the booking
    room, -- text; the room
    start_time, -- number; start, seconds since 1970
    duration, -- number; length in seconds
    ongoing as is_ongoing, -- flag; true while it lasts
    max_participants, -- number; most people at one time
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.conferencing_sessions
