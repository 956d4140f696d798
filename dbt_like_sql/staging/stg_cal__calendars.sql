-- model: staging.stg_cal__calendars
-- description: Calendars of the connected accounts of the key's user.
-- grain: credential_id, external_id
-- materialized: view
-- sources: raw.calendars
-- history: raw.calendars_history(valid_from, valid_to)

select
    credential_id, -- id; the connected account
    external_id, -- text; the calendar's id at its provider; empty: the account shows no calendar
    integration, -- text; the provider, as the documentation calls it
    integration_name, -- text; the provider, such as google_calendar
    name, -- text; name
    email, -- text; E-mail of the account
    "primary" as is_primary, -- flag; true for the account's main calendar
    read_only as is_read_only, -- flag; it cannot be written
    is_selected, -- flag; it is checked for conflicts
    delegation_credential_id, -- text; set when an organisation delegates the account
    account, -- JSON; the connected account: its app and its main calendar, as they came
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.calendars
