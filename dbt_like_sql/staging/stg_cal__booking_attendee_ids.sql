-- model: staging.stg_cal__booking_attendee_ids
-- description: Attendees with their ids, which the bookings list does not show.
-- grain: attendee_id
-- materialized: view
-- sources: raw.booking_attendee_ids
-- history: raw.booking_attendee_ids_history(valid_from, valid_to)

select
    id as attendee_id, -- id; the attendee's id
    booking_uid, -- text; the booking
    email, -- text; the attendee's e-mail
    name, -- text; the attendee's name
    display_email, -- text; the e-mail as shown to people
    time_zone, -- text; the attendee's IANA time zone
    language, -- text; the attendee's language code
    absent as is_absent, -- flag; marked as not having come
    phone_number, -- text; the attendee's phone number
    seat_uid, -- text; the seat, on seated event types
    booking_fields_responses, -- JSON; answers of this attendee, on seated event types
    metadata, -- JSON; free-form metadata of this seat
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_attendee_ids
