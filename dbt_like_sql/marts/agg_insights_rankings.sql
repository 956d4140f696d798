-- model: marts.agg_insights_rankings
-- description: What Insights shows by person, event type, hour and day of creation, by its own
--   definition, beside ours. Insights shows the first ten people and event types only.
-- grain: metric, dimension, dimension_value
-- materialized: table
-- time: Insights' days and hours are in UTC (a viewer in UTC), days of creation; ours are local to
--   the host, days of the start
-- decision: DECISIONS.md#insights-reconciliation

with

days as (
    select
        'Insights' as side,
        created_date as day,
        start_hour as hour,
        insights_status as class,
        is_accepted,
        is_host_no_show as is_absent,
        booking_count,
        absent_count
    from intermediate.int_cal__insights_created
    union all
    select
        'ours' as side,
        local_start_date as day,
        local_start_hour as hour,
        case
            when outcome = 'held' then 'completed'
            when outcome in ('upcoming', 'in_progress', 'pending') then 'uncompleted'
            else outcome
        end as class,
        is_accepted,
        is_our_host_no_show as is_absent,
        booking_count,
        absent_count
    from intermediate.int_cal__insights_local
),

parts as (
    select
        metrics.metric,
        metrics.dimension,
        case metrics.dimension
            when 'host' then cast(people.host_id as varchar)
            else cast(people.event_type_id as varchar)
        end as dimension_value,
        case
            when not people.is_in_scope then 0
            when metrics.metric = 'bookings' then people.booking_count
            when metrics.metric = 'cancelled' then people.cancelled_count
            when metrics.metric = 'completed' then people.completed_count
            when metrics.metric = 'host no-show' then people.host_no_show_count
            else people.rated_count
        end as insights_count,
        case metrics.metric
            when 'bookings' then people.booking_count
            when 'cancelled' then people.our_cancelled_count
            when 'completed' then people.completed_count
            when 'host no-show' then people.our_host_no_show_count
            else people.our_rated_count
        end as our_count,
        case when people.is_in_scope then people.rating_sum end as insights_rating,
        people.our_rating_sum as our_rating
    from intermediate.int_cal__insights_people as people
    cross join
        (
            values
            ('bookings', 'host'), ('cancelled', 'host'), ('completed', 'host'),
            ('host no-show', 'host'), ('rating average', 'host'), ('bookings', 'event type')
        ) as metrics (metric, dimension)
    -- Insights leaves deleted event types out
    where metrics.dimension = 'host' or people.event_type_id <> -1
    union all
    select
        metrics.metric,
        metrics.dimension,
        case metrics.dimension
            when 'hour' then cast(days.hour as varchar)
            else cast(days.day as varchar)
        end as dimension_value,
        case
            when days.side = 'ours' then 0
            when metrics.metric = 'guest no-show' then days.absent_count
            else days.booking_count
        end as insights_count,
        case
            when days.side = 'Insights' then 0
            when metrics.metric = 'guest no-show' then days.absent_count
            else days.booking_count
        end as our_count,
        null as insights_rating,
        null as our_rating
    from days
    inner join
        (
            values
            ('accepted', 'hour'), ('bookings', 'day'), ('completed', 'day'),
            ('uncompleted', 'day'), ('rescheduled', 'day'), ('cancelled', 'day'),
            ('host no-show', 'day'), ('guest no-show', 'day')
        ) as metrics (metric, dimension)
        on
            metrics.metric in ('bookings', 'guest no-show', days.class)
            or (metrics.metric = 'accepted' and days.is_accepted)
            or (metrics.metric = 'host no-show' and days.is_absent)
),

summed as (
    select
        metric,
        dimension,
        dimension_value,
        sum(insights_count) as insights_count,
        sum(our_count) as our_count,
        sum(insights_rating) as insights_rating,
        sum(our_rating) as our_rating
    from parts
    group by metric, dimension, dimension_value
),

valued as (
    select
        metric,
        dimension,
        dimension_value,
        case
            when metric = 'rating average'
                then cast(insights_rating as double) / nullif(insights_count, 0)
            else cast(insights_count as double)
        end as insights_value,
        case
            when metric = 'rating average' then cast(our_rating as double) / nullif(our_count, 0)
            else cast(our_count as double)
        end as our_value
    from summed
    where insights_count > 0 or our_count > 0
)

select
    metric, -- text; what Insights shows
    dimension, -- text; host, event type, hour or day
    dimension_value, -- text; id, hour of the day or date
    insights_value, -- number; Insights' definition, a mean for ratings; NULL: nothing rated
    our_value, -- number; ours
    case
        when dimension in ('host', 'event type') and insights_value is not null
            then
                rank() over (
                    partition by metric, dimension order by coalesce(insights_value, -1) desc
                )
    end as insights_place -- number; place in Insights' ranking, which shows 1 to 10
from valued
