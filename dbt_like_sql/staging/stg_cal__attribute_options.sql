-- model: staging.stg_cal__attribute_options
-- description: Values that an attribute can have.
-- grain: attribute_option_id
-- materialized: view
-- sources: raw.attribute_options
-- history: raw.attribute_options_history(valid_from, valid_to)

select
    id as attribute_option_id, -- text; the option's id
    attribute_id, -- text; the attribute
    value, -- text; the value as people read it
    slug, -- text; slug of the value
    is_group, -- flag; it stands for several options
    contains, -- JSON; options that it stands for
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.attribute_options
