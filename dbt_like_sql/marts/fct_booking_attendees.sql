-- model: marts.fct_booking_attendees
-- description: One row per attendee entry of a booking, co-hosts and members included and told
--   apart.
-- grain: booking_uid, email, ordinal
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: marts.fct_bookings(booking_uid)
-- touched: intermediate.int_cal__attendees(booking_uid)
-- time: all *_at columns are UTC; start_date is in the host's zone
-- checks: relationships(booking_uid -> marts.fct_bookings.booking_uid);
--   accepted_values(role: booker, guest, co_host, member)
-- decision: DECISIONS.md#co-hosts

with

bookings as (
    select
        booking_uid,
        host_id,
        event_type_id,
        created_at,
        start_at,
        start_date,
        is_past_accepted
    from marts.fct_bookings
)

select
    attendees.booking_uid, -- text; the booking
    attendees.email, -- text; personal; as Cal.com has it
    attendees.ordinal, -- number; tells repeats of one e-mail apart
    bookings.host_id, -- id; host of the booking
    bookings.event_type_id, -- id; event type of the booking
    bookings.start_at, -- UTC; start of the booking
    bookings.start_date, -- date; local day in the host's zone
    attendees.role, -- text; booker, guest, co_host or member
    attendees.is_absent, -- flag; marked as not having come
    (
        bookings.is_past_accepted and attendees.role in ('booker', 'guest')
    ) as is_counted, -- flag; counts in attendee no-show rates
    case
        when attendees.email like '%@%'
            then lower(substring(attendees.email, position('@' in attendees.email) + 1))
    end as email_domain, -- text; part of the e-mail after the @; NULL where there is none
    attendees.time_zone, -- text; IANA name as the attendee gave it
    attendees.language, -- text; language code
    lower(attendees.email) as attendee_email, -- text; personal; lower case; see dim_attendees
    bookings.created_at -- UTC; when the booking was made
from intermediate.int_cal__attendees as attendees
inner join bookings on attendees.booking_uid = bookings.booking_uid
