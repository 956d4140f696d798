-- model: marts.agg_round_robin_fairness
-- description: One number per round-robin event type: the Gini coefficient of meetings per weight,
--   0 when everybody has what their weight promises, near 1 when one host has all.
-- grain: period, event_type_id
-- materialized: table
-- metric: gini = half the mean difference of meetings per weight between two hosts / their mean;
--   0..1; NULL when nothing was given
-- metric: attended_gini = the same without meetings that nobody came to; 0..1
-- checks: expression(gini is null or (gini >= 0 and gini < 1));
--   accepted_values(evidence: enough, not enough data)
-- decision: DECISIONS.md#round-robin-fairness

with

loads as (
    select
        period,
        event_type_id,
        host_id,
        booking_count,
        attended_count,
        -- digits are cut so that sums are the same on every engine
        cast(booking_count / weight as decimal(18, 6)) as booking_load,
        cast(attended_count / weight as decimal(18, 6)) as attended_load
    from marts.agg_round_robin_hosts
    where weight > 0
),

totals as (
    select
        period,
        event_type_id,
        count(*) as host_count,
        sum(booking_count) as booking_count,
        sum(attended_count) as attended_count,
        sum(booking_load) as booking_load,
        sum(attended_load) as attended_load
    from loads
    group by period, event_type_id
),

differences as (
    select
        a.period,
        a.event_type_id,
        sum(abs(a.booking_load - b.booking_load)) as booking_difference,
        sum(abs(a.attended_load - b.attended_load)) as attended_difference
    from loads as a
    inner join loads as b on a.period = b.period and a.event_type_id = b.event_type_id
    group by a.period, a.event_type_id
)

select
    totals.period, -- text; all time or last 3 months
    totals.event_type_id, -- id; see dim_event_types
    cast(totals.host_count as bigint) as host_count, -- number; hosts with a weight above 0
    cast(totals.booking_count as bigint) as booking_count, -- number; n: accepted, ended meetings
    cast(differences.booking_difference as double)
    / nullif(
        2 * cast(totals.host_count as double) * cast(totals.booking_load as double), 0
    ) as gini, -- 0..1; 0 is even
    cast(totals.attended_count as bigint) as attended_count, -- number; meetings anybody came to
    cast(differences.attended_difference as double)
    / nullif(
        2 * cast(totals.host_count as double) * cast(totals.attended_load as double), 0
    ) as attended_gini, -- 0..1; without full no-shows
    case
        when totals.booking_count < 20 then 'not enough data' else 'enough'
    end as evidence -- text; below 20 meetings chance alone makes it uneven
from totals
inner join differences
    on
        totals.period = differences.period
        and totals.event_type_id = differences.event_type_id
