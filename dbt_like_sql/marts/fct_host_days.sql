-- model: marts.fct_host_days
-- description: Capacity: one row per known host and local day, with the time that could be booked
--   and where that is known from.
-- grain: host_id, local_date
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- touched: intermediate.int_cal__host_days(host_id, local_date)
-- moments: intermediate.int_cal__host_days.day_end_at
-- time: local_date is a day in time_zone, the zone of the host's schedule on that day; *_at columns
--   are UTC
-- metric: available_minutes = working hours of that day's version of the schedule, or the date's
--   overrides, without days out of office; minutes; overlaps once; NULL: not known
-- checks: relationships(host_id -> marts.dim_hosts.host_id);
--   accepted_values(hours_source: schedule, usual, unknown);
--   expression(available_minutes is null or available_minutes <= day_minutes)
-- decision: DECISIONS.md#days-covered
-- decision: DECISIONS.md#schedule-history
-- decision: DECISIONS.md#out-of-office

with

available as (
    select
        host_id,
        local_date,
        count(*) as range_count,
        min(start_at) as first_available_at,
        max(end_at) as last_available_at,
        sum(seconds_between(start_at, end_at)) as available_seconds
    from intermediate.int_cal__availability
    group by host_id, local_date
)

select
    host_days.host_id, -- id; see dim_hosts
    host_days.local_date, -- date; local day in time_zone
    host_days.time_zone, -- IANA name; zone of the host's schedule on that day
    case
        when host_days.schedule_id > 0 then host_days.schedule_id
    end as schedule_id, -- id; schedule in use; NULL: none
    host_days.version_number as schedule_version_number, -- number; version of the schedule
    host_days.hours_source, -- text; schedule, usual (Cal.com's, without one) or unknown
    host_days.is_out_of_office, -- flag; away the whole day
    host_days.day_end_at <= :as_of as is_past, -- flag; the day was over at the build's moment
    host_days.day_start_at, -- UTC; first moment of the day
    host_days.day_end_at, -- UTC; first moment of the next day
    cast(
        seconds_between(host_days.day_start_at, host_days.day_end_at) as double
    ) / 60 as day_minutes, -- minutes; 1,440, or otherwise when clocks change
    cast(coalesce(available.range_count, 0) as bigint) as range_count, -- number; available ranges
    available.first_available_at, -- UTC; first bookable moment; NULL: none
    available.last_available_at, -- UTC; end of the last bookable range; NULL: none
    case
        when host_days.hours_source <> 'unknown'
            then cast(coalesce(available.available_seconds, 0) as double) / 60
    end as available_minutes -- minutes; overlaps counted once; NULL: not known
from intermediate.int_cal__host_days as host_days
left join available
    on host_days.host_id = available.host_id and host_days.local_date = available.local_date
