-- model: staging.stg_cal__destination_calendars
-- description: Where bookings of the key's user are written.
-- grain: destination_calendar_id
-- materialized: view
-- sources: raw.destination_calendars
-- history: raw.destination_calendars_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as destination_calendar_id, -- id; id
    integration, -- text; the provider
    external_id, -- text; the calendar's id at its provider
    primary_email, -- text; E-mail of the account's main calendar
    user_id, -- id; the user
    event_type_id, -- id; set when it holds for one event type only
    credential_id, -- id; the connected account
    delegation_credential_id, -- text; set when an organisation delegates the account
    name, -- text; name
    "primary" as is_primary, -- flag; true for the account's main calendar
    read_only as is_read_only, -- flag; it cannot be written
    email, -- text; E-mail of the account
    integration_name, -- text; the provider, such as google_calendar
    integration_title, -- text; the provider's name as people read it
    domain_wide_delegation_credential_id, -- text; an older name of the delegated account
    custom_calendar_reminder as reminder_minutes, -- minutes; before a booking it reminds
    created_at, -- UTC; when it was chosen
    updated_at, -- UTC; when it was last written
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.destination_calendars
