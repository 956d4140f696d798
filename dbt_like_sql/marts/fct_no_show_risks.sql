-- model: marts.fct_no_show_risks
-- description: One row per upcoming accepted booking: the risk that an attendee is marked absent,
--   by the scorecard. Heed the verdict before acting on it.
-- grain: booking_uid
-- materialized: table
-- time: all *_at columns are UTC; start_date is local to the host
-- checks: relationships(booking_uid -> marts.fct_bookings.booking_uid)
-- decision: DECISIONS.md#no-show-risk

select
    features.booking_uid, -- text; the booking
    features.host_id, -- id; see dim_hosts
    features.event_type_id, -- id; see dim_event_types
    features.start_at, -- UTC; start
    features.start_date, -- date; local day of the start
    features.lead_time_band, -- text; from booking to start
    features.attendee_history, -- text; what the booker did in earlier meetings
    features.earlier_meeting_count, -- number; earlier meetings of the booker
    features.earlier_no_show_count, -- number; of them missed
    cast(risks.risk as double) as risk, -- 0..1; of an absent attendee, if absences get marked
    cast(risks.base_risk as double) as base_risk, -- 0..1; of any booking
    rank() over (order by risks.risk desc) as place, -- number; 1 has the highest risk
    evaluation.verdict -- text; how the scorecard did on the last 90 days
from marts.fct_booking_features as features
inner join intermediate.int_cal__no_show_risks as risks
    on
        features.lead_time_band = risks.lead_time_band
        and features.attendee_history = risks.attendee_history
        and risks.learnt_from = 'everything'
cross join marts.agg_no_show_evaluation as evaluation
where features.outcome = 'upcoming'
