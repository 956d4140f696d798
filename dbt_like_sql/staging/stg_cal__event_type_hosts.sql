-- model: staging.stg_cal__event_type_hosts
-- description: Hosts assigned to each team event type.
-- grain: event_type_id, user_id, ordinal
-- materialized: view
-- sources: raw.event_type_hosts
-- history: raw.event_type_hosts_history(valid_from, valid_to)

select
    event_type_id, -- id; the event type this row belongs to
    user_id, -- id; the host's user id
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    name, -- text; the host's name
    username, -- text; the host's user name
    avatar_url, -- text; address of the host's picture
    mandatory as is_mandatory, -- flag; a booking needs this host (fixed host)
    priority, -- text; round-robin priority: lowest, low, medium, high or highest
    weight, -- number; round-robin weight in percent, where weights are used
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.event_type_hosts
