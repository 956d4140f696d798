-- model: intermediate.int_cal__host_days
-- description: Local days of each known host, in the zone of the host's schedule on that day, from
--   the first day that counts to 28 days after the build's moment.
-- grain: host_id, local_date
-- materialized: table
-- time: local_date is a day in time_zone; *_at columns are UTC
-- checks: expression(day_start_at < day_end_at)
-- decision: DECISIONS.md#days-covered
-- decision: DECISIONS.md#schedule-history

with

host_bookings as (
    select
        host_id,
        min(first_start_at) as first_start_at
    from intermediate.int_cal__hosted_days
    group by host_id
),

account as (
    select coalesce(min(first_start_at), cast(:as_of as timestamptz)) as first_start_at
    from host_bookings
),

first_moments as (
    select
        hosts.host_id,
        hosts.schedule_time_zone as time_zone,
        -- a host who joined later is not idle before that
        case
            when hosts.created_at is null then account.first_start_at
            when hosts.created_at <= account.first_start_at then account.first_start_at
            when host_bookings.first_start_at < hosts.created_at then host_bookings.first_start_at
            else hosts.created_at
        end as first_moment_at
    from intermediate.int_cal__hosts as hosts
    cross join account
    left join host_bookings on hosts.host_id = host_bookings.host_id
    where hosts.is_known
),

spans as (
    select
        host_id,
        cast(local_time(first_moment_at, time_zone) as date) as first_date
    from first_moments
),

-- one day more than counts: a day ends where the next one begins, whatever zone that is in
days as (
    select
        spans.host_id,
        dates.date_day as local_date,
        schedules.time_zone,
        schedules.schedule_id,
        schedules.version_number,
        schedules.hours_source,
        zone_days.day_start_at
    from spans
    inner join intermediate.int_cal__dates as dates
        on
            spans.first_date <= dates.date_day
            and dates.date_day <= add_days(utc_day(:as_of), 29)
    inner join intermediate.int_cal__host_schedules as schedules
        on
            spans.host_id = schedules.host_id
            and dates.date_day >= schedules.first_date
            and (schedules.last_date is null or dates.date_day <= schedules.last_date)
    inner join intermediate.int_cal__zone_days as zone_days
        on
            schedules.time_zone = zone_days.time_zone
            and dates.date_day = zone_days.local_date
),

bounded as (
    select
        host_id,
        local_date,
        time_zone,
        schedule_id,
        version_number,
        hours_source,
        day_start_at,
        lead(day_start_at) over (partition by host_id order by local_date) as day_end_at
    from days
)

select
    bounded.host_id, -- id; the host
    bounded.local_date, -- date; day in time_zone
    bounded.time_zone, -- IANA name; zone of the host's schedule on that day
    bounded.schedule_id, -- id; schedule in use; -1: the usual hours; NULL: not known
    bounded.version_number, -- number; version of the schedule
    bounded.hours_source, -- text; schedule, usual or unknown
    away.away_date is not null as is_out_of_office, -- flag; away the whole day
    bounded.day_start_at, -- UTC; first moment of the day
    bounded.day_end_at -- UTC; first moment of the next day
from bounded
left join intermediate.int_cal__away_dates as away
    on bounded.host_id = away.host_id and bounded.local_date = away.away_date
-- somebody who moves west over the date line loses a day
where bounded.day_start_at < bounded.day_end_at
