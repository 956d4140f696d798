-- model: staging.stg_cal__attributes
-- description: Properties that an organisation keeps about its members, such as Department.
-- grain: attribute_id
-- materialized: view
-- sources: raw.attributes
-- history: raw.attributes_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as attribute_id, -- text; the attribute's id
    team_id, -- id; the organisation
    type, -- text; TEXT, NUMBER, SINGLE_SELECT or MULTI_SELECT
    name, -- text; name
    slug, -- text; slug, unique in the organisation
    enabled as is_enabled, -- flag; false when switched off
    users_can_edit_relation as is_editable_by_users, -- flag; members may set it themselves
    is_weights_enabled, -- flag; assignments carry weights
    is_locked, -- flag; a directory sync owns it
    created_at, -- UTC; when it was made
    updated_at, -- UTC; when it was last written
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.attributes
