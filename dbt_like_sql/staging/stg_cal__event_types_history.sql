-- model: staging.stg_cal__event_types_history
-- description: Every version of every event type since the warehouse keeps them.
-- grain: event_type_id, valid_from_at
-- materialized: view
-- sources: raw.event_types_history
-- history: raw.event_types_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as event_type_id, -- id; the event type
    owner_id as owner_user_id, -- id; user who owns a personal event type
    team_id, -- id; team that owns a team event type
    scheduling_type, -- text; collective, roundRobin or managed; NULL for personal ones
    title, -- text; title
    slug, -- text; last part of its booking address
    length_in_minutes as duration_minutes, -- minutes; length of a booking
    minimum_booking_notice as minimum_notice_minutes, -- minutes; least time from booking to start
    before_event_buffer as before_buffer_minutes, -- minutes; kept free before a booking
    after_event_buffer as after_buffer_minutes, -- minutes; kept free after a booking
    schedule_id, -- id; schedule of this event type; NULL: the host's default
    price, -- number; price in the currency's smallest unit
    currency, -- text; currency code of the price
    hidden as is_hidden, -- flag; it is not listed on the booking page
    cast(json_text(seats, 'seatsPerTimeSlot') as bigint) as seat_count, -- number; seats per slot
    valid_from as valid_from_at, -- UTC; when the answer that brought this version was read
    valid_to as valid_to_at -- UTC; when it was found changed or gone; NULL: it is so now
from raw.event_types_history
