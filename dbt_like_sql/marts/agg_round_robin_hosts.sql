-- model: marts.agg_round_robin_hosts
-- description: Round-robin event types: how many meetings each host was given, against the share
--   that their weight promises, with and without meetings that nobody came to.
-- grain: period, event_type_id, host_id
-- materialized: table
-- time: months are local to the host
-- metric: share_rate = booking_count / group_booking_count; 0..1; NULL when nothing was given
-- metric: attended_share = attended_count / group_attended_count; 0..1; of meetings that anybody
--   came to
-- checks: expression(booking_count <= group_booking_count);
--   accepted_values(verdict: as weighted, more than weighted, fewer than weighted, not enough data)
-- decision: DECISIONS.md#round-robin-fairness

with

assigned as (
    select
        hosts.event_type_id,
        hosts.user_id as host_id,
        max(coalesce(hosts.weight, 100)) as weight
    from staging.stg_cal__event_type_hosts as hosts
    inner join marts.dim_event_types as event_types
        on hosts.event_type_id = event_types.event_type_id
    where event_types.scheduling_type = 'roundRobin' and not coalesce(hosts.is_mandatory, false)
    group by hosts.event_type_id, hosts.user_id
),

given as (
    select
        periods.period,
        counts.event_type_id,
        counts.host_id,
        sum(counts.past_accepted_count) as booking_count,
        sum(counts.past_accepted_count - counts.booking_full_no_show_count) as attended_count
    from marts.agg_bookings_by_host as counts
    inner join intermediate.int_cal__periods as periods
        on counts.start_month_date between periods.first_date and periods.last_date
    group by periods.period, counts.event_type_id, counts.host_id
),

joined as (
    select
        periods.period,
        assigned.event_type_id,
        assigned.host_id,
        assigned.weight,
        coalesce(given.booking_count, 0) as booking_count,
        coalesce(given.attended_count, 0) as attended_count
    from assigned
    cross join intermediate.int_cal__periods as periods
    left join given
        on
            periods.period = given.period
            and assigned.event_type_id = given.event_type_id
            and assigned.host_id = given.host_id
),

grouped as (
    select
        *,
        sum(booking_count) over (partition by period, event_type_id) as group_booking_count,
        sum(attended_count) over (partition by period, event_type_id) as group_attended_count,
        sum(weight) over (partition by period, event_type_id) as group_weight
    from joined
)

select
    period, -- text; all time or last 3 months
    event_type_id, -- id; see dim_event_types
    host_id, -- id; a host assigned now; see dim_hosts
    cast(weight as double) as weight, -- percent; 100 where Cal.com states none
    cast(booking_count as bigint) as booking_count, -- number; accepted and ended meetings
    cast(group_booking_count as bigint) as group_booking_count, -- number; n: of all assigned hosts
    cast(booking_count as double)
    / nullif(group_booking_count, 0) as share_rate, -- 0..1; share of the meetings
    wilson_low(booking_count, group_booking_count) as share_rate_low, -- 0..1; 95 % interval
    wilson_high(booking_count, group_booking_count) as share_rate_high, -- 0..1; 95 % interval
    cast(weight as double) / nullif(group_weight, 0) as weight_share, -- 0..1; what weights promise
    cast(attended_count as bigint) as attended_count, -- number; of the meetings, anybody came
    cast(group_attended_count as bigint) as group_attended_count, -- number; n: of all of them
    cast(attended_count as double)
    / nullif(group_attended_count, 0) as attended_share, -- 0..1; share without full no-shows
    wilson_low(
        attended_count, group_attended_count
    ) as attended_share_low, -- 0..1; 95 % interval
    wilson_high(
        attended_count, group_attended_count
    ) as attended_share_high, -- 0..1; 95 % interval
    case
        when group_booking_count < 20 then 'not enough data'
        when
            cast(weight as double) / nullif(group_weight, 0)
            < wilson_low(booking_count, group_booking_count)
            then 'more than weighted'
        when
            cast(weight as double) / nullif(group_weight, 0)
            > wilson_high(booking_count, group_booking_count)
            then 'fewer than weighted'
        else 'as weighted'
    end as verdict -- text; as weighted, more, fewer, or not enough data
from grouped
