-- model: marts.fct_routing_form_responses
-- description: One row per submission of a routing form and how far it came: booked, accepted,
--   held.
-- grain: response_id
-- materialized: table
-- time: all *_at columns are UTC; submitted_date is a day in UTC
-- checks: expression(is_booked or not is_accepted); expression(is_accepted or not is_held)
-- decision: DECISIONS.md#routing-funnel
-- decision: DECISIONS.md#insights-reconciliation

with

chain_ends as (
    select
        chain_uid,
        booking_uid,
        outcome
    from marts.fct_bookings
    where is_chain_end
)

select
    responses.response_id, -- id; the submission
    responses.form_id as routing_form_id, -- text; the form
    coalesce(forms.name, 'Unknown form') as routing_form_name, -- text; its name
    forms.team_id, -- id; team of the form; NULL: nobody's or not visible
    responses.form_filler_id, -- text; the visitor, as the form counts them
    responses.created_at as submitted_at, -- UTC; when it was submitted
    utc_day(responses.created_at) as submitted_date, -- date; day in UTC, Cal.com states no zone
    responses.routed_to_booking_uid as booking_uid, -- text; the booking it led to; NULL: none
    responses.routed_to_booking_uid is not null as is_booked, -- flag; it led to a booking
    bookings.booking_uid is not null as is_booking_visible, -- flag; the warehouse holds it
    bookings.host_id, -- id; host of that booking; NULL: none or not visible
    bookings.event_type_id, -- id; event type of that booking; NULL: none or not visible
    bookings.status, -- text; status of that booking
    bookings.outcome, -- text; outcome of that booking; see fct_bookings
    chain_ends.booking_uid as last_booking_uid, -- text; what it was moved to in the end
    chain_ends.outcome as last_outcome, -- text; outcome of that one
    coalesce(
        bookings.status not in ('cancelled', 'rejected'), false
    ) or coalesce(
        chain_ends.outcome not in ('rescheduled', 'cancelled', 'rejected'), false
    ) as is_accepted, -- flag; neither cancelled nor rejected, moves followed
    coalesce(chain_ends.outcome = 'held', false) as is_held, -- flag; it took place, moves followed
    coalesce(
        bookings.status not in ('cancelled', 'rejected'), false
    ) as is_insights_accepted, -- flag; Insights' definition: moves are not followed
    case
        when responses.routed_to_booking_uid is not null and bookings.booking_uid is null
            then 'not visible to the key: only Insights knows its status'
        when
            bookings.status in ('cancelled', 'rejected')
            and chain_ends.outcome not in ('rescheduled', 'cancelled', 'rejected')
            then 'moved: lost in Insights'
        else 'same'
    end as accepted_reason, -- text; why is_accepted and Insights differ; same: they agree
    minutes_between(
        responses.created_at, bookings.created_at
    ) as booking_delay_minutes -- minutes; from submission to booking
from staging.stg_cal__routing_form_responses as responses
left join staging.stg_cal__routing_forms as forms on responses.form_id = forms.routing_form_id
left join marts.fct_bookings as bookings
    on responses.routed_to_booking_uid = bookings.booking_uid
left join chain_ends on bookings.chain_uid = chain_ends.chain_uid
