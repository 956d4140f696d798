-- model: intermediate.int_cal__host_schedules
-- description: Which version of which schedule tells each known host's hours, and on which local
--   days; a host whose hours are not known has one row without a schedule.
-- grain: host_id, first_date
-- materialized: table
-- time: first_date and last_date are days in time_zone, the version's zone
-- checks: accepted_values(hours_source: schedule, usual, unknown);
--   expression(last_date is null or first_date <= last_date)
-- decision: DECISIONS.md#schedule-history
-- decision: DECISIONS.md#which-schedule-applies

with

chosen as (
    select
        host_id,
        schedule_time_zone,
        case
            when schedule_id is not null then schedule_id
            when is_without_schedule then -1
        end as schedule_id,
        case
            when schedule_id is not null then 'schedule'
            when is_without_schedule then 'usual'
            else 'unknown'
        end as hours_source
    from intermediate.int_cal__hosts
    where is_known
),

zoned as (
    select
        chosen.host_id,
        chosen.schedule_id,
        chosen.hours_source,
        coalesce(versions.version_number, 1) as version_number,
        versions.seen_at,
        coalesce(zones.time_zone, chosen.schedule_time_zone) as time_zone
    from chosen
    left join intermediate.int_cal__schedule_versions as versions
        on chosen.schedule_id = versions.schedule_id
    left join intermediate.int_cal__time_zones as zones
        on versions.time_zone = zones.time_zone
),

-- a version counts from the local day on which it was first seen
dated as (
    select
        host_id,
        schedule_id,
        hours_source,
        version_number,
        time_zone,
        case
            when version_number = 1 then date '1900-01-01'
            else cast(local_time(seen_at, time_zone) as date)
        end as first_date
    from zoned
),

ranked as (
    select
        host_id,
        schedule_id,
        hours_source,
        version_number,
        time_zone,
        first_date,
        row_number() over (
            partition by host_id, first_date order by version_number desc
        ) as place
    from dated
)

select
    host_id, -- id; the host
    schedule_id, -- id; the schedule; -1: the usual hours; NULL: not known
    hours_source, -- text; schedule, usual or unknown
    version_number, -- number; version of the schedule
    time_zone, -- IANA name; zone of the hours
    first_date, -- date; first day that counts; 1900-01-01 for the first version
    add_days(
        lead(first_date) over (partition by host_id order by first_date), -1
    ) as last_date -- date; last day that counts; NULL: it is so now
from ranked
where place = 1
