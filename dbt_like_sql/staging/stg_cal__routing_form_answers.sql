-- model: staging.stg_cal__routing_form_answers
-- description: Answers of each submission, one row per question.
-- grain: response_id, field_id
-- materialized: view
-- sources: raw.routing_form_answers
-- history: raw.routing_form_answers_history(valid_from, valid_to)

select
    response_id, -- id; the submission
    field_id, -- text; the question's id in the form
    label, -- text; the question as it read then
    identifier, -- text; the question's slug
    value_text, -- text; the answer as text, when it is a text, number or yes/no
    value, -- JSON; the answer as it came
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.routing_form_answers
