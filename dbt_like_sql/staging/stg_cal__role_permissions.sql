-- model: staging.stg_cal__role_permissions
-- description: What a role allows, as resource.action; * stands for all.
-- grain: role_id, permission, ordinal
-- materialized: view
-- sources: raw.role_permissions
-- history: raw.role_permissions_history(valid_from, valid_to)

select
    role_id, -- text; the role
    permission, -- text; the permission
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.role_permissions
