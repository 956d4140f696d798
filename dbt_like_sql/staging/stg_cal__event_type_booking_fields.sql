-- model: staging.stg_cal__event_type_booking_fields
-- description: Questions that each event type asks the person who books.
-- grain: event_type_id, slug, ordinal
-- materialized: view
-- sources: raw.event_type_booking_fields
-- history: raw.event_type_booking_fields_history(valid_from, valid_to)

select
    event_type_id, -- id; the event type this row belongs to
    slug, -- text; names the question in booking_answers
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    type, -- text; kind of field: name, email, phone, text, select, checkbox, …
    is_default, -- flag; true for the fields every event type has
    required as is_required, -- flag; an answer is demanded
    hidden as is_hidden, -- flag; the booking page does not show it
    disable_on_prefill as is_disabled_on_prefill, -- flag; prefilled: fixed
    label, -- text; the question as people read it; NULL for unlabelled default fields
    placeholder, -- text; hint inside the empty field
    options, -- JSON; choices of a select, radio or checkbox field
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.event_type_booking_fields
