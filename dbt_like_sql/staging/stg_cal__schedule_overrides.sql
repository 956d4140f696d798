-- model: staging.stg_cal__schedule_overrides
-- description: Dates on which a schedule differs; they replace the whole day.
-- grain: schedule_id, override_date, start_time, end_time, ordinal
-- materialized: view
-- sources: raw.schedule_overrides
-- history: raw.schedule_overrides_history(valid_from, valid_to)

select
    schedule_id, -- id; the schedule this row belongs to
    date as override_date, -- date; the local date
    start_time, -- text; wall-clock start HH:MM
    end_time, -- text; wall-clock end HH:MM; equal to the start: day off
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.schedule_overrides
