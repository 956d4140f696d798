-- model: staging.stg_cal__booking_attendees
-- description: Who attends each booking: booker, guests and, on collective events, the co-hosts
--   too.
-- grain: booking_uid, email, ordinal
-- materialized: view
-- sources: raw.booking_attendees
-- history: raw.booking_attendees_history(valid_from, valid_to)

select
    booking_uid, -- text; the booking this row belongs to
    email, -- text; the attendee's e-mail; may repeat within a booking
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    name, -- text; the attendee's name; empty for guests added by e-mail only
    display_email, -- text; the e-mail as shown to people, without a managed user's suffix
    time_zone, -- text; the attendee's IANA time zone
    language, -- text; the attendee's language code
    absent as is_absent, -- flag; marked as not having come; false also when never marked
    phone_number, -- text; the attendee's phone number, where one was given
    seat_uid, -- text; the seat, on seated event types; it is a capability, treat it as secret
    booking_fields_responses, -- JSON; answers of this attendee, on seated event types
    metadata, -- JSON; free-form metadata of this seat
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_attendees
