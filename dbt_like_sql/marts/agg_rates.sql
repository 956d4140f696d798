-- model: marts.agg_rates
-- description: Every rate with its counts, 95 % interval, evidence and place, per period and
--   dimension. Choose one metric, period and dimension; values of different ones must not be added.
-- grain: metric, period, dimension, dimension_value
-- materialized: table
-- time: months, days and hours are local to the host
-- metric: rate = numerator / denominator; 0..1; see DECISIONS.md for each metric
-- metric: rate_low = lower end of the 95 % Wilson interval; 0..1
-- metric: rate_high = upper end of the 95 % Wilson interval; 0..1
-- metric: shrunk_rate = numerator / denominator; 0..1; drawn to the overall rate by 20 observations
-- checks: expression(denominator > 0); expression(numerator <= denominator);
--   expression(rate_low <= rate and rate <= rate_high);
--   accepted_values(evidence: enough, not enough data)
-- decision: DECISIONS.md#rates
-- decision: DECISIONS.md#intervals-and-evidence

with

overall as (
    select
        metric,
        period,
        cast(numerator as double) / denominator as rate
    from intermediate.int_cal__rate_counts
    where dimension = 'all'
),

shrunk as (
    select
        counts.*,
        (
            counts.numerator + 20 * coalesce(same_period.rate, all_time.rate)
        ) / (counts.denominator + 20) as shrunk_rate,
        case counts.dimension
            when 'host' then hosts.name
            when 'event type' then event_types.title
            when 'team' then teams.name
            when 'routing form' then forms.name
        end as label
    from intermediate.int_cal__rate_counts as counts
    left join overall as same_period
        on counts.metric = same_period.metric and counts.period = same_period.period
    left join overall as all_time
        on counts.metric = all_time.metric and all_time.period = 'all time'
    left join marts.dim_hosts as hosts
        on counts.dimension = 'host' and counts.dimension_value = cast(hosts.host_id as varchar)
    left join marts.dim_event_types as event_types
        on
            counts.dimension = 'event type'
            and counts.dimension_value = cast(event_types.event_type_id as varchar)
    left join marts.dim_teams as teams
        on counts.dimension = 'team' and counts.dimension_value = cast(teams.team_id as varchar)
    left join staging.stg_cal__routing_forms as forms
        on counts.dimension = 'routing form' and counts.dimension_value = forms.routing_form_id
)

select
    metric, -- text; the rate's name
    period, -- text; all time, last 3 months, month or month before
    dimension, -- text; what the value is of
    dimension_value, -- text; value or id
    coalesce(label, dimension_value) as dimension_label, -- text; the value for people
    numerator, -- number; what has the property
    denominator, -- number; what could have it
    sample_count, -- number; n
    cast(numerator as double) / denominator as rate, -- 0..1; the share
    wilson_low(numerator, denominator) as rate_low, -- 0..1; lower end of the 95 % interval
    wilson_high(numerator, denominator) as rate_high, -- 0..1; upper end of the 95 % interval
    case
        when sample_count >= 20 then 'enough' else 'not enough data'
    end as evidence, -- text; not enough data: show no rate, n is below 20
    shrunk_rate, -- 0..1; drawn towards the overall rate the more, the smaller n; rank by this
    rank() over (
        partition by metric, period, dimension order by shrunk_rate desc
    ) as place -- number; 1 has the highest shrunk rate
from shrunk
