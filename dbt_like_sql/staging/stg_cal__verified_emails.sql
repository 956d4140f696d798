-- model: staging.stg_cal__verified_emails
-- description: E-mail addresses that workflows may send from or to.
-- grain: verified_email_id
-- materialized: view
-- sources: raw.verified_emails
-- history: raw.verified_emails_history(valid_from, valid_to)

select
    id as verified_email_id, -- id; id
    user_id, -- id; the user it belongs to
    team_id, -- id; the team it belongs to
    email, -- text; the address
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.verified_emails
