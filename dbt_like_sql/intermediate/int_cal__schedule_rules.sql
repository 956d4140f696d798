-- model: intermediate.int_cal__schedule_rules
-- description: What each version of a schedule says: weekly ranges by weekday and overrides by
--   date, zero-length and malformed ones included.
-- grain: schedule_id, version_number, iso_weekday, override_date, start_time, end_time
-- materialized: table
-- decision: DECISIONS.md#schedule-history
-- decision: DECISIONS.md#which-schedule-applies

with

weekly as (
    select
        schedule_id,
        day,
        start_time,
        end_time,
        valid_from_at,
        valid_to_at
    from staging.stg_cal__schedule_availability_history
    union all
    select
        current_ones.schedule_id,
        current_ones.day,
        current_ones.start_time,
        current_ones.end_time,
        null as valid_from_at,
        null as valid_to_at
    from staging.stg_cal__schedule_availability as current_ones
    left join staging.stg_cal__schedule_availability_history as versions
        on current_ones.schedule_id = versions.schedule_id
    where versions.schedule_id is null
    union all
    select
        -1 as schedule_id,
        usual.day,
        '09:00' as start_time,
        '17:00' as end_time,
        null as valid_from_at,
        null as valid_to_at
    from
        (
            values ('Monday'), ('Tuesday'), ('Wednesday'), ('Thursday'), ('Friday')
        ) as usual (day)
),

overrides as (
    select
        schedule_id,
        override_date,
        start_time,
        end_time,
        valid_from_at,
        valid_to_at
    from staging.stg_cal__schedule_overrides_history
    union all
    select
        current_ones.schedule_id,
        current_ones.override_date,
        current_ones.start_time,
        current_ones.end_time,
        null as valid_from_at,
        null as valid_to_at
    from staging.stg_cal__schedule_overrides as current_ones
    left join staging.stg_cal__schedule_overrides_history as versions
        on current_ones.schedule_id = versions.schedule_id
    where versions.schedule_id is null
),

stated as (
    select
        schedule_id,
        start_time,
        end_time,
        valid_from_at,
        valid_to_at,
        case day
            when 'Monday' then 1
            when 'Tuesday' then 2
            when 'Wednesday' then 3
            when 'Thursday' then 4
            when 'Friday' then 5
            when 'Saturday' then 6
            when 'Sunday' then 7
        end as iso_weekday,
        date '1970-01-01' as override_date
    from weekly
    union all
    select
        schedule_id,
        start_time,
        end_time,
        valid_from_at,
        valid_to_at,
        0 as iso_weekday,
        override_date
    from overrides
)

select distinct
    versions.schedule_id, -- id; the schedule; -1: none
    versions.version_number, -- number; its version
    stated.iso_weekday, -- 0..7; 1 is Monday; 0 on overrides
    stated.override_date, -- date; 1970-01-01 on weekly ranges
    coalesce(stated.start_time, '') as start_time, -- text; wall-clock start HH:MM
    coalesce(stated.end_time, '') as end_time -- text; wall-clock end HH:MM
from intermediate.int_cal__schedule_versions as versions
inner join stated
    on
        versions.schedule_id = stated.schedule_id
        and (stated.valid_from_at is null or versions.seen_at >= stated.valid_from_at)
        and (stated.valid_to_at is null or versions.seen_at < stated.valid_to_at)
where stated.iso_weekday is not null
