-- model: intermediate.int_cal__availability
-- description: When each host could be booked, per local day: working hours as they were on that
--   day, or the overrides of that date in their place, without days out of office, as disjoint
--   ranges of instants.
-- grain: host_id, start_at
-- materialized: table
-- time: local_date is a day in the zone of the host's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#working-hours
-- decision: DECISIONS.md#out-of-office

with

overridden_days as (
    select distinct
        schedule_id,
        version_number,
        override_date
    from intermediate.int_cal__schedule_rules
    where iso_weekday = 0
),

days as (
    select
        host_days.host_id,
        host_days.local_date,
        host_days.time_zone,
        host_days.schedule_id,
        host_days.version_number,
        host_days.day_start_at,
        host_days.day_end_at,
        case
            when overridden_days.override_date is null
                then iso_weekday(host_days.local_date)
            else 0
        end as iso_weekday,
        coalesce(overridden_days.override_date, date '1970-01-01') as override_date
    from intermediate.int_cal__host_days as host_days
    left join overridden_days
        on
            host_days.schedule_id = overridden_days.schedule_id
            and host_days.version_number = overridden_days.version_number
            and host_days.local_date = overridden_days.override_date
    where host_days.schedule_id is not null and not host_days.is_out_of_office
),

-- equal ranges, as clock changes can make them, are one: ties would have no order
ranges as (
    select distinct
        days.host_id,
        days.local_date,
        greatest(starts.instant_at, days.day_start_at) as start_at,
        -- an end of 1440 has no minute of its own and falls to the end of the day
        least(coalesce(ends.instant_at, days.day_end_at), days.day_end_at) as end_at
    from days
    inner join intermediate.int_cal__working_ranges as working_ranges
        on
            days.schedule_id = working_ranges.schedule_id
            and days.version_number = working_ranges.version_number
            and days.iso_weekday = working_ranges.iso_weekday
            and days.override_date = working_ranges.override_date
    inner join intermediate.int_cal__zone_minutes as starts
        on
            days.time_zone = starts.time_zone
            and days.local_date = starts.local_date
            and working_ranges.start_minute = starts.local_minute
    left join intermediate.int_cal__zone_minutes as ends
        on
            days.time_zone = ends.time_zone
            and days.local_date = ends.local_date
            and working_ranges.end_minute = ends.local_minute
),

reached as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        max(end_at) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from ranges
    where start_at < end_at
),

islands as (
    select
        host_id,
        local_date,
        start_at,
        end_at,
        sum(case when start_at <= reached_at then 0 else 1 end) over (
            partition by host_id, local_date
            order by start_at asc, end_at asc
            rows between unbounded preceding and current row
        ) as island
    from reached
)

select
    host_id, -- id; the host
    local_date, -- date; day in the schedule's zone
    min(start_at) as start_at, -- UTC; first bookable moment
    max(end_at) as end_at -- UTC; end of the range
from islands
group by host_id, local_date, island
