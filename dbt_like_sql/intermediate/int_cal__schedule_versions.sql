-- model: intermediate.int_cal__schedule_versions
-- description: Moments at which a visible schedule, its weekly hours or its overrides were found to
--   be other than before; the first version also stands for all time before it. Schedule -1 is what
--   Cal.com takes for users without any.
-- grain: schedule_id, version_number
-- materialized: table
-- time: all *_at columns are UTC
-- decision: DECISIONS.md#schedule-history

with

moments as (
    select
        schedule_id,
        valid_from_at as seen_at
    from staging.stg_cal__schedules_history
    union
    select
        schedule_id,
        valid_from_at as seen_at
    from staging.stg_cal__schedule_availability_history
    union
    select
        schedule_id,
        valid_to_at as seen_at
    from staging.stg_cal__schedule_availability_history
    where valid_to_at is not null
    union
    select
        schedule_id,
        valid_from_at as seen_at
    from staging.stg_cal__schedule_overrides_history
    union
    select
        schedule_id,
        valid_to_at as seen_at
    from staging.stg_cal__schedule_overrides_history
    where valid_to_at is not null
),

numbered as (
    select
        schedules.schedule_id,
        schedules.time_zone as time_zone_now,
        moments.seen_at,
        row_number() over (
            partition by schedules.schedule_id order by moments.seen_at
        ) as version_number
    from staging.stg_cal__schedules as schedules
    left join moments on schedules.schedule_id = moments.schedule_id
)

select
    numbered.schedule_id, -- id; the schedule; -1: none
    numbered.version_number, -- number; from 1
    numbered.seen_at, -- UTC; when it was first read; NULL: no versions were kept
    coalesce(versions.time_zone, numbered.time_zone_now) as time_zone -- IANA name; as stated then
from numbered
left join staging.stg_cal__schedules_history as versions
    on
        numbered.schedule_id = versions.schedule_id
        and numbered.seen_at >= versions.valid_from_at
        and (versions.valid_to_at is null or numbered.seen_at < versions.valid_to_at)
union all
select
    -1 as schedule_id,
    1 as version_number,
    null as seen_at,
    null as time_zone
