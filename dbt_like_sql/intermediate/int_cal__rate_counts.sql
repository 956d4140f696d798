-- model: intermediate.int_cal__rate_counts
-- description: Numerator and denominator of every rate, in long form; what is not counted anywhere
--   has no row.
-- grain: metric, period, dimension, dimension_value
-- materialized: table
-- decision: DECISIONS.md#rates

with

counts as (
    select
        metrics.metric,
        slices.period,
        slices.dimension,
        slices.dimension_value,
        slices.past_accepted_count,
        case metrics.metric
            when 'attendee no-show' then slices.attendee_no_show_count
            when 'booking no-show' then slices.booking_no_show_count
            when 'full no-show' then slices.booking_full_no_show_count
            when 'host no-show' then slices.host_no_show_count
            when 'any no-show' then slices.any_no_show_count
            when 'no-show where marked' then slices.any_no_show_count
            when 'marking coverage' then slices.covered_count
            when 'cancellation' then slices.cancelled_count
            when 'late cancellation' then slices.late_cancelled_count
            when 'cancellation by attendee' then slices.attendee_cancelled_count
            when 'cancellation by host' then slices.host_cancelled_count
            when 'rejection' then slices.rejected_count
            when 'unanswered' then slices.expired_count
            when 'reschedule' then slices.moved_count
            when 'repeat booking' then slices.repeat_count
            when 'rating response' then slices.rated_count
            when 'rating over 3' then slices.rating_over_3_count
            when 'rating 3 or more' then slices.rating_3_or_more_count
        end as numerator,
        case metrics.metric
            when 'attendee no-show' then slices.attendee_count
            when 'booking no-show' then slices.past_accepted_count
            when 'full no-show' then slices.past_accepted_count
            when 'host no-show' then slices.past_accepted_count
            when 'any no-show' then slices.past_accepted_count
            when 'no-show where marked' then slices.covered_count
            when 'marking coverage' then slices.past_accepted_count
            when 'cancellation' then slices.due_count
            when 'late cancellation' then slices.due_count
            when 'cancellation by attendee' then slices.due_count
            when 'cancellation by host' then slices.due_count
            when 'rejection' then slices.decided_count
            when 'unanswered' then slices.decided_count
            when 'reschedule' then slices.chain_start_count
            when 'repeat booking' then slices.known_booker_count
            when 'rating response' then slices.past_accepted_count
            when 'rating over 3' then slices.rated_count
            when 'rating 3 or more' then slices.rated_count
        end as denominator
    from intermediate.int_cal__booking_slices as slices
    cross join
        (
            values
            ('attendee no-show'), ('booking no-show'), ('full no-show'), ('host no-show'),
            ('any no-show'), ('no-show where marked'), ('marking coverage'), ('cancellation'),
            ('late cancellation'), ('cancellation by attendee'), ('cancellation by host'),
            ('rejection'), ('unanswered'), ('reschedule'), ('repeat booking'),
            ('rating response'), ('rating over 3'), ('rating 3 or more')
        ) as metrics (metric)
),

seats as (
    select
        periods.period,
        dimensions.dimension,
        case dimensions.dimension
            when 'host' then cast(counts.host_id as varchar)
            when 'event type' then cast(counts.event_type_id as varchar)
            when 'team' then coalesce(cast(event_types.team_id as varchar), 'personal')
            else 'all'
        end as dimension_value,
        sum(counts.seat_filled_count) as seat_filled_count,
        sum(counts.seat_offered_count) as seat_offered_count,
        sum(counts.meeting_count) as meeting_count
    from marts.agg_seat_fill as counts
    inner join marts.dim_event_types as event_types
        on counts.event_type_id = event_types.event_type_id
    inner join intermediate.int_cal__periods as periods
        on counts.start_month_date between periods.first_date and periods.last_date
    cross join
        (
            values ('all'), ('host'), ('event type'), ('team')
        ) as dimensions (dimension)
    group by
        periods.period,
        dimensions.dimension,
        case dimensions.dimension
            when 'host' then cast(counts.host_id as varchar)
            when 'event type' then cast(counts.event_type_id as varchar)
            when 'team' then coalesce(cast(event_types.team_id as varchar), 'personal')
            else 'all'
        end
),

cancellations as (
    select
        periods.period,
        dimensions.dimension,
        case
            when dimensions.dimension = 'cancelled by' then counts.cancelled_by
            else counts.notice_band
        end as dimension_value,
        sum(counts.due_cancelled_count) as cancelled_count
    from marts.agg_cancellations as counts
    inner join intermediate.int_cal__periods as periods
        on counts.start_month_date between periods.first_date and periods.last_date
    cross join (values ('cancelled by'), ('notice')) as dimensions (dimension)
    where counts.due_cancelled_count > 0
    group by
        periods.period,
        dimensions.dimension,
        case
            when dimensions.dimension = 'cancelled by' then counts.cancelled_by
            else counts.notice_band
        end
),

