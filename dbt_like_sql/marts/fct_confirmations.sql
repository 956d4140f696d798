-- model: marts.fct_confirmations
-- description: One row per booking that waits or waited for its host's answer, or may have: when it
--   was answered, as far as that is known, and whether within a day.
-- grain: booking_uid
-- materialized: table
-- time: all *_at columns are UTC
-- checks: accepted_values(answer: accepted, rejected, none, withdrawn);
--   accepted_values(known_how: exactly, at the latest, not at all);
--   accepted_values(in_time: yes, no, unknown, open, withdrawn)
-- decision: DECISIONS.md#time-to-confirm

with

waiting as (
    select
        booking_uid,
        to_status,
        previous_seen_at,
        seen_at,
        changed_at,
        row_number() over (partition by booking_uid order by seen_at asc) as place
    from marts.fct_booking_status_transitions
    where
        from_status in ('pending', 'awaiting_host')
        and to_status in ('accepted', 'rejected', 'cancelled')
),

seen as (
    select
        booking_uid,
        to_status,
        previous_seen_at,
        changed_at,
        coalesce(changed_at, seen_at) as answered_at
    from waiting
    where place = 1
),

requests as (
    select
        bookings.booking_uid,
        bookings.host_id,
        bookings.event_type_id,
        bookings.outcome,
        bookings.created_at,
        seen.booking_uid is not null as is_seen,
        seen.changed_at is not null as is_exact,
        minutes_between(bookings.created_at, seen.previous_seen_at) as waited_minutes,
        case
            when seen.to_status = 'cancelled' then 'withdrawn'
            when seen.to_status is not null then seen.to_status
            when bookings.outcome in ('pending', 'pending_expired') then 'none'
            else bookings.status
        end as answer,
        case
            when seen.booking_uid is not null then seen.answered_at
            when bookings.status in ('accepted', 'rejected') then bookings.updated_at
        end as answered_at
    from marts.fct_bookings as bookings
    inner join marts.dim_event_types as event_types
        on bookings.event_type_id = event_types.event_type_id
    left join seen on bookings.booking_uid = seen.booking_uid
    where
        seen.booking_uid is not null
        or bookings.status in ('pending', 'awaiting_host', 'rejected')
        or (bookings.status = 'accepted' and event_types.is_confirmation_required)
),

timed as (
    select
        *,
        minutes_between(created_at, answered_at) as answer_minutes
    from requests
)

select
    booking_uid, -- text; the booking
    host_id, -- id; see dim_hosts
    event_type_id, -- id; see dim_event_types
    created_at, -- UTC; when it was asked for
    utc_day(created_at) as requested_date, -- date; day of that in UTC
    month_start(utc_day(created_at)) as requested_month_date, -- date; first of its month
    outcome, -- text; see fct_bookings
    answer, -- text; accepted, rejected, none yet or ever, or withdrawn (cancelled while it waited)
    is_seen, -- flag; the warehouse saw it wait and then be answered
    answered_at, -- UTC; when it was answered, or by when at the latest
    case
        when answer in ('none', 'withdrawn') or answered_at is null then 'not at all'
        when is_exact then 'exactly'
        else 'at the latest'
    end as known_how, -- text; what answered_at says: exactly, at the latest, or not at all
    case
        when answer in ('accepted', 'rejected') then answer_minutes
    end as answer_minutes, -- minutes; from asking to answered_at
    case
        when answer = 'withdrawn' then 'withdrawn'
        when outcome = 'pending_expired' then 'no'
        when answer = 'none' and minutes_between(created_at, :as_of) > 1440 then 'no'
        when answer = 'none' then 'open'
        when answer_minutes <= 1440 then 'yes'
        when is_exact or waited_minutes > 1440 then 'no'
        else 'unknown'
    end as in_time -- text; answered within 24 hours: yes, no, unknown, open or withdrawn
from timed
