-- model: marts.agg_durations
-- description: Lead time, length, notice of cancellations and time to confirm by month: mean and
--   quantiles, overall, by host and by event type. Quantiles cannot be added up.
-- grain: month_start_date, measure, dimension, dimension_value
-- materialized: incremental_by_time
-- partition: month_start_date
-- touched: marts.fct_booking_features(start_month_date)
-- touched: marts.fct_confirmations(requested_month_date)
-- time: months go by the local start, of time to confirm by the day of asking in UTC
-- checks: expression(p10_minutes <= p50_minutes and p50_minutes <= p90_minutes);
--   accepted_values(evidence: enough, not enough data)
-- decision: DECISIONS.md#durations

with

durations as (
    select
        measures.measure,
        features.start_month_date as month_start_date,
        features.host_id,
        features.event_type_id,
        case measures.measure
            when 'lead time' then features.lead_time_minutes
            when 'length' then features.duration_minutes
            else features.notice_minutes
        end as value_minutes
    from marts.fct_booking_features as features
    inner join (values ('lead time'), ('length'), ('notice')) as measures (measure)
        on
            (measures.measure = 'lead time' and features.is_chain_start)
            or (measures.measure = 'length' and features.is_past_accepted)
            or (measures.measure = 'notice' and features.outcome = 'cancelled')
    union all
    select
        'time to confirm' as measure,
        requested_month_date as month_start_date,
        host_id,
        event_type_id,
        answer_minutes as value_minutes
    from marts.fct_confirmations
    where known_how = 'exactly'
),

placed as (
    select
        durations.*,
        dimensions.dimension,
        case dimensions.dimension
            when 'host' then cast(durations.host_id as varchar)
            when 'event type' then cast(durations.event_type_id as varchar)
            else 'all'
        end as dimension_value
    from durations
    cross join (values ('all'), ('host'), ('event type')) as dimensions (dimension)
    where durations.value_minutes is not null
),

-- every engine rounds alike: milliseconds in minutes never end in a half at the seventh digit, and
-- quantiles of whole minutes are equal to the last bit
grouped as (
    select
        month_start_date,
        measure,
        dimension,
        dimension_value,
        count(*) as value_count,
        sum(cast(value_minutes as decimal(18, 6))) as minutes_sum,
        spread_of(cast(value_minutes as decimal(18, 0))) as spread
    from placed
    group by month_start_date, measure, dimension, dimension_value
)

select
    month_start_date, -- date; first of the month
    measure, -- text; lead time, length, notice or time to confirm
    dimension, -- text; all, host or event type
    dimension_value, -- text; all or the id
    value_count, -- number; n: bookings
    cast(minutes_sum as double) / value_count as mean_minutes, -- minutes; mean
    spread_at(spread, 1) as p10_minutes, -- minutes; one in ten is shorter; of whole minutes
    spread_at(spread, 2) as p50_minutes, -- minutes; median of whole minutes
    spread_at(spread, 3) as p90_minutes, -- minutes; one in ten is longer; of whole minutes
    case
        when value_count < 20 then 'not enough data' else 'enough'
    end as evidence -- text; not enough data: n is below 20
from grouped
