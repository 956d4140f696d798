-- model: staging.stg_cal__booking_answers
-- description: Answers to booking questions, one row per question: by the booker, or by each
--   attendee of a seated booking.
-- grain: booking_uid, email, ordinal, slug
-- materialized: view
-- sources: raw.booking_answers
-- history: raw.booking_answers_history(valid_from, valid_to)

select
    booking_uid, -- text; the booking this row belongs to
    email, -- text; who answered; empty when Cal.com does not say
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    slug, -- text; the question's slug on the event type
    value_text, -- text; the answer as text, when it is a text, number or yes/no
    value, -- JSON; the answer as it came
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_answers
