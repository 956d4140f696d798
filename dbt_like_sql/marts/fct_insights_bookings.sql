-- model: marts.fct_insights_bookings
-- description: One row per booking: what Cal.com's own Insights makes of it, what we make of it,
--   and why the two differ.
-- grain: booking_uid
-- materialized: incremental_by_key
-- partition: booking_uid
-- touched: marts.fct_bookings(booking_uid)
-- touched: intermediate.int_cal__attendees(booking_uid)
-- moments: end_at
-- sources: marts.fct_bookings, intermediate.int_cal__insights_hosts,
--   intermediate.int_cal__insights_event_types, intermediate.int_cal__attendees
-- time: all *_at columns are UTC; dates and the hour are in UTC, as of a viewer in UTC
-- checks: accepted_values(insights_status: rescheduled, cancelled, completed, uncompleted, none);
--   not_null(status_reason, no_show_reason, rating_reason, duration_reason)
-- decision: DECISIONS.md#insights-reconciliation

with

absences as (
    select
        booking_uid,
        count(*) as absent_count
    from intermediate.int_cal__attendees
    where is_absent
    group by booking_uid
),

joined as (
    select
        bookings.*,
        event_types.duration_minutes as event_type_minutes,
        coalesce(event_types.is_of_team or hosts.is_member, false) as is_in_scope,
        coalesce(absences.absent_count, 0) as absent_count,
        case
            when bookings.outcome = 'rescheduled' then 'rescheduled'
            when bookings.status = 'cancelled' then 'cancelled'
            when bookings.end_at < :as_of then 'completed'
            when bookings.end_at > :as_of then 'uncompleted'
            else 'none'
        end as insights_status
    from marts.fct_bookings as bookings
    inner join intermediate.int_cal__insights_hosts as hosts on bookings.host_id = hosts.host_id
    inner join intermediate.int_cal__insights_event_types as event_types
        on bookings.event_type_id = event_types.event_type_id
    left join absences on bookings.booking_uid = absences.booking_uid
)

select
    booking_uid, -- text; the booking
    host_id, -- id; see dim_hosts
    event_type_id, -- id; see dim_event_types
    created_at, -- UTC; when it was made
    end_at, -- UTC; end
    utc_day(created_at) as created_date, -- date; in UTC
    month_start(utc_day(created_at)) as created_month_date, -- date; first of its month, in UTC
    utc_day(start_at) as start_date, -- date; in UTC, unlike that of fct_bookings
    month_start(utc_day(start_at)) as start_month_date, -- date; first of its month, in UTC
    utc_day(end_at) as end_date, -- date; in UTC
    cast(extract(hour from utc_wall_time(start_at)) as integer) as start_hour, -- 0..23; in UTC
    start_date as local_start_date, -- date; in the host's zone, as in fct_bookings
    month_start(start_date) as local_start_month_date, -- date; first of its month
    start_hour as local_start_hour, -- 0..23; in the host's zone, as in fct_bookings
    status, -- text; as Cal.com states it
    is_in_scope, -- flag; in Insights' organisation scope: a team's event type, or a member hosts
    insights_status, -- text; Insights' timeStatus; none: it ends at this very moment
    outcome, -- text; ours, see fct_bookings
    is_past_accepted, -- flag; accepted and ended
    case
        when not is_in_scope then 'out of scope: the host is no member and the type no team''s'
        when outcome in ('held', 'rescheduled', 'cancelled') and insights_status <> 'none'
            then 'same'
        when outcome in ('upcoming', 'in_progress', 'pending') then 'same'
        when insights_status = 'none' then 'it ends at the very moment: no status in Insights'
        when outcome = 'no_show' then 'no-show: completed in Insights'
        when outcome = 'rejected' and insights_status = 'completed'
            then 'rejected: completed in Insights once it has ended'
        when outcome = 'rejected' then 'rejected: uncompleted in Insights until it ends'
        when outcome = 'pending_expired' then 'never confirmed: completed in Insights'
        else 'a status that is new'
    end as status_reason, -- text; why outcome and insights_status differ; same: they agree
    -- a host's request to move that nobody followed: rescheduled in Insights, not told by the API
    outcome = 'cancelled' as is_uncertain, -- flag; Insights may call it rescheduled
    is_host_no_show, -- flag; Insights counts it at any status
    is_past_accepted and is_host_no_show as is_our_host_no_show, -- flag; ours
    cast(absent_count as bigint) as insights_absent_count, -- number; absent entries, all roles
    case
        when is_past_accepted then absent_attendee_count else 0
    end as our_absent_count, -- number; absent bookers and guests of an accepted, ended booking
    case
        when absent_count = 0 and not is_host_no_show then 'same'
        when not is_in_scope and not is_past_accepted then 'same'
        when not is_in_scope then 'out of scope: the host is no member and the type no team''s'
        when not is_past_accepted then 'not accepted and ended: no place to be absent from'
        when absent_count > absent_attendee_count then 'an absent colleague is no guest'
        when
            is_every_attendee_no_show
            and absent_count < attendee_count + co_host_count + member_count
            then 'a colleague came: no full no-show in Insights'
        else 'same'
    end as no_show_reason, -- text; why absences differ; same: they agree
    (
        status = 'accepted'
        and absent_count > 0
        and absent_count = attendee_count + co_host_count + member_count
    ) as is_insights_full_no_show, -- flag; accepted, every entry absent, colleagues included
    is_past_accepted and is_every_attendee_no_show as is_our_full_no_show, -- flag; ours
    rating, -- number; NULL when not rated
    event_type_minutes, -- minutes; length of its event type now: what Insights averages
    duration_minutes, -- minutes; its own length
    case
        when rating is null or is_in_scope = is_past_accepted then 'same'
        when is_in_scope then 'not accepted and ended: rated in Insights only'
        else 'out of scope: the host is no member and the type no team''s'
    end as rating_reason, -- text; why its rating counts on one side only; same: on both or neither
    case
        when not is_in_scope and not is_past_accepted then 'same'
        when not is_in_scope then 'out of scope: the host is no member and the type no team''s'
        when not is_past_accepted and event_type_minutes is null then 'same'
        when not is_past_accepted then 'not accepted and ended: long in Insights only'
        when event_type_minutes is null then 'its event type is not known: no length in Insights'
        when event_type_minutes <> duration_minutes then 'Insights takes its event type''s length'
        else 'same'
    end as duration_reason -- text; why its length counts differently; same: alike
from joined
