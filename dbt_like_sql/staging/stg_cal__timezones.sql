-- model: staging.stg_cal__timezones
-- description: Cities that Cal.com offers for choosing a time zone; many names are not unique.
-- grain: city, ordinal
-- materialized: view
-- sources: raw.timezones
-- history: raw.timezones_history(valid_from, valid_to)

select
    city, -- text; city
    ordinal, -- number; tells cities of one name apart, from 1
    timezone, -- text; IANA zone; NULL for some places in Antarctica
    pop, -- number; inhabitants; a mean of sources, so not always whole
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.timezones
