-- model: staging.stg_cal__managed_organizations
-- description: Organisations that a platform manages.
-- grain: organization_id
-- materialized: view
-- sources: raw.managed_organizations
-- history: raw.managed_organizations_history(valid_from, valid_to)

select
    id as organization_id, -- id; organisation id
    name, -- text; name
    slug, -- text; last part of its address
    metadata, -- JSON; free-form metadata
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.managed_organizations