chains as (
    select
        periods.period,
        dimensions.dimension,
        case
            when dimensions.dimension = 'all' then 'all'
            when counts.move_count >= 4 then '4 or more'
            else cast(counts.move_count as varchar)
        end as dimension_value,
        sum(case when counts.outcome = 'held' then counts.due_chain_count else 0 end) as held_count,
        sum(counts.due_chain_count) as due_count
    from marts.agg_reschedule_chains as counts
    inner join intermediate.int_cal__periods as periods
        on counts.start_month_date between periods.first_date and periods.last_date
    cross join (values ('all'), ('moves')) as dimensions (dimension)
    where counts.outcome in ('held', 'no_show', 'cancelled')
    group by
        periods.period,
        dimensions.dimension,
        case
            when dimensions.dimension = 'all' then 'all'
            when counts.move_count >= 4 then '4 or more'
            else cast(counts.move_count as varchar)
        end
),

submissions as (
    select
        metrics.metric,
        periods.period,
        dimensions.dimension,
        case
            when dimensions.dimension = 'all' then 'all' else responses.routing_form_id
        end as dimension_value,
        sum(
            case
                when metrics.metric = 'routing booked' and responses.is_booked then 1
                when metrics.metric = 'routing accepted' and responses.is_accepted then 1
                when metrics.metric = 'routing held' and responses.is_held then 1
                else 0
            end
        ) as step_count,
        count(*) as submission_count
    from marts.fct_routing_form_responses as responses
    inner join intermediate.int_cal__periods as periods
        on responses.submitted_date between periods.first_date and periods.last_date
    cross join (values ('all'), ('routing form')) as dimensions (dimension)
    cross join
        (
            values ('routing booked'), ('routing accepted'), ('routing held')
        ) as metrics (metric)
    group by
        metrics.metric,
        periods.period,
        dimensions.dimension,
        case when dimensions.dimension = 'all' then 'all' else responses.routing_form_id end
),

answers as (
    select
        metrics.metric,
        periods.period,
        dimensions.dimension,
        case dimensions.dimension
            when 'host' then cast(requests.host_id as varchar)
            when 'event type' then cast(requests.event_type_id as varchar)
            else 'all'
        end as dimension_value,
        sum(
            case
                when requests.in_time = 'yes' then 1
                when
                    requests.in_time = 'unknown' and metrics.metric = 'answered in time, at most'
                    then 1
                else 0
            end
        ) as answered_count,
        count(*) as request_count
    from marts.fct_confirmations as requests
    inner join intermediate.int_cal__periods as periods
        on requests.requested_date between periods.first_date and periods.last_date
    cross join (values ('all'), ('host'), ('event type')) as dimensions (dimension)
    cross join
        (
            values ('answered in time, at least'), ('answered in time, at most')
        ) as metrics (metric)
    where requests.in_time in ('yes', 'no', 'unknown')
    group by
        metrics.metric,
        periods.period,
        dimensions.dimension,
        case dimensions.dimension
            when 'host' then cast(requests.host_id as varchar)
            when 'event type' then cast(requests.event_type_id as varchar)
            else 'all'
        end
),

united as (
    select
        metric,
        period,
        dimension,
        dimension_value,
        numerator,
        denominator,
        case
            when metric = 'attendee no-show' then past_accepted_count else denominator
        end as sample_count
    from counts
    union all
    select
        'seat fill' as metric,
        period,
        dimension,
        dimension_value,
        seat_filled_count as numerator,
        seat_offered_count as denominator,
        meeting_count as sample_count
    from seats
    union all
    select
        'share of cancellations' as metric,
        period,
        dimension,
        dimension_value,
        cancelled_count as numerator,
        sum(cancelled_count) over (partition by period, dimension) as denominator,
        sum(cancelled_count) over (partition by period, dimension) as sample_count
    from cancellations
    union all
    select
        'held in the end' as metric,
        period,
        dimension,
        dimension_value,
        held_count as numerator,
        due_count as denominator,
        due_count as sample_count
    from chains
    union all
    select
        metric,
        period,
        dimension,
        dimension_value,
        step_count as numerator,
        submission_count as denominator,
        submission_count as sample_count
    from submissions
    union all
    select
        metric,
        period,
        dimension,
        dimension_value,
        answered_count as numerator,
        request_count as denominator,
        request_count as sample_count
    from answers
)

select
    metric, -- text; the rate's name
    period, -- text; all time, last 3 months, month or month before
    dimension, -- text; what the value is of
    dimension_value, -- text; value or id
    cast(numerator as bigint) as numerator, -- number; what has the property
    cast(denominator as bigint) as denominator, -- number; what could have it
    cast(sample_count as bigint) as sample_count -- number; n: bookings where people are counted
from united
where denominator > 0
