-- model: marts.agg_no_show_calibration
-- description: How the scorecard did on the last 90 days, which it had not seen: foretold and
--   observed no-shows by risk band. agg_no_show_evaluation sums it up.
-- grain: risk_band
-- materialized: table
-- metric: observed_rate = no_show_count / booking_count; 0..1; any attendee absent
-- checks: expression(booking_count > 0)
-- decision: DECISIONS.md#no-show-risk

with

cells as (
    select
        risks.risk,
        case
            when risks.risk < 0.05 then 'under 5 %'
            when risks.risk < 0.1 then '5 to 10 %'
            when risks.risk < 0.2 then '10 to 20 %'
            when risks.risk < 0.4 then '20 to 40 %'
            else '40 % or more'
        end as risk_band,
        counts.past_accepted_count,
        counts.booking_no_show_count
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
        risk_band,
        sum(past_accepted_count) as booking_count,
        sum(booking_no_show_count) as no_show_count,
        sum(past_accepted_count * risk) as foretold_count
    from cells
    group by risk_band
)

select
    risk_band, -- text; risk that the scorecard gave
    cast(booking_count as bigint) as booking_count, -- number; n: accepted and ended
    cast(foretold_count as double) / booking_count as foretold_risk, -- 0..1; mean of the risks
    cast(no_show_count as bigint) as no_show_count, -- number; with an attendee absent
    cast(no_show_count as double) / booking_count as observed_rate, -- 0..1; what came to pass
    wilson_low(no_show_count, booking_count) as observed_rate_low, -- 0..1; end of the 95 % interval
    wilson_high(no_show_count, booking_count) as observed_rate_high, -- 0..1; the other end
    case
        when booking_count < 20 then 'not enough data'
        when
            cast(foretold_count as double) / booking_count
            between wilson_low(no_show_count, booking_count)
            and wilson_high(no_show_count, booking_count)
            then 'as foretold'
        when cast(foretold_count as double) > no_show_count then 'fewer than foretold'
        else 'more than foretold'
    end as verdict -- text; as foretold, fewer, more, or not enough data
from summed
