-- model: marts.agg_insights_metrics
-- description: The headline metrics of Cal.com's Insights by its own definition, beside ours, and
--   how many bookings make the difference; fct_insights_bookings says of each booking why, and
--   fct_routing_form_responses of each submission.
-- grain: period, metric
-- materialized: table
-- sources: intermediate.int_cal__insights_cells, marts.fct_routing_form_responses
-- time: months are in UTC; ours takes bookings that start in it, Insights those that end in it too
-- checks: expression(differing_count >= 0)
-- decision: DECISIONS.md#insights-reconciliation

with

months as (
    select
        start_month_date as first_date,
        add_days(month_start(add_days(start_month_date, 31)), -1) as last_date
    from intermediate.int_cal__insights_cells
    union
    select
        month_start(submitted_date) as first_date,
        add_days(month_start(add_days(month_start(submitted_date), 31)), -1) as last_date
    from marts.fct_routing_form_responses
),

-- the period before ends on the day on which this one begins, as in Insights
windows as (
    select
        'all time' as period,
        false as is_before,
        cast('0001-01-01' as date) as first_date,
        cast('9999-12-31' as date) as last_date
    union all
    select
        cast(first_date as varchar) as period,
        false as is_before,
        first_date,
        last_date
    from months
    union all
    select
        cast(first_date as varchar) as period,
        true as is_before,
        add_days(first_date, -days_between(first_date, last_date)) as first_date,
        first_date as last_date
    from months
),

-- per booking: what it adds to each metric, and whether it counts in the metric's mean
valued as (
    select
        windows.period,
        windows.is_before,
        metrics.metric,
        cells.booking_count,
        -- to be left out of a sum is to add nothing, to be left out of a mean is not
        case
            when metrics.metric like 'rating%' or metrics.metric = 'average duration' then -1
            else 0
        end as left_out,
        (
            cells.is_in_scope
            and cells.end_date <= windows.last_date
            and (cells.rating >= 0 or metrics.metric not like 'rating%')
            and (cells.event_type_minutes >= 0 or metrics.metric <> 'average duration')
        ) as is_insights,
        (
            (cells.is_past_accepted and cells.rating >= 0)
            or metrics.metric not like 'rating%'
        ) and (
            cells.is_past_accepted or metrics.metric <> 'average duration'
        ) as is_ours,
        cast(
            case
                when metrics.metric = 'guest no-show' then cells.insights_absent_count
                when metrics.metric = 'rating average' then cells.rating
                when metrics.metric = 'average duration' then cells.event_type_minutes
                when
                    metrics.metric = 'created'
                    or metrics.metric = cells.insights_status
                    or (
                        metrics.metric = 'neither cancelled nor rescheduled'
                        and cells.insights_status not in ('cancelled', 'rescheduled')
                    )
                    or (metrics.metric = 'completed accepted' and cells.is_past_accepted)
                    or (metrics.metric = 'host no-show' and cells.is_host_no_show)
                    or (metrics.metric = 'full no-show' and cells.is_insights_full_no_show)
                    or (metrics.metric = 'rating over 3' and cells.rating > 3)
                    or (metrics.metric = 'rating 3 or more' and cells.rating >= 3)
                    then 1
                else 0
            end as decimal(18, 6)
        ) as insights_part,
        cast(
            case
                when metrics.metric = 'guest no-show' then cells.our_absent_count
                when metrics.metric = 'rating average' then cells.rating
                when metrics.metric = 'average duration' then cells.duration_minutes
                when
                    metrics.metric = 'created'
                    or metrics.metric = cells.outcome
                    or (
                        metrics.metric in ('completed', 'neither cancelled nor rescheduled')
                        and cells.outcome = 'held'
                    )
                    or (
                        metrics.metric = 'uncompleted'
                        and cells.outcome in ('upcoming', 'in_progress', 'pending')
                    )
                    or (metrics.metric = 'completed accepted' and cells.is_past_accepted)
                    or (metrics.metric = 'host no-show' and cells.is_our_host_no_show)
                    or (metrics.metric = 'full no-show' and cells.is_our_full_no_show)
                    or (metrics.metric = 'rating over 3' and cells.rating > 3)
                    or (metrics.metric = 'rating 3 or more' and cells.rating >= 3)
                    then 1
                else 0
            end as decimal(18, 6)
        ) as our_part
    from intermediate.int_cal__insights_cells as cells
    inner join windows on cells.start_date between windows.first_date and windows.last_date
    cross join
        (
            values
            ('created'), ('completed'), ('uncompleted'), ('rescheduled'), ('cancelled'),
            ('neither cancelled nor rescheduled'), ('completed accepted'), ('host no-show'),
            ('guest no-show'), ('full no-show'), ('rating average'), ('rating over 3'),
            ('rating 3 or more'), ('average duration')
        ) as metrics (metric)
),

