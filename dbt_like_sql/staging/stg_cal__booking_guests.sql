-- model: staging.stg_cal__booking_guests
-- description: E-mails that the booker named as guests; they are among the attendees too.
-- grain: booking_uid, email, ordinal
-- materialized: view
-- sources: raw.booking_guests
-- history: raw.booking_guests_history(valid_from, valid_to)

select
    booking_uid, -- text; the booking this row belongs to
    email, -- text; the guest's e-mail
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_guests
