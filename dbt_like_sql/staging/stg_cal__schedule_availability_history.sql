-- model: staging.stg_cal__schedule_availability_history
-- description: Every version of the weekly working hours of every schedule.
-- grain: schedule_id, day, start_time, end_time, ordinal, valid_from_at
-- materialized: view
-- sources: raw.schedule_availability_history
-- history: raw.schedule_availability_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    schedule_id, -- id; the schedule this row belongs to
    day, -- text; English name of the weekday
    start_time, -- text; wall-clock start HH:MM in the schedule's zone
    end_time, -- text; wall-clock end HH:MM; 23:59 means midnight
    ordinal, -- number; tells equal ranges of one schedule apart
    valid_from as valid_from_at, -- UTC; when the answer that brought this version was read
    valid_to as valid_to_at -- UTC; when it was found changed or gone; NULL: it is so now
from raw.schedule_availability_history
