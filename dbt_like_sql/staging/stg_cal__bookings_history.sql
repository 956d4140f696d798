-- model: staging.stg_cal__bookings_history
-- description: Every version of every booking since the warehouse keeps them.
-- grain: booking_uid, valid_from_at
-- materialized: view
-- sources: raw.bookings_history
-- history: raw.bookings_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    uid as booking_uid, -- text; the booking
    status, -- text; status in this version
    start as start_at, -- UTC; start in this version
    "end" as end_at, -- UTC; end in this version
    event_type_id, -- id; event type in this version; NULL once it was deleted
    created_at, -- UTC; when the booking was made
    updated_at, -- UTC; when Cal.com last wrote it
    valid_from as valid_from_at, -- UTC; when the answer that brought this version was read
    valid_to as valid_to_at -- UTC; when it was found changed or gone; NULL: it is so now
from raw.bookings_history
