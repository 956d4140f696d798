-- model: staging.stg_cal__event_type_private_links
-- description: Links that let their bearer book a hidden event type; treat them as secret.
-- grain: link_id
-- materialized: view
-- sources: raw.event_type_private_links
-- history: raw.event_type_private_links_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    link_id, -- text; the link's id
    event_type_id, -- id; the event type
    is_expired, -- flag; it no longer works
    booking_url, -- text; address of the link
    expires_at, -- UTC; when it expires; NULL: by use
    max_usage_count, -- number; how often it may be used; NULL: by date
    usage_count, -- number; how often it was used
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.event_type_private_links
