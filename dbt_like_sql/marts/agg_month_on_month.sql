-- model: marts.agg_month_on_month
-- description: Every rate of the account by month, beside the month before over as many days, and
--   whether the difference is more than chance.
-- grain: metric, month_start_date
-- materialized: table
-- sources: marts.agg_rates
-- time: month_start_date is the first of a month in the hosts' zones
-- metric: rate = numerator / denominator; 0..1; of the month's days that are compared
-- metric: difference = rate - rate of the month before; -1..1; NULL when there is none
-- checks: accepted_values(change: up, down, not clear, not enough data)
-- decision: DECISIONS.md#comparable-months
-- decision: DECISIONS.md#intervals-and-evidence

with

paired as (
    select
        this_month.metric,
        cast(this_month.dimension_value as date) as month_start_date,
        this_month.numerator,
        this_month.denominator,
        this_month.rate,
        this_month.rate_low,
        this_month.rate_high,
        last_month.numerator as numerator_before,
        last_month.denominator as denominator_before,
        last_month.rate as rate_before,
        last_month.rate_low as rate_low_before,
        last_month.rate_high as rate_high_before,
        coalesce(
            this_month.evidence = 'enough' and last_month.evidence = 'enough', false
        ) as has_evidence,
        this_month.rate - last_month.rate as difference
    from marts.agg_rates as this_month
    left join marts.agg_rates as last_month
        on
            this_month.metric = last_month.metric
            and this_month.dimension_value = last_month.dimension_value
            and last_month.period = 'month before'
    where this_month.period = 'month'
)

select
    metric, -- text; the rate's name, see agg_rates
    month_start_date, -- date; the month
    numerator, -- number; in the month's days that are compared
    denominator, -- number; likewise; n
    rate, -- 0..1; the share
    rate_low, -- 0..1; lower end of the 95 % interval
    rate_high, -- 0..1; upper end of the 95 % interval
    numerator_before, -- number; in as many days of the month before
    denominator_before, -- number; likewise
    rate_before, -- 0..1; the share in the month before; NULL: nothing was counted
    difference, -- -1..1; rate minus rate_before
    case
        when not has_evidence then 'not enough data'
        -- Newcombe's interval of a difference of two shares leaves out 0
        when
            difference > 0
            and difference * difference
            > (rate - rate_low) * (rate - rate_low)
            + (rate_high_before - rate_before) * (rate_high_before - rate_before)
            then 'up'
        when
            difference < 0
            and difference * difference
            > (rate_high - rate) * (rate_high - rate)
            + (rate_before - rate_low_before) * (rate_before - rate_low_before)
            then 'down'
        else 'not clear'
    end as change, -- text; up, down, not clear (chance can explain it) or not enough data
    rate_low_before as rate_before_low, -- 0..1; lower end of the 95 % interval of rate_before
    rate_high_before as rate_before_high -- 0..1; upper end of it
from paired
