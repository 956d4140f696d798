-- model: marts.fct_booking_answers
-- description: Answers to booking questions in long form: one row per booking, respondent, question
--   and choice. Answers made of parts (a name of two fields, a place with a detail) have one row
--   per part. The views marts.answers_<event type> show them side by side.
-- grain: booking_uid, email, ordinal, slug, part, item_number
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__booking_answers(booking_uid)
-- decision: DECISIONS.md#answers

with

answers as (
    select
        booking_uid,
        email,
        ordinal,
        slug,
        value_text,
        value
    from staging.stg_cal__booking_answers
    where slug not in ('displayEmail', 'displayGuests')
),

compound as (
    select
        booking_uid,
        email,
        ordinal,
        slug,
        value
    from answers
    where value_text is null
),

parts as (
    select
        compound.booking_uid,
        compound.email,
        compound.ordinal,
        compound.slug,
        names.part,
        json_text(compound.value, names.part) as answer
    from compound
    cross join
        (
            values ('firstName'), ('lastName'), ('value'), ('optionValue')
        ) as names (part)
),

items as (
    select
        booking_uid,
        email,
        ordinal,
        slug,
        '' as part,
        0 as item_number,
        value_text as answer
    from answers
    where value_text is not null
    union all
    select
        compound.booking_uid,
        compound.email,
        compound.ordinal,
        compound.slug,
        '' as part,
        items.place as item_number,
        json_scalar(items.item) as answer
    from compound
    cross join json_items(compound.value) as items (place, item)
    union all
    select
        booking_uid,
        email,
        ordinal,
        slug,
        part,
        0 as item_number,
        answer
    from parts
    where answer is not null
)

select
    booking_uid, -- text; the booking
    email, -- text; personal; who answered; empty when Cal.com does not say
    ordinal, -- number; tells repeats of one e-mail in a booking apart
    slug, -- text; the question's slug on the event type
    part, -- text; firstName, lastName, value or optionValue of an answer made of parts, else empty
    item_number, -- number; place among several choices, from 0
    answer -- text; personal; the answer, or one of the choices
from items
where answer is not null and answer <> ''
