-- model: marts.agg_no_show_evaluation
-- description: One row: whether the scorecard foretells no-shows of the last 90 days better than
--   the base rate of the time before.
-- grain: test_start_date
-- materialized: table
-- checks: accepted_values(verdict: better than the base rate, no better than the base rate,
--   not enough data)
-- decision: DECISIONS.md#no-show-risk

with

learnt as (
    select
        booking_count as learnt_count,
        no_show_count as learnt_no_show_count
    from marts.agg_no_show_scorecard
    where learnt_from = 'before the test' and factor = 'base'
),

-- squared errors of the base rate less those of the scorecard, of a no-show and of none
cells as (
    select
        counts.booking_no_show_count as missed,
        counts.past_accepted_count - counts.booking_no_show_count as met,
        cast((1 - risks.risk) * (1 - risks.risk) as decimal(18, 12)) as error_missed,
        cast(risks.risk * risks.risk as decimal(18, 12)) as error_met,
        cast((1 - risks.base_risk) * (1 - risks.base_risk) as decimal(18, 12)) as base_missed,
        cast(risks.base_risk * risks.base_risk as decimal(18, 12)) as base_met
    from marts.agg_bookings_by_circumstance as counts
    inner join intermediate.int_cal__no_show_risks as risks
        on
            counts.lead_time_band = risks.lead_time_band
            and counts.attendee_history = risks.attendee_history
            and risks.learnt_from = 'before the test'
    where
        counts.past_accepted_count > 0
        and counts.start_date >= add_days(utc_day(:as_of), -90)
),

summed as (
    select
        coalesce(sum(missed + met), 0) as test_count,
        coalesce(sum(missed), 0) as test_no_show_count,
        cast(sum(missed * error_missed + met * error_met) as double) as error_sum,
        cast(sum(missed * base_missed + met * base_met) as double) as base_error_sum,
        cast(
            sum(
                missed
                * cast(
                    (base_missed - error_missed) * (base_missed - error_missed) as decimal(18, 12)
                )
                + met * cast((base_met - error_met) * (base_met - error_met) as decimal(18, 12))
            ) as double
        ) as gain_square_sum
    from cells
),

joined as (
    select
        summed.*,
        coalesce(learnt.learnt_count, 0) as learnt_count,
        coalesce(learnt.learnt_no_show_count, 0) as learnt_no_show_count,
        summed.base_error_sum - summed.error_sum as gain_sum
    from summed
    left join learnt on summed.test_count >= 0
)

select
    add_days(utc_day(:as_of), -90) as test_start_date, -- date; local day from which it is tested
    cast(learnt_count as bigint) as learnt_count, -- number; bookings it was learnt from
    cast(learnt_no_show_count as bigint) as learnt_no_show_count, -- number; of them no-shows
    cast(test_count as bigint) as test_count, -- number; n: bookings it was tested on
    cast(test_no_show_count as bigint) as test_no_show_count, -- number; of them no-shows
    error_sum / nullif(test_count, 0) as brier_score, -- 0..1; mean squared error; less is better
    base_error_sum / nullif(test_count, 0) as base_brier_score, -- 0..1; that of the base rate
    gain_sum / nullif(base_error_sum, 0) as brier_skill, -- up to 1; share of the base's error saved
    case
        when learnt_count < 200 or learnt_no_show_count < 20 or test_count < 100
            then 'not enough data'
        -- the mean gain per booking is above 0 by more than chance explains (95 %)
        when
            gain_sum > 0
            and gain_sum * gain_sum
            > 3.84 * (gain_square_sum - gain_sum * gain_sum / test_count)
            then 'better than the base rate'
        else 'no better than the base rate'
    end as verdict -- text; better than the base rate, no better, or not enough data
from joined
