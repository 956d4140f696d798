-- model: staging.stg_cal__schedule_availability
-- description: Working hours: one row per schedule, weekday and range.
-- grain: schedule_id, day, start_time, end_time, ordinal
-- materialized: view
-- sources: raw.schedule_availability
-- history: raw.schedule_availability_history(valid_from, valid_to)

select
    schedule_id, -- id; the schedule this row belongs to
    day, -- text; English name of the weekday
    start_time, -- text; wall-clock start HH:MM in the schedule's zone
    end_time, -- text; wall-clock end HH:MM in the schedule's zone; 23:59 means midnight
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.schedule_availability
