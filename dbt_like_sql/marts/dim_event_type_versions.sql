-- model: marts.dim_event_type_versions
-- description: Event types with their history: one row per version that the warehouse has seen.
-- grain: event_type_id, version_number
-- materialized: table
-- time: all *_at columns are UTC
-- checks: relationships(event_type_id -> marts.dim_event_types.event_type_id)
-- decision: DECISIONS.md#versions

select
    event_type_id, -- id; see dim_event_types
    version_number, -- number; from 1
    valid_from_at, -- UTC; since when; 1 January 1900 for the first known version
    valid_to_at, -- UTC; until when; NULL: the last version known
    seen_at, -- UTC; when this version was first read; NULL: no versions were kept
    valid_to_at is null and not is_deleted as is_current, -- flag; it is so now
    is_deleted, -- flag; the event type went with this version
    title, -- text; title
    slug, -- text; last part of its booking address
    owner_user_id as owner_host_id, -- id; owner of a personal event type
    team_id, -- id; team of a team event type
    scheduling_type, -- text; collective, roundRobin or managed; NULL: personal
    duration_minutes, -- minutes; length of a booking
    minimum_notice_minutes, -- minutes; least time from booking to start
    before_buffer_minutes, -- minutes; kept free before a booking
    after_buffer_minutes, -- minutes; kept free after a booking
    schedule_id, -- id; schedule of its own; NULL: the host's default
    price, -- number; price in the currency's smallest unit
    currency, -- text; currency code
    seat_count, -- number; seats per slot; NULL: not seated
    is_hidden -- flag; not listed on the booking page
from intermediate.int_cal__event_type_versions
