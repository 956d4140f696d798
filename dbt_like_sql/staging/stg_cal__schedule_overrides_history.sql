-- model: staging.stg_cal__schedule_overrides_history
-- description: Every version of the dates on which a schedule differs.
-- grain: schedule_id, override_date, start_time, end_time, ordinal, valid_from_at
-- materialized: view
-- sources: raw.schedule_overrides_history
-- history: raw.schedule_overrides_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    schedule_id, -- id; the schedule this row belongs to
    date as override_date, -- date; the local date
    start_time, -- text; wall-clock start HH:MM
    end_time, -- text; wall-clock end HH:MM; equal to the start: day off
    ordinal, -- number; tells equal ranges of one date apart
    valid_from as valid_from_at, -- UTC; when the answer that brought this version was read
    valid_to as valid_to_at -- UTC; when it was found changed or gone; NULL: it is so now
from raw.schedule_overrides_history
