-- model: staging.stg_cal__oauth_clients
-- description: Platform clients; their secrets never land.
-- grain: oauth_client_id
-- materialized: view
-- sources: raw.oauth_clients
-- history: raw.oauth_clients_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as oauth_client_id, -- text; client id
    name, -- text; name
    permissions, -- JSON; what it may do
    logo, -- text; address of the logo
    redirect_uris, -- JSON; where sign-in may return to
    organization_id, -- id; the platform organisation
    created_at, -- UTC; when it was made
    are_emails_enabled as is_email_enabled, -- flag; managed users get Cal.com's mails
    are_default_event_types_enabled as has_default_event_types, -- flag; for users
    are_calendar_events_enabled as is_calendar_event_enabled, -- flag; bookings make calendar events
    booking_redirect_uri, -- text; where bookers are sent
    booking_cancel_redirect_uri, -- text; where cancellers are sent
    booking_reschedule_redirect_uri, -- text; where those who move a booking are sent
    has_secret, -- flag; it has a secret; the secret itself never lands
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.oauth_clients
