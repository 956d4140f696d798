-- model: marts.agg_no_show_scorecard
-- description: The scorecard of no-show risk: how much each lead time and each attendee history
--   raises or lowers the odds, learnt from everything and, for the test, from what came before it.
-- grain: learnt_from, factor, factor_value
-- materialized: table
-- sources: marts.agg_bookings_by_circumstance
-- metric: no_show_rate = no_show_count / booking_count; 0..1; any attendee absent
-- checks: accepted_values(learnt_from: everything, before the test); expression(odds > 0)
-- decision: DECISIONS.md#no-show-risk

with

counts as (
    select
        lead_time_band,
        attendee_history,
        past_accepted_count,
        booking_no_show_count,
        start_date < add_days(utc_day(:as_of), -90) as is_before_test
    from marts.agg_bookings_by_circumstance
    where past_accepted_count > 0
),

summed as (
    select
        samples.learnt_from,
        factors.factor,
        case factors.factor
            when 'lead time' then counts.lead_time_band
            when 'attendee history' then counts.attendee_history
            else 'all'
        end as factor_value,
        sum(counts.past_accepted_count) as booking_count,
        sum(counts.booking_no_show_count) as no_show_count
    from counts
    inner join (values ('everything'), ('before the test')) as samples (learnt_from)
        on samples.learnt_from = 'everything' or counts.is_before_test
    cross join (values ('base'), ('lead time'), ('attendee history')) as factors (factor)
    group by
        samples.learnt_from,
        factors.factor,
        case factors.factor
            when 'lead time' then counts.lead_time_band
            when 'attendee history' then counts.attendee_history
            else 'all'
        end
),

-- half a case more of either kind, so that odds are finite
bases as (
    select
        learnt_from,
        (cast(no_show_count as double) + 0.5) / (booking_count + 1) as base_risk
    from summed
    where factor = 'base'
),

risks as (
    select
        summed.*,
        bases.base_risk,
        case
            when summed.factor = 'base' then bases.base_risk
            else (summed.no_show_count + 20 * bases.base_risk) / (summed.booking_count + 20)
        end as risk
    from summed
    inner join bases on summed.learnt_from = bases.learnt_from
)

select
    learnt_from, -- text; everything, or what started before the last 90 days: before the test
    factor, -- text; base, lead time or attendee history
    factor_value, -- text; its value; all for base
    cast(booking_count as bigint) as booking_count, -- number; n: accepted and ended
    cast(no_show_count as bigint) as no_show_count, -- number; of them with an attendee absent
    cast(no_show_count as double)
    / nullif(booking_count, 0) as no_show_rate, -- 0..1; as counted
    wilson_low(no_show_count, booking_count) as no_show_rate_low, -- 0..1; end of the 95 % interval
    wilson_high(no_show_count, booking_count) as no_show_rate_high, -- 0..1; the other end
    risk, -- 0..1; drawn to the base by 20 observations
    risk / (1 - risk) as odds, -- number; of a no-show against none, at the drawn rate
    case
        when factor = 'base' then cast(1 as double)
        else risk / (1 - risk) / (base_risk / (1 - base_risk))
    end as odds_ratio -- number; by how much the value multiplies the base's odds
from risks
