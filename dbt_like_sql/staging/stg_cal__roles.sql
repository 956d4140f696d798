-- model: staging.stg_cal__roles
-- description: Roles of organisation and teams; Cal.com's own ones are of type SYSTEM.
-- grain: role_id
-- materialized: view
-- sources: raw.roles
-- history: raw.roles_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as role_id, -- text; the role's id
    name, -- text; name
    color, -- text; colour
    description, -- text; description
    organization_id, -- id; the organisation; NULL for Cal.com's own roles
    team_id, -- id; the team; NULL for Cal.com's own roles
    type, -- text; SYSTEM or CUSTOM
    created_at, -- UTC; when it was made
    updated_at, -- UTC; when it was last written
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.roles
