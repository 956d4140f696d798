-- model: intermediate.int_cal__working_ranges
-- description: Wall-clock working ranges of each version of a schedule, weekly ones by weekday and
--   overrides by date; a day off has none. An end of 23:59 is midnight; ranges that end before they
--   start are left out.
-- grain: schedule_id, version_number, iso_weekday, override_date, start_minute, end_minute
-- materialized: table
-- time: minutes count from local midnight in the schedule's zone
-- decision: DECISIONS.md#working-hours
-- checks: expression(start_minute >= 0 and start_minute < end_minute and end_minute <= 1440)

with

timed as (
    select
        schedule_id,
        version_number,
        iso_weekday,
        override_date,
        -- the pattern guards the cast itself: engines are free to filter after casting
        case
            when regexp_matches(start_time, '^[0-2][0-9]:[0-5][0-9]')
                then
                    cast(substring(start_time, 1, 2) as integer) * 60
                    + cast(substring(start_time, 4, 2) as integer)
        end as start_minute,
        case
            when end_time like '23:59%' then 1440
            when regexp_matches(end_time, '^[0-2][0-9]:[0-5][0-9]')
                then
                    cast(substring(end_time, 1, 2) as integer) * 60
                    + cast(substring(end_time, 4, 2) as integer)
        end as end_minute
    from intermediate.int_cal__schedule_rules
)

select distinct
    schedule_id, -- id; the schedule; -1: none
    version_number, -- number; its version
    iso_weekday, -- 0..7; 1 is Monday; 0 on overrides
    override_date, -- date; 1970-01-01 on weekly ranges
    start_minute, -- minutes; from local midnight
    end_minute -- minutes; from local midnight; 1440 is the next midnight
from timed
where start_minute < end_minute and end_minute <= 1440
