-- model: staging.stg_cal__booking_recordings
-- description: Recordings of video meetings; their links and tokens never land.
-- grain: recording_id
-- materialized: view
-- sources: raw.booking_recordings
-- history: raw.booking_recordings_history(valid_from, valid_to)

select
    id as recording_id, -- text; the recording's id
    booking_uid, -- text; the booking
    room_name, -- text; the room
    start_ts, -- number; start, seconds since 1970
    status, -- text; finished or in-progress
    max_participants, -- number; most people at one time
    duration, -- number; length in seconds
    error, -- text; why it cannot be had
    has_share_token, -- flag; it can be shared; the token never lands
    has_download_link, -- flag; it can be downloaded; the link never lands
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_recordings
