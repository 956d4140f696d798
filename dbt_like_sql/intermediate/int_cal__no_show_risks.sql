-- model: intermediate.int_cal__no_show_risks
-- description: The scorecard's risk for every pair of lead time and attendee history.
-- grain: learnt_from, lead_time_band, attendee_history
-- materialized: table
-- checks: expression(risk > 0 and risk < 1)
-- decision: DECISIONS.md#no-show-risk

with

bases as (
    select
        learnt_from,
        odds,
        risk
    from marts.agg_no_show_scorecard
    where factor = 'base'
),

-- values that only bookings to come have are known to be no better and no worse
pairs as (
    select
        bases.learnt_from,
        bases.odds,
        bases.risk as base_risk,
        lead_times.lead_time_band,
        histories.attendee_history
    from bases
    cross join
        (select distinct lead_time_band from marts.agg_bookings_by_circumstance) as lead_times
    cross join
        (select distinct attendee_history from marts.agg_bookings_by_circumstance) as histories
),

multiplied as (
    select
        pairs.learnt_from,
        pairs.lead_time_band,
        pairs.attendee_history,
        pairs.base_risk,
        pairs.odds
        * coalesce(lead_times.odds_ratio, 1)
        * coalesce(histories.odds_ratio, 1) as odds
    from pairs
    left join marts.agg_no_show_scorecard as lead_times
        on
            pairs.learnt_from = lead_times.learnt_from
            and lead_times.factor = 'lead time'
            and pairs.lead_time_band = lead_times.factor_value
    left join marts.agg_no_show_scorecard as histories
        on
            pairs.learnt_from = histories.learnt_from
            and histories.factor = 'attendee history'
            and pairs.attendee_history = histories.factor_value
)

select
    learnt_from, -- text; as in agg_no_show_scorecard
    lead_time_band, -- text; from booking to start
    attendee_history, -- text; what the booker did before
    -- six digits, so that sums of squares are the same on every engine
    cast(odds / (1 + odds) as decimal(9, 6)) as risk, -- 0..1; of an absent attendee
    cast(base_risk as decimal(9, 6)) as base_risk -- 0..1; the same for everybody
from multiplied