summed as (
    select
        period,
        metric,
        sum(
            case when is_insights and not is_before then insights_part * booking_count end
        ) as insights_sum,
        sum(case when is_insights and not is_before then booking_count end) as insights_count,
        sum(case when is_insights and is_before then insights_part * booking_count end)
            as before_sum,
        sum(case when is_insights and is_before then booking_count end) as before_count,
        sum(case when is_ours and not is_before then our_part * booking_count end) as our_sum,
        sum(case when is_ours and not is_before then booking_count end) as our_count,
        sum(
            case
                when is_before then 0
                when
                    case when is_insights then insights_part else left_out end
                    <> case when is_ours then our_part else left_out end
                    then booking_count
                else 0
            end
        ) as differing_count
    from valued
    group by period, metric
),

submissions as (
    select
        windows.period,
        windows.is_before,
        metrics.metric,
        case
            when metrics.metric = 'routing submitted' then 1
            when metrics.metric = 'routing booked' and responses.is_booked then 1
            when metrics.metric = 'routing accepted' and responses.is_insights_accepted then 1
            else 0
        end as insights_part,
        case
            when metrics.metric = 'routing submitted' then 1
            when metrics.metric = 'routing booked' and responses.is_booked then 1
            when metrics.metric = 'routing accepted' and responses.is_accepted then 1
            else 0
        end as our_part
    from marts.fct_routing_form_responses as responses
    inner join windows
        on responses.submitted_date between windows.first_date and windows.last_date
    cross join
        (
            values ('routing submitted'), ('routing booked'), ('routing accepted')
        ) as metrics (metric)
),

united as (
    select
        period,
        metric,
        insights_sum,
        insights_count,
        before_sum,
        before_count,
        our_sum,
        our_count,
        differing_count
    from summed
    union all
    select
        period,
        metric,
        sum(case when is_before then 0 else insights_part end) as insights_sum,
        null as insights_count,
        sum(case when is_before then insights_part else 0 end) as before_sum,
        null as before_count,
        sum(case when is_before then 0 else our_part end) as our_sum,
        null as our_count,
        sum(
            case when not is_before and insights_part <> our_part then 1 else 0 end
        ) as differing_count
    from submissions
    group by period, metric
),

shown as (
    select
        period,
        metric,
        differing_count,
        case
            -- one decimal, as Insights shows it
            when metric = 'rating average'
                then
                    cast(
                        cast(cast(insights_sum as double) / insights_count as decimal(9, 1))
                        as double
                    )
            when metric = 'average duration' then cast(insights_sum as double) / insights_count
            when metric like 'rating%' then 100 * cast(insights_sum as double) / insights_count
            else cast(coalesce(insights_sum, 0) as double)
        end as insights_value,
        case
            when metric = 'rating average'
                then
                    cast(
                        cast(cast(before_sum as double) / before_count as decimal(9, 1)) as double
                    )
            when metric = 'average duration' then cast(before_sum as double) / before_count
            when metric like 'rating%' then 100 * cast(before_sum as double) / before_count
            else cast(coalesce(before_sum, 0) as double)
        end as insights_value_before,
        case
            when metric in ('rating average', 'average duration')
                then cast(our_sum as double) / our_count
            when metric like 'rating%' then 100 * cast(our_sum as double) / our_count
            else cast(coalesce(our_sum, 0) as double)
        end as our_value
    from united
)

select
    period, -- text; all time, or the first day of a month
    metric, -- text; the metric, named after what Insights calls it
    insights_value, -- number; Insights' definition; ratings over 3 and so on are percentages
    our_value, -- number; ours over the same period
    cast(differing_count as bigint) as differing_count, -- number; bookings that count differently
    case
        when period <> 'all time' then insights_value_before
    end as insights_value_before, -- number; in the period before, which shares a day
    case
        when period = 'all time' then null
        when coalesce(insights_value_before, 0) = 0
            then case when insights_value > 0 then cast(100 as double) else cast(0 as double) end
        else (insights_value - insights_value_before) / insights_value_before * 100
    end as insights_change_percent -- percent; of Insights: 100 where there was nothing before
from shown
