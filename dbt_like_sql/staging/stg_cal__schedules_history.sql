-- model: staging.stg_cal__schedules_history
-- description: Every version of every schedule since the warehouse keeps them.
-- grain: schedule_id, valid_from_at
-- materialized: view
-- sources: raw.schedules_history
-- history: raw.schedules_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as schedule_id, -- id; the schedule
    owner_id as owner_user_id, -- id; the user it belongs to
    time_zone, -- text; IANA zone of its times; Europe/London also stands for 'none set'
    valid_from as valid_from_at, -- UTC; when the answer that brought this version was read
    valid_to as valid_to_at -- UTC; when it was found changed or gone; NULL: it is so now
from raw.schedules_history
