-- model: staging.stg_cal__teams
-- description: Teams the key may see, and organisations, which Cal.com lists as teams.
-- grain: team_id
-- materialized: view
-- sources: raw.teams
-- history: raw.teams_history(valid_from, valid_to)

select
    id as team_id, -- id; team id; of an organisation, its organisation id
    parent_id as parent_team_id, -- id; the organisation of the team; NULL without one
    name, -- text; name
    slug, -- text; last part of its public address
    is_organization, -- flag; true for an organisation
    is_private, -- flag; members are not shown
    time_zone, -- text; IANA time zone
    week_start, -- text; first day of the week
    time_format, -- number; 12 or 24; NULL where not set
    bio, -- text; about the team
    logo_url, -- text; address of the logo
    cal_video_logo, -- text; logo in Cal Video
    app_logo, -- text; logo in the app
    app_icon_logo, -- text; small logo in the app
    banner_url, -- text; address of the banner
    theme, -- text; theme of the booking page
    brand_color, -- text; brand colour on light backgrounds
    dark_brand_color, -- text; brand colour on dark backgrounds
    hide_branding as is_branding_hidden, -- flag; Cal.com's branding is hidden
    hide_book_a_team_member as is_member_booking_hidden, -- flag; members cannot be booked
    metadata, -- JSON; free-form metadata
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.teams
