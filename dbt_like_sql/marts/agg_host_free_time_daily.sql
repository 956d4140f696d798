-- model: marts.agg_host_free_time_daily
-- description: How meetings break up each host's bookable day: free time, its longest stretch, and
--   meetings that follow each other without a pause. Only days with available or booked time.
-- grain: host_id, local_date
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: marts.agg_host_utilisation_daily(host_id, local_date)
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- touched: intermediate.int_cal__taken_in_hours(host_id, local_date)
-- touched: intermediate.int_cal__booked_days(host_id, local_date)
-- time: local_date is a day in the zone of the host's schedule
-- metric: available_minutes = bookable time of the day; minutes; NULL: not known
-- metric: free_minutes = available_minutes without booked time; minutes; buffers count as free
-- metric: focus_minutes = free stretches of at least two hours; minutes
-- metric: longest_free_minutes = the longest free stretch inside available time; minutes
-- metric: meeting_free_rate = free_minutes / available_minutes; 0..1; NULL when the divisor is 0 or
--   not known
-- metric: meeting_count = accepted bookings that start on the day or reach into it
-- metric: back_to_back_count = of them, those that start at most five minutes after, or during, an
--   earlier one of the day
-- metric: back_to_back_rate = back_to_back_count / meeting_count; 0..1; NULL when there is none
-- checks: expression(free_minutes is null or free_minutes >= 0);
--   expression(free_minutes is null or free_minutes <= available_minutes);
--   expression(focus_minutes is null or focus_minutes <= free_minutes);
--   expression(back_to_back_count <= meeting_count)
-- decision: DECISIONS.md#free-time

with

reached as (
    select
        host_id,
        local_date,
        start_at,
        max(end_at) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc, text_order(booking_uid) asc
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from intermediate.int_cal__booked_days
    where start_at is not null
),

meetings as (
    select
        host_id,
        local_date,
        count(*) as meeting_count,
        sum(
            case when seconds_between(reached_at, start_at) <= 300 then 1 else 0 end
        ) as back_to_back_count
    from reached
    group by host_id, local_date
),

-- an empty part at the end of each range closes its last stretch
parts as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        range_start_at
    from intermediate.int_cal__taken_in_hours
    where not is_buffered
    union all
    select
        host_id,
        local_date,
        end_at as start_at,
        end_at,
        start_at as range_start_at
    from intermediate.int_cal__availability
),

stretches as (
    select
        host_id,
        local_date,
        seconds_between(
            coalesce(
                lag(end_at) over (
                    partition by host_id, local_date, range_start_at
                    order by start_at asc, end_at asc
                ),
                range_start_at
            ),
            start_at
        ) as free_seconds
    from parts
),

free as (
    select
        host_id,
        local_date,
        sum(free_seconds) as free_seconds,
        max(free_seconds) as longest_free_seconds,
        sum(case when free_seconds >= 7200 then free_seconds else 0 end) as focus_seconds
    from stretches
    group by host_id, local_date
)

select
    days.host_id, -- id; see dim_hosts
    days.local_date, -- date; local day; see fct_host_days for its zone
    days.is_past, -- flag; the day was over at the build's moment
    days.available_minutes, -- minutes; NULL: not known
    case
        when days.available_minutes is not null
            then cast(coalesce(free.free_seconds, 0) as double) / 60
    end as free_minutes, -- minutes; available and not booked; NULL: not known
    case
        when days.available_minutes is not null
            then cast(coalesce(free.longest_free_seconds, 0) as double) / 60
    end as longest_free_minutes, -- minutes; longest free stretch; NULL: not known
    case
        when days.available_minutes is not null
            then cast(coalesce(free.focus_seconds, 0) as double) / 60
    end as focus_minutes, -- minutes; in free stretches of two hours or more; NULL: not known
    case
        when days.available_minutes is not null
            then
                cast(coalesce(free.free_seconds, 0) as double)
                / 60
                / nullif(days.available_minutes, 0)
    end as meeting_free_rate, -- 0..1; NULL when nothing is available
    cast(coalesce(meetings.meeting_count, 0) as bigint) as meeting_count, -- number; n: meetings
    cast(
        coalesce(meetings.back_to_back_count, 0) as bigint
    ) as back_to_back_count, -- number; of them without a pause before
    cast(meetings.back_to_back_count as double)
    / nullif(meetings.meeting_count, 0) as back_to_back_rate, -- 0..1; NULL without meetings
    wilson_low(
        meetings.back_to_back_count, meetings.meeting_count
    ) as back_to_back_rate_low, -- 0..1; 95 % interval
    wilson_high(
        meetings.back_to_back_count, meetings.meeting_count
    ) as back_to_back_rate_high -- 0..1; 95 % interval
from marts.agg_host_utilisation_daily as days
left join meetings on days.host_id = meetings.host_id and days.local_date = meetings.local_date
left join free on days.host_id = free.host_id and days.local_date = free.local_date
where days.available_minutes > 0 or meetings.host_id is not null
