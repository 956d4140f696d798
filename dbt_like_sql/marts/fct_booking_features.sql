-- model: marts.fct_booking_features
-- description: One row per booking with the bands and flags that rates are counted by, and what was
--   known of its booker before: the base of all rates.
-- grain: booking_uid, booker_key
-- materialized: incremental_by_key
-- partition: booker_key
-- touched: intermediate.int_cal__bookers(booker_key)
-- moments: end_at
-- time: all *_at columns are UTC; start_date, start_hour and so on are local to the host
-- checks: unique(booking_uid); expression(earlier_no_show_count <= earlier_meeting_count);
--   accepted_values(attendee_history: first meeting, always came, missed before, several bookers,
--   no booker);
--   accepted_values(cancelled_by: attendee, host, colleague, other, unknown)
-- decision: DECISIONS.md#attendee-history
-- decision: DECISIONS.md#cancellations
-- decision: DECISIONS.md#bands

with

counted as (
    select
        booking_uid,
        coalesce(
            sum(case when is_past_accepted then 1 else 0 end) over (
                partition by booker_key
                order by start_at asc, text_order(booking_uid) asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as earlier_meeting_count,
        coalesce(
            sum(case when is_past_accepted and is_booker_absent then 1 else 0 end) over (
                partition by booker_key
                order by start_at asc, text_order(booking_uid) asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as earlier_no_show_count,
        coalesce(
            sum(case when is_chain_start then 1 else 0 end) over (
                partition by booker_key
                order by created_at asc, text_order(booking_uid) asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as earlier_booking_count
    from intermediate.int_cal__bookers
),

joined as (
    select
        bookers.*,
        counted.earlier_meeting_count,
        counted.earlier_no_show_count,
        counted.earlier_booking_count
    from intermediate.int_cal__bookers as bookers
    inner join counted on bookers.booking_uid = counted.booking_uid
)

select
    booking_uid, -- text; the booking
    booker_key, -- text; personal; e-mail of the one booker in lower case, else the booking's uid
    host_id, -- id; see dim_hosts
    event_type_id, -- id; see dim_event_types
    outcome, -- text; see fct_bookings
    created_at, -- UTC; when it was made
    start_at, -- UTC; start
    end_at, -- UTC; end
    month_start(start_date) as start_month_date, -- date; first of the local month of the start
    start_date, -- date; local day of the start
    start_hour, -- 0..23; local hour of the start
    start_weekday, -- 1..7; 1 is Monday
    duration_minutes, -- minutes; end minus start
    lead_time_minutes, -- minutes; from booking to start
    case
        when lead_time_minutes < 0 then 'after the start'
        when lead_time_minutes < 60 then 'under 1 hour'
        when lead_time_minutes < 1440 then '1 to 24 hours'
        when lead_time_minutes < 4320 then '1 to 3 days'
        when lead_time_minutes < 10080 then '3 to 7 days'
        when lead_time_minutes < 40320 then '7 to 28 days'
        when lead_time_minutes >= 40320 then '28 days or more'
        else 'unknown'
    end as lead_time_band, -- text; from booking to start
    notice_minutes, -- minutes; from the cancellation to the start; NULL: not known
    case
        when outcome <> 'cancelled' then null
        when notice_minutes < 0 then 'after the start'
        when notice_minutes < 60 then 'under 1 hour'
        when notice_minutes < 1440 then '1 to 24 hours'
        when notice_minutes < 4320 then '1 to 3 days'
        when notice_minutes < 10080 then '3 to 7 days'
        when notice_minutes < 40320 then '7 to 28 days'
        when notice_minutes >= 40320 then '28 days or more'
        else 'unknown'
    end as notice_band, -- text; from the cancellation to the start; NULL: not cancelled
    cancelled_by, -- text; attendee, host, colleague, other or unknown; NULL: not cancelled
    case
        when booker_count = 0 then 'no booker'
        when booker_count > 1 then 'several bookers'
        when earlier_no_show_count > 0 then 'missed before'
        when earlier_meeting_count > 0 then 'always came'
        else 'first meeting'
    end as attendee_history, -- text; what the booker did in meetings that started earlier
    cast(earlier_booking_count as bigint) as earlier_booking_count, -- number; earlier, by chain
    cast(earlier_meeting_count as bigint) as earlier_meeting_count, -- number; started before
    cast(earlier_no_show_count as bigint) as earlier_no_show_count, -- number; of them missed
    booker_count = 1 as has_known_booker, -- flag; one person booked it
    is_past_accepted, -- flag; accepted and ended
    end_at <= :as_of as is_past, -- flag; its end has passed, whatever its status
    is_any_attendee_no_show, -- flag; at least one attendee absent
    is_every_attendee_no_show, -- flag; every attendee absent
    is_host_no_show, -- flag; the host absent
    is_booker_absent, -- flag; the one booker absent
    attendee_count, -- number; bookers and guests
    absent_attendee_count, -- number; of them absent
    rating, -- number; NULL when not rated
    is_seated, -- flag; several bookers may share it
    is_rescheduled, -- flag; another booking replaced it
    move_count, -- number; moves of its chain, before and after it
    is_chain_end, -- flag; the last booking of its chain
    is_chain_start -- flag; no booking was moved to become it
from joined
