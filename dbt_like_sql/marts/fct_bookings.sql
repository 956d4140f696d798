-- model: marts.fct_bookings
-- description: One row per booking of every status, with what became of it as of the build; each
--   occurrence of a series and each booking of a reschedule chain is its own row.
-- grain: booking_uid
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: staging.stg_cal__bookings(booking_uid)
-- touched: intermediate.int_cal__booking_hosts(booking_uid)
-- touched: intermediate.int_cal__attendees(booking_uid)
-- touched: intermediate.int_cal__booking_starts(booking_uid)
-- touched: intermediate.int_cal__reschedules(booking_uid)
-- touched: intermediate.int_cal__reschedule_chains(booking_uid)
-- moments: start_at, end_at
-- time: all *_at columns are UTC; start_date, start_hour and start_weekday are in host_time_zone
-- metric: lead_time_minutes = minutes from created_at to start_at; minutes; negative when entered
--   after the start
-- metric: attendee_count = bookers and guests; number; co-hosts excluded
-- checks: not_null(host_id, event_type_id, outcome, start_date, is_past_accepted);
--   relationships(host_id -> marts.dim_hosts.host_id);
--   relationships(event_type_id -> marts.dim_event_types.event_type_id);
--   expression(absent_attendee_count <= attendee_count)
-- warnings: accepted_values(status: accepted, cancelled, rejected, pending, awaiting_host);
--   expression(end_at >= start_at); relationships(start_date -> marts.dim_dates.date_day)
-- decision: DECISIONS.md#outcomes
-- decision: DECISIONS.md#no-shows
-- decision: DECISIONS.md#reschedule-chains

with

attendees as (
    select
        booking_uid,
        sum(case when role in ('booker', 'guest') then 1 else 0 end) as attendee_count,
        sum(
            case when role in ('booker', 'guest') and is_absent then 1 else 0 end
        ) as absent_attendee_count,
        sum(case when role = 'guest' then 1 else 0 end) as guest_count,
        sum(case when role = 'co_host' then 1 else 0 end) as co_host_count,
        sum(case when role = 'member' then 1 else 0 end) as member_count,
        sum(case when is_seat then 1 else 0 end) as seat_count
    from intermediate.int_cal__attendees
    group by booking_uid
),

joined as (
    select
        bookings.booking_uid,
        bookings.booking_id,
        booking_hosts.host_id,
        bookings.status,
        bookings.created_at,
        bookings.updated_at,
        bookings.start_at,
        bookings.end_at,
        booking_starts.start_local,
        bookings.rating,
        bookings.recurring_booking_uid,
        bookings.rescheduled_from_uid,
        reschedules.successor_uid,
        coalesce(chains.chain_uid, bookings.booking_uid) as chain_uid,
        coalesce(chains.chain_position, 1) as chain_position,
        coalesce(chains.chain_length, 1) as chain_length,
        hosts.time_zone as host_time_zone,
        coalesce(bookings.event_type_id, -1) as event_type_id,
        coalesce(bookings.is_host_absent, false) as is_host_no_show,
        coalesce(event_types.is_seated, false) as is_seated_event_type,
        coalesce(attendees.attendee_count, 0) as attendee_count,
        coalesce(attendees.absent_attendee_count, 0) as absent_attendee_count,
        coalesce(attendees.guest_count, 0) as guest_count,
        coalesce(attendees.co_host_count, 0) as co_host_count,
        coalesce(attendees.member_count, 0) as member_count,
        coalesce(attendees.seat_count, 0) as seat_count
    from staging.stg_cal__bookings as bookings
    inner join intermediate.int_cal__booking_hosts as booking_hosts
        on bookings.booking_uid = booking_hosts.booking_uid
    inner join intermediate.int_cal__hosts as hosts on booking_hosts.host_id = hosts.host_id
    inner join intermediate.int_cal__booking_starts as booking_starts
        on bookings.booking_uid = booking_starts.booking_uid
    left join attendees on bookings.booking_uid = attendees.booking_uid
    left join intermediate.int_cal__reschedules as reschedules
        on bookings.booking_uid = reschedules.booking_uid
    left join intermediate.int_cal__reschedule_chains as chains
        on bookings.booking_uid = chains.booking_uid
    left join intermediate.int_cal__event_type_kinds as event_types
        on bookings.event_type_id = event_types.event_type_id
)

select
    booking_uid, -- text; who knows it can read and cancel the booking
    booking_id, -- id; Cal.com's number
    host_id, -- id; who carries it; -1 when the user is gone
    event_type_id, -- id; -1 when it was deleted
    status, -- text; as Cal.com states it
    case
        when status = 'cancelled' and successor_uid is not null then 'rescheduled'
        when status in ('cancelled', 'rejected') then status
        when status in ('pending', 'awaiting_host') and end_at <= :as_of then 'pending_expired'
        when status in ('pending', 'awaiting_host') then 'pending'
        when status <> 'accepted' then 'other'
        when start_at > :as_of then 'upcoming'
        when end_at > :as_of then 'in_progress'
        when is_host_no_show then 'no_show'
        when attendee_count > 0 and absent_attendee_count = attendee_count then 'no_show'
        else 'held'
    end as outcome, -- text; what became of it as of the build; see DECISIONS.md
    status = 'accepted' and end_at <= :as_of as is_past_accepted, -- flag; counts in no-show rates
    created_at, -- UTC; when it was made
    updated_at, -- UTC; when Cal.com last wrote it; NULL on some
    start_at, -- UTC; start
    end_at, -- UTC; end
    host_time_zone, -- IANA name; the host's zone
    cast(start_local as date) as start_date, -- date; local day in host_time_zone
    cast(extract(hour from start_local) as integer) as start_hour, -- 0..23; in host_time_zone
    iso_weekday(cast(start_local as date)) as start_weekday, -- 1..7; 1 is Monday; in host_time_zone
    minutes_between(start_at, end_at) as duration_minutes, -- minutes; end minus start
    minutes_between(created_at, start_at) as lead_time_minutes, -- minutes; from booking to start
    cast(attendee_count as bigint) as attendee_count, -- number; bookers and guests
    cast(absent_attendee_count as bigint) as absent_attendee_count, -- number; of them absent
    cast(guest_count as bigint) as guest_count, -- number; guests among the attendees
    cast(co_host_count as bigint) as co_host_count, -- number; co-hosts Cal.com lists as attendees
    is_host_no_show, -- flag; host marked absent, whatever the status
    absent_attendee_count > 0 as is_any_attendee_no_show, -- flag; at least one marked absent
    (
        attendee_count > 0 and absent_attendee_count = attendee_count
    ) as is_every_attendee_no_show, -- flag; all marked absent
    rating, -- number; the attendee's rating; NULL when not rated
    recurring_booking_uid is not null as is_recurring, -- flag; occurrence of a series
    recurring_booking_uid, -- text; groups the occurrences of a series
    is_seated_event_type or seat_count > 0 as is_seated, -- flag; several bookers may share it
    successor_uid is not null as is_rescheduled, -- flag; another booking replaced it
    rescheduled_from_uid, -- text; the booking this one replaces
    successor_uid as rescheduled_to_uid, -- text; the booking that replaced it
    chain_uid, -- text; first booking of its reschedule chain; itself when never moved
    cast(chain_position as bigint) as chain_position, -- number; place in the chain, from 1
    cast(chain_length as bigint) as chain_length, -- number; bookings in the chain; 1: never moved
    chain_position = chain_length as is_chain_end, -- flag; count these to count each wish once
    cast(member_count as bigint) as member_count -- number; of the hosting side, personal events
from joined
