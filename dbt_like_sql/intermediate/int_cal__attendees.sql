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
        attendees.position,
        attendees.time_zone,
        attendees.language,
        coalesce(attendees.is_absent, false) as is_absent,
        attendees.seat_uid is not null as is_seat,
        people.host_id,
        bookers.email as booker_email,
        guests.email is not null as is_named_guest
    from staging.stg_cal__booking_attendees as attendees
    left join intermediate.int_cal__people as people on lower(attendees.email) = people.email
    left join bookers on attendees.booking_uid = bookers.booking_uid
    left join guests
        on
            attendees.booking_uid = guests.booking_uid
            and lower(attendees.email) = guests.email
),

-- without an answer to the e-mail question, the first who is neither known nor named booked
first_ones as (
    select
        booking_uid,
        email,
        ordinal,
        row_number() over (
            partition by booking_uid
            order by
                case when host_id is null and not is_named_guest then 0 else 1 end,
                position asc,
                text_order(email) asc,
                ordinal asc
        ) as place
    from known
    where booker_email is null
),

personal as (
    select distinct known.booking_uid
    from known
    inner join staging.stg_cal__bookings as bookings
        on known.booking_uid = bookings.booking_uid
    inner join intermediate.int_cal__event_type_kinds as event_types
        on bookings.event_type_id = event_types.event_type_id
    where known.host_id is not null and event_types.is_personal
)

select
    known.booking_uid, -- text; the booking
    known.email, -- text; as Cal.com has it
    known.ordinal, -- number; tells repeats of one e-mail apart
    case
        when known.is_seat or lower(known.email) = known.booker_email then 'booker'
        when known.host_id is not null and personal.booking_uid is not null then 'member'
        when known.host_id is not null then 'co_host'
        when known.is_named_guest then 'guest'
        when first_ones.place = 1 then 'booker'
        else 'guest'
    end as role, -- text; booker, guest, co_host or member
    known.host_id, -- id; the person's user id, where the e-mail is a known host's
    known.is_seat, -- flag; holds a seat of a seated booking
    known.is_absent, -- flag; marked as not having come
    known.time_zone, -- text; IANA name as the attendee gave it
    known.language -- text; language code
from known
left join personal on known.booking_uid = personal.booking_uid
left join first_ones
    on
        known.booking_uid = first_ones.booking_uid
        and known.email = first_ones.email
        and known.ordinal = first_ones.ordinal
        and first_ones.place = 1
