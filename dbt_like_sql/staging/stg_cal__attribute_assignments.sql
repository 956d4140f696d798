-- model: staging.stg_cal__attribute_assignments
-- description: Which member has which option of an attribute.
-- grain: attribute_option_id, user_id
-- materialized: view
-- sources: raw.attribute_assignments
-- history: raw.attribute_assignments_history(valid_from, valid_to)

select
    attribute_option_id, -- text; the option
    user_id, -- id; the member
    attribute_id, -- text; the attribute
    value, -- text; the option's value as people read it
    slug, -- text; slug of the value
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.attribute_assignments
