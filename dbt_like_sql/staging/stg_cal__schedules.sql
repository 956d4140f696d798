-- model: staging.stg_cal__schedules
-- description: One row per schedule of the users the key may see.
-- grain: schedule_id
-- materialized: view
-- sources: raw.schedules
-- history: raw.schedules_history(valid_from, valid_to)

select
    id as schedule_id, -- id; the schedule's id
    owner_id as owner_user_id, -- id; the user it belongs to
    name, -- text; name
    time_zone, -- text; IANA zone of its times; Europe/London also stands for 'none set'
    is_default, -- flag; true for the owner's default schedule
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.schedules
