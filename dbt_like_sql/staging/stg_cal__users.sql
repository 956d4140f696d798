-- model: staging.stg_cal__users
-- description: Users of the organisation; needs an organisation admin's key.
-- grain: user_id
-- materialized: view
-- sources: raw.users
-- history: raw.users_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as user_id, -- id; user id
    username, -- text; user name
    name, -- text; name
    email, -- text; E-mail
    email_verified as email_verified_at, -- UTC; when the e-mail was verified
    bio, -- text; about the user
    avatar_url, -- text; address of the picture
    time_zone, -- text; IANA time zone
    week_start, -- text; first day of the week
    app_theme, -- text; theme of the app
    theme, -- text; theme of the booking page
    default_schedule_id, -- id; schedule used where an event type names none
    locale, -- text; language
    time_format, -- number; 12 or 24
    hide_branding as is_branding_hidden, -- flag; Cal.com's branding is hidden
    brand_color, -- text; brand colour on light backgrounds
    dark_brand_color, -- text; brand colour on dark backgrounds
    allow_dynamic_booking as is_dynamic_booking_allowed, -- flag; may be booked ad hoc
    created_date as created_at, -- UTC; when the user was made
    verified as is_verified, -- flag; true for verified accounts
    invited_to as invited_to_team_id, -- id; team whose invitation the user has not accepted yet
    metadata, -- JSON; free-form metadata
    profile_id, -- id; id of the user's profile in the organisation
    profile_organization_id, -- id; the organisation
    profile_user_id, -- id; the user again, as the profile names them
    profile_username, -- text; user name within the organisation
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.users
