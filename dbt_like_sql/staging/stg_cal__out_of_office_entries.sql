-- model: staging.stg_cal__out_of_office_entries
-- description: Whole days on which somebody is away; who stands in is named.
-- grain: out_of_office_id
-- materialized: view
-- sources: raw.out_of_office_entries
-- history: raw.out_of_office_entries_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as out_of_office_id, -- id; the entry's id
    uuid, -- text; the entry's uuid
    user_id, -- id; who is away
    to_user_id, -- id; who gets the bookings meanwhile; NULL: nobody
    start as start_at, -- UTC; first instant away
    "end" as end_at, -- UTC; last instant away
    notes, -- text; notes
    reason, -- text; kind of absence: unspecified, vacation, travel, sick or public_holiday
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.out_of_office_entries
