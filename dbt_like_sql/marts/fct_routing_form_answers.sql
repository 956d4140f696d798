-- model: marts.fct_routing_form_answers
-- description: Answers to questions of routing forms, one row per submission, question and choice.
-- grain: response_id, field_id, item_number
-- materialized: table
-- checks: relationships(response_id -> marts.fct_routing_form_responses.response_id)
-- decision: DECISIONS.md#answers

with

answers as (
    select
        answers.response_id,
        answers.field_id,
        responses.form_id,
        answers.identifier,
        answers.label,
        answers.value_text,
        answers.value
    from staging.stg_cal__routing_form_answers as answers
    inner join staging.stg_cal__routing_form_responses as responses
        on answers.response_id = responses.response_id
),

items as (
    select
        response_id,
        field_id,
        form_id,
        identifier,
        label,
        0 as item_number,
        value_text as answer
    from answers
    where value_text is not null
    union all
    select
        answers.response_id,
        answers.field_id,
        answers.form_id,
        answers.identifier,
        answers.label,
        items.place as item_number,
        json_scalar(items.item) as answer
    from answers
    cross join json_items(answers.value) as items (place, item)
    where answers.value_text is null
)

select
    response_id, -- id; the submission
    field_id, -- text; the question's id in the form
    item_number, -- number; place among several choices, from 0
    form_id as routing_form_id, -- text; the form
    identifier, -- text; the question's slug
    label, -- text; the question as it read then
    answer -- text; the answer, or one of the choices
from items
