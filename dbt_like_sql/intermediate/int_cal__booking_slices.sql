-- model: intermediate.int_cal__booking_slices
-- description: The counts of agg_bookings_by_host and agg_bookings_by_circumstance, added up per
--   period and value of each dimension that rates are shown by.
-- grain: period, dimension, dimension_value
-- materialized: table
-- time: months and days are local to the host
-- decision: DECISIONS.md#rates
-- decision: DECISIONS.md#comparable-months

with

months as (
    select distinct
        start_month_date as month_date,
        month_start(add_days(start_month_date, -1)) as before_date,
        month_start(add_days(start_month_date, 31)) as next_date
    from marts.agg_bookings_by_circumstance
    where start_month_date <= utc_day(:as_of)
),

-- as many days of a month as of the one before, and no day that is not over
compared as (
    select
        month_date,
        before_date,
        least(
            days_between(month_date, least(next_date, utc_day(:as_of))),
            days_between(before_date, month_date)
        ) as day_count
    from months
),

spans as (
    select
        periods.period,
        dimensions.dimension,
        cast(null as varchar) as month_text,
        periods.first_date,
        periods.last_date
    from intermediate.int_cal__periods as periods
    cross join
        (
            values ('hour'), ('weekday'), ('lead time'), ('attendee history')
        ) as dimensions (dimension)
    union all
    select
        'month' as period,
        'month' as dimension,
        cast(month_date as varchar) as month_text,
        month_date as first_date,
        add_days(month_date, day_count - 1) as last_date
    from compared
    where day_count > 0
    union all
    select
        'month before' as period,
        'month' as dimension,
        cast(month_date as varchar) as month_text,
        before_date as first_date,
        add_days(before_date, day_count - 1) as last_date
    from compared
    where day_count > 0
),

event_types as (
    select
        event_type_id,
        coalesce(cast(team_id as varchar), 'personal') as team
    from marts.dim_event_types
),

cells as (
    select
        periods.period,
        dimensions.dimension,
        case dimensions.dimension
            when 'all' then 'all'
            when 'host' then cast(counts.host_id as varchar)
            when 'event type' then cast(counts.event_type_id as varchar)
            when 'team' then event_types.team
        end as dimension_value,
        counts.booking_count,
        counts.decided_count,
        counts.rejected_count,
        counts.expired_count,
        counts.due_count,
        counts.cancelled_count,
        counts.late_cancelled_count,
        counts.attendee_cancelled_count,
        counts.host_cancelled_count,
        counts.past_accepted_count,
        counts.covered_count,
        counts.booking_no_show_count,
        counts.booking_full_no_show_count,
        counts.host_no_show_count,
        counts.any_no_show_count,
        counts.attendee_count,
        counts.attendee_no_show_count,
        counts.chain_start_count,
        counts.moved_count,
        counts.known_booker_count,
        counts.repeat_count,
        counts.rated_count,
        counts.rating_sum,
        counts.rating_over_3_count,
        counts.rating_3_or_more_count
    from marts.agg_bookings_by_host as counts
    inner join event_types on counts.event_type_id = event_types.event_type_id
    inner join intermediate.int_cal__periods as periods
        on counts.start_month_date between periods.first_date and periods.last_date
    cross join
        (
            values ('all'), ('host'), ('event type'), ('team')
        ) as dimensions (dimension)
    union all
    select
        spans.period,
        spans.dimension,
        case spans.dimension
            when 'hour' then cast(counts.start_hour as varchar)
            when 'weekday' then cast(counts.start_weekday as varchar)
            when 'lead time' then counts.lead_time_band
            when 'attendee history' then counts.attendee_history
            when 'month' then spans.month_text
        end as dimension_value,
        counts.booking_count,
        counts.decided_count,
        counts.rejected_count,
        counts.expired_count,
        counts.due_count,
        counts.cancelled_count,
        counts.late_cancelled_count,
        counts.attendee_cancelled_count,
        counts.host_cancelled_count,
        counts.past_accepted_count,
        counts.covered_count,
        counts.booking_no_show_count,
        counts.booking_full_no_show_count,
        counts.host_no_show_count,
        counts.any_no_show_count,
        counts.attendee_count,
        counts.attendee_no_show_count,
        counts.chain_start_count,
        counts.moved_count,
        counts.known_booker_count,
        counts.repeat_count,
        counts.rated_count,
        counts.rating_sum,
        counts.rating_over_3_count,
        counts.rating_3_or_more_count
    from marts.agg_bookings_by_circumstance as counts
    inner join spans on counts.start_date between spans.first_date and spans.last_date
)

select
    period, -- text; all time, last 3 months, month (its value) or month before (the one before it)
    dimension, -- text; what the value is of
    dimension_value, -- text; value or id
    cast(sum(booking_count) as bigint) as booking_count, -- number; bookings of every status
    cast(sum(decided_count) as bigint) as decided_count, -- number; past, moved ones left out
    cast(sum(rejected_count) as bigint) as rejected_count, -- number; of them declined by the host
    cast(
        sum(expired_count) as bigint
    ) as expired_count, -- number; of them never answered by the host
    cast(sum(due_count) as bigint) as due_count, -- number; past, accepted or cancelled
    cast(sum(cancelled_count) as bigint) as cancelled_count, -- number; of them cancelled
    cast(
        sum(late_cancelled_count) as bigint
    ) as late_cancelled_count, -- number; within a day of the start or after it
    cast(
        sum(attendee_cancelled_count) as bigint
    ) as attendee_cancelled_count, -- number; by somebody who attends
    cast(
        sum(host_cancelled_count) as bigint
    ) as host_cancelled_count, -- number; by the hosting side
    cast(sum(past_accepted_count) as bigint) as past_accepted_count, -- number; accepted and ended
    cast(
        sum(covered_count) as bigint
    ) as covered_count, -- number; of them in host-months in which anybody was marked absent
    cast(
        sum(booking_no_show_count) as bigint
    ) as booking_no_show_count, -- number; any attendee absent
    cast(
        sum(booking_full_no_show_count) as bigint
    ) as booking_full_no_show_count, -- number; every attendee absent
    cast(sum(host_no_show_count) as bigint) as host_no_show_count, -- number; the host absent
    cast(sum(any_no_show_count) as bigint) as any_no_show_count, -- number; anybody absent
    cast(
        sum(attendee_count) as bigint
    ) as attendee_count, -- number; bookers and guests of accepted, ended ones
    cast(sum(attendee_no_show_count) as bigint) as attendee_no_show_count, -- number; of them absent
    cast(
        sum(chain_start_count) as bigint
    ) as chain_start_count, -- number; wishes to meet: each chain of moves once
    cast(sum(moved_count) as bigint) as moved_count, -- number; of them moved at least once
    cast(
        sum(known_booker_count) as bigint
    ) as known_booker_count, -- number; wishes of one known person
    cast(
        sum(repeat_count) as bigint
    ) as repeat_count, -- number; of them by somebody who had booked before
    cast(sum(rated_count) as bigint) as rated_count, -- number; rated meetings
    cast(sum(rating_sum) as bigint) as rating_sum, -- number; sum of their ratings
    cast(sum(rating_over_3_count) as bigint) as rating_over_3_count, -- number; rated 4 or 5
    cast(sum(rating_3_or_more_count) as bigint) as rating_3_or_more_count -- number; rated 3 to 5
from cells
group by period, dimension, dimension_value
