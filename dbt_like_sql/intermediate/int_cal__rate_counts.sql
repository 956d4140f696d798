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
            when 'seat fill' then slices.seat_filled_count
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
            when 'seat fill' then slices.seat_offered_count
        end as denominator
    from intermediate.int_cal__booking_slices as slices
    cross join
        (
            values
            ('attendee no-show'), ('booking no-show'), ('full no-show'), ('host no-show'),
            ('any no-show'), ('no-show where marked'), ('marking coverage'), ('cancellation'),
            ('late cancellation'), ('cancellation by attendee'), ('cancellation by host'),
            ('rejection'), ('unanswered'), ('reschedule'), ('repeat booking'),
            ('rating response'), ('rating over 3'), ('rating 3 or more'), ('seat fill')
        ) as metrics (metric)
)

select
    metric, -- text; the rate's name
    period, -- text; all time, last 3 months, month or month before
    dimension, -- text; what the value is of
    dimension_value, -- text; value or id
    numerator, -- number; what has the property
    denominator, -- number; what could have it
    case
        when metric in ('attendee no-show', 'seat fill') then past_accepted_count
        else denominator
    end as sample_count -- number; n: independent observations, bookings where people are counted
from counts
where denominator > 0
