-- model: intermediate.int_cal__bookers
-- description: One row per booking with what marts count of it, and who booked: the one booker's
--   e-mail, or the booking itself where there is none or there are several (seats).
-- grain: booking_uid, booker_key
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: marts.fct_bookings(booking_uid)
-- touched: intermediate.int_cal__attendees(booking_uid)
-- touched: staging.stg_cal__bookings(booking_uid)
-- time: all *_at columns are UTC; start_date, start_hour and start_weekday are in the host's zone
-- checks: unique(booking_uid)
-- decision: DECISIONS.md#attendee-history
-- decision: DECISIONS.md#cancellations

with

bookers as (
    select
        booking_uid,
        count(*) as entry_count,
        min(text_order(lower(email))) as email,
        max(text_order(lower(email))) as last_email,
        sum(case when is_absent then 1 else 0 end) as absent_count
    from intermediate.int_cal__attendees
    where role = 'booker'
    group by booking_uid
),

cancelled as (
    select
        booking_uid,
        lower(cancelled_by_email) as email
    from staging.stg_cal__bookings
    where status = 'cancelled' and cancelled_by_email <> ''
),

attending as (
    select distinct cancelled.booking_uid
    from cancelled
    inner join intermediate.int_cal__attendees as attendees
        on
            cancelled.booking_uid = attendees.booking_uid
            and cancelled.email = lower(attendees.email)
    where attendees.role in ('booker', 'guest')
),

cancellers as (
    select
        cancelled.booking_uid,
        cancelled.email,
        people.host_id,
        attending.booking_uid is not null as is_attending
    from cancelled
    left join intermediate.int_cal__people as people on cancelled.email = people.email
    left join attending on cancelled.booking_uid = attending.booking_uid
),

joined as (
    select
        bookings.*,
        case
            when bookers.email = bookers.last_email then 1
            else coalesce(bookers.entry_count, 0)
        end as booker_count,
        case
            when bookers.email = bookers.last_email then bookers.email else bookings.booking_uid
        end as booker_key,
        coalesce(
            bookers.email = bookers.last_email and bookers.absent_count > 0, false
        ) as is_booker_absent,
        case
            when bookings.outcome <> 'cancelled' then null
            when cancellers.email is null then 'unknown'
            when cancellers.is_attending then 'attendee'
            when cancellers.host_id = bookings.host_id then 'host'
            when cancellers.host_id is not null then 'colleague'
            else 'other'
        end as cancelled_by
    from marts.fct_bookings as bookings
    left join bookers on bookings.booking_uid = bookers.booking_uid
    left join cancellers on bookings.booking_uid = cancellers.booking_uid
)

select
    booking_uid, -- text; the booking
    booker_key, -- text; personal; e-mail of the one booker in lower case, else the booking's uid
    cast(booker_count as bigint) as booker_count, -- number; bookers; of several, entries
    host_id, -- id; host
    event_type_id, -- id; event type; -1 when it was deleted
    outcome, -- text; as in fct_bookings
    created_at, -- UTC; when it was made
    start_at, -- UTC; start
    end_at, -- UTC; end
    start_date, -- date; local day of the start
    start_hour, -- 0..23; local hour of the start
    start_weekday, -- 1..7; 1 is Monday
    duration_minutes, -- minutes; end minus start
    lead_time_minutes, -- minutes; from booking to start
    case
        when outcome = 'cancelled' then minutes_between(updated_at, start_at)
    end as notice_minutes, -- minutes; from the cancellation to the start; NULL: not known
    cancelled_by, -- text; attendee, host, colleague, other or unknown; NULL: not cancelled
    is_past_accepted, -- flag; accepted and ended
    is_any_attendee_no_show, -- flag; at least one attendee absent
    is_every_attendee_no_show, -- flag; every attendee absent
    is_host_no_show, -- flag; the host absent
    is_booker_absent, -- flag; the one booker absent
    attendee_count, -- number; bookers and guests
    absent_attendee_count, -- number; of them absent
    rating, -- number; NULL when not rated
    is_seated, -- flag; several bookers may share it
    is_rescheduled, -- flag; another booking replaced it
    chain_length - 1 as move_count, -- number; moves of its chain
    is_chain_end, -- flag; the last booking of its chain
    chain_position = 1 as is_chain_start -- flag; no visible booking was moved to become it
from joined
