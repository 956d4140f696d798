-- model: intermediate.int_cal__attendees
-- description: Every attendee entry of every booking and the part it plays: booker, guest,
--   co-host, or member (of the hosting side, at a colleague's personal event).
-- grain: booking_uid, email, ordinal
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__booking_attendees(booking_uid)
-- touched: staging.stg_cal__booking_answers(booking_uid)
-- touched: staging.stg_cal__booking_guests(booking_uid)
-- touched: staging.stg_cal__bookings(booking_uid)
-- checks: not_null(role); accepted_values(role: booker, guest, co_host, member)
-- decision: DECISIONS.md#co-hosts

with

bookers as (
    select
        booking_uid,
        min(text_order(lower(value_text))) as email
    from staging.stg_cal__booking_answers
    where slug = 'email' and value_text <> ''
    group by booking_uid
),

guests as (
    select distinct
        booking_uid,
        lower(email) as email
    from staging.stg_cal__booking_guests
),

known as (
    select
        attendees.booking_uid,
        attendees.email,
        attendees.ordinal,
        attendees.time_zone,
        attendees.language,
        coalesce(attendees.is_absent, false) as is_absent,
        attendees.seat_uid is not null as is_seat,
        people.host_id,
        bookers.email as booker_email,
        guests.email is not null as is_named_guest,
        coalesce(event_types.is_personal, false) as is_personal,
        row_number() over (
            partition by attendees.booking_uid
            order by
                case when people.email is null and guests.email is null then 0 else 1 end,
                attendees.position asc,
                text_order(attendees.email) asc,
                attendees.ordinal asc
        ) as place
    from staging.stg_cal__booking_attendees as attendees
    left join staging.stg_cal__bookings as bookings
        on attendees.booking_uid = bookings.booking_uid
    left join intermediate.int_cal__event_type_kinds as event_types
        on bookings.event_type_id = event_types.event_type_id
    left join intermediate.int_cal__people as people on lower(attendees.email) = people.email
    left join bookers on attendees.booking_uid = bookers.booking_uid
    left join guests
        on
            attendees.booking_uid = guests.booking_uid
            and lower(attendees.email) = guests.email
)

select
    booking_uid, -- text; the booking
    email, -- text; as Cal.com has it
    ordinal, -- number; tells repeats of one e-mail apart
    case
        when is_seat or lower(email) = booker_email then 'booker'
        when host_id is not null and is_personal then 'member'
        when host_id is not null then 'co_host'
        when is_named_guest then 'guest'
        when booker_email is null and place = 1 then 'booker'
        else 'guest'
    end as role, -- text; booker, guest, co_host or member
    host_id, -- id; the person's user id, where the e-mail is a known host's
    is_seat, -- flag; holds a seat of a seated booking
    is_absent, -- flag; marked as not having come
    time_zone, -- text; IANA name as the attendee gave it
    language -- text; language code
from known
