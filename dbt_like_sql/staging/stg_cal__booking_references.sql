-- model: staging.stg_cal__booking_references
-- description: Events that a booking has in calendars and video apps.
-- grain: reference_id
-- materialized: view
-- sources: raw.booking_references
-- history: raw.booking_references_history(valid_from, valid_to)

select
    id as reference_id, -- id; the reference's id
    booking_uid, -- text; the booking
    type, -- text; the calendar or video app
    event_uid, -- text; the event's id there
    destination_calendar_id, -- text; the calendar it was written to, by its id at the provider
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_references
