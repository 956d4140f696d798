-- model: marts.agg_event_type_host_minutes
-- description: What meetings cost in hosts' time, by event type and local day of the start: minutes
--   once per booking, and once per person of the hosting side who has to be there.
-- grain: event_type_id, start_date
-- materialized: incremental_by_key
-- partition: event_type_id, start_date
-- touched: marts.fct_bookings(event_type_id, start_date)
-- time: start_date is in the zone of the booking's host
-- metric: booking_minutes = accepted bookings; minutes; each once
-- metric: host_minutes = the same, times host, co-hosts and members; minutes
-- metric: hosts_per_booking = host_count / booking_count; number; 1 where nobody shares the work
-- checks: expression(host_minutes >= booking_minutes)
-- decision: DECISIONS.md#utilisation

with

carried as (
    select
        event_type_id,
        start_date,
        duration_minutes,
        1 + co_host_count + member_count as host_count
    from marts.fct_bookings
    where status = 'accepted' and start_at < end_at
),

summed as (
    select
        event_type_id,
        start_date,
        count(*) as booking_count,
        sum(host_count) as host_count,
        sum(duration_minutes) as booking_minutes,
        sum(duration_minutes * host_count) as host_minutes
    from carried
    group by event_type_id, start_date
)

select
    event_type_id, -- id; see dim_event_types
    start_date, -- date; local day in the host's zone
    cast(booking_count as bigint) as booking_count, -- number; n: accepted bookings
    cast(host_count as bigint) as host_count, -- number; hosts of them, each booking's
    booking_minutes, -- minutes; each booking once
    host_minutes, -- minutes; once per host
    cast(host_count as double) / nullif(booking_count, 0) as hosts_per_booking -- number; mean
from summed
