-- model: staging.stg_cal__routing_form_responses
-- description: Submissions of routing forms, and the booking each led to.
-- grain: response_id
-- materialized: view
-- sources: raw.routing_form_responses
-- history: raw.routing_form_responses_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as response_id, -- id; the submission's id
    form_id, -- text; the form
    form_filler_id, -- text; the visitor, as the form counts them
    routed_to_booking_uid, -- text; the booking it led to; NULL: none
    response, -- JSON; the answers as they came
    created_at, -- UTC; when it was submitted
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.routing_form_responses
