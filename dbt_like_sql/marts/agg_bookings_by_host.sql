-- model: marts.agg_bookings_by_host
-- description: Everything that rates are made of, by local month of the start, host and event type.
--   Counts only: add them up, then divide.
-- grain: start_month_date, host_id, event_type_id
-- materialized: incremental_by_key
-- partition: start_month_date, host_id
-- touched: marts.fct_booking_features(start_month_date, host_id)
-- time: start_month_date is the first of a month in the host's zone
-- checks: expression(booking_no_show_count <= past_accepted_count);
--   expression(covered_count <= past_accepted_count); expression(cancelled_count <= due_count)
-- decision: DECISIONS.md#rates
-- decision: DECISIONS.md#marking-coverage

with

counted as (
    select
        start_month_date,
        host_id,
        event_type_id,
        count(*) as booking_count,
        sum(case when is_past and outcome <> 'rescheduled' then 1 else 0 end) as decided_count,
        sum(case when is_past and outcome = 'rejected' then 1 else 0 end) as rejected_count,
        sum(case when outcome = 'pending_expired' then 1 else 0 end) as expired_count,
        sum(
            case when is_past and (is_past_accepted or outcome = 'cancelled') then 1 else 0 end
        ) as due_count,
        sum(case when is_past and outcome = 'cancelled' then 1 else 0 end) as cancelled_count,
        sum(
            case when is_past and outcome = 'cancelled' and notice_minutes < 1440 then 1 else 0 end
        ) as late_cancelled_count,
        sum(
            case when is_past and cancelled_by = 'attendee' then 1 else 0 end
        ) as attendee_cancelled_count,
        sum(
            case when is_past and cancelled_by in ('host', 'colleague') then 1 else 0 end
        ) as host_cancelled_count,
        sum(case when is_past_accepted then 1 else 0 end) as past_accepted_count,
        sum(
            case when is_past_accepted and is_any_attendee_no_show then 1 else 0 end
        ) as booking_no_show_count,
        sum(
            case when is_past_accepted and is_every_attendee_no_show then 1 else 0 end
        ) as booking_full_no_show_count,
        sum(case when is_past_accepted and is_host_no_show then 1 else 0 end) as host_no_show_count,
        sum(
            case
                when is_past_accepted and (is_any_attendee_no_show or is_host_no_show)
                    then 1
                else 0
            end
        ) as any_no_show_count,
        sum(case when is_past_accepted then attendee_count else 0 end) as attendee_count,
        sum(
            case when is_past_accepted then absent_attendee_count else 0 end
        ) as attendee_no_show_count,
        sum(case when is_chain_start then 1 else 0 end) as chain_start_count,
        sum(case when is_chain_start and is_rescheduled then 1 else 0 end) as moved_count,
        sum(case when is_chain_start and has_known_booker then 1 else 0 end) as known_booker_count,
        sum(
            case
                when is_chain_start and has_known_booker and earlier_booking_count > 0
                    then 1
                else 0
            end
        ) as repeat_count,
        sum(case when is_past_accepted and rating is not null then 1 else 0 end) as rated_count,
        sum(case when is_past_accepted then rating else 0 end) as rating_sum,
        sum(case when is_past_accepted and rating > 3 then 1 else 0 end) as rating_over_3_count,
        sum(case when is_past_accepted and rating >= 3 then 1 else 0 end) as rating_3_or_more_count,
        sum(case when is_past_accepted and is_seated then 1 else 0 end) as seated_count,
        sum(
            case when is_past_accepted and is_seated then attendee_count else 0 end
        ) as seat_taken_count
    from marts.fct_booking_features
    group by start_month_date, host_id, event_type_id
),

marked as (
    select
        *,
        case
            when
                sum(any_no_show_count) over (partition by start_month_date, host_id) > 0
                then past_accepted_count
            else 0
        end as covered_count
    from counted
)

select
    start_month_date, -- date; first of the local month
    host_id, -- id; see dim_hosts
    event_type_id, -- id; see dim_event_types
    cast(booking_count as bigint) as booking_count, -- number; bookings of every status
    cast(decided_count as bigint) as decided_count, -- number; past, moved ones left out
    cast(rejected_count as bigint) as rejected_count, -- number; of them declined by the host
    cast(expired_count as bigint) as expired_count, -- number; of them never answered by the host
    cast(due_count as bigint) as due_count, -- number; past, accepted or cancelled
    cast(cancelled_count as bigint) as cancelled_count, -- number; of them cancelled
    cast(
        late_cancelled_count as bigint
    ) as late_cancelled_count, -- number; within a day of the start or after it
    cast(
        attendee_cancelled_count as bigint
    ) as attendee_cancelled_count, -- number; by somebody who attends
    cast(host_cancelled_count as bigint) as host_cancelled_count, -- number; by the hosting side
    cast(past_accepted_count as bigint) as past_accepted_count, -- number; accepted and ended
    cast(
        covered_count as bigint
    ) as covered_count, -- number; of them in host-months in which anybody was marked absent
    cast(booking_no_show_count as bigint) as booking_no_show_count, -- number; any attendee absent
    cast(
        booking_full_no_show_count as bigint
    ) as booking_full_no_show_count, -- number; every attendee absent
    cast(host_no_show_count as bigint) as host_no_show_count, -- number; the host absent
    cast(any_no_show_count as bigint) as any_no_show_count, -- number; anybody absent
    cast(
        attendee_count as bigint
    ) as attendee_count, -- number; bookers and guests of accepted, ended ones
    cast(attendee_no_show_count as bigint) as attendee_no_show_count, -- number; of them absent
    cast(
        chain_start_count as bigint
    ) as chain_start_count, -- number; wishes to meet: each chain of moves once
    cast(moved_count as bigint) as moved_count, -- number; of them moved at least once
    cast(known_booker_count as bigint) as known_booker_count, -- number; wishes of one known person
    cast(
        repeat_count as bigint
    ) as repeat_count, -- number; of them by somebody who had booked before
    cast(rated_count as bigint) as rated_count, -- number; rated meetings
    cast(rating_sum as bigint) as rating_sum, -- number; sum of their ratings
    cast(rating_over_3_count as bigint) as rating_over_3_count, -- number; rated 4 or 5
    cast(rating_3_or_more_count as bigint) as rating_3_or_more_count, -- number; rated 3 to 5
    cast(seated_count as bigint) as seated_count, -- number; meetings with seats
    cast(seat_taken_count as bigint) as seat_taken_count -- number; seats taken in them
from marked
