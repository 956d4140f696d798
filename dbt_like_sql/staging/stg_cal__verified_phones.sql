-- model: staging.stg_cal__verified_phones
-- description: Phone numbers that workflows may send to.
-- grain: verified_phone_id
-- materialized: view
-- sources: raw.verified_phones
-- history: raw.verified_phones_history(valid_from, valid_to)

select
    id as verified_phone_id, -- id; id
    user_id, -- id; the user it belongs to
    team_id, -- id; the team it belongs to
    phone_number, -- text; the number
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.verified_phones
