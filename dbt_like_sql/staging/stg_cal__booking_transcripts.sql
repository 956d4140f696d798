-- model: staging.stg_cal__booking_transcripts
-- description: How many transcripts a booking's meeting has; their links never land.
-- grain: booking_uid, position
-- materialized: view
-- sources: raw.booking_transcripts
-- history: raw.booking_transcripts_history(valid_from, valid_to)

select
    booking_uid, -- text; the booking
    position, -- number; place in the list, from 0
    has_link, -- flag; there is a link; the link itself never lands
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_transcripts
