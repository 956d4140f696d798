-- model: marts.agg_seat_fill
-- description: Seats offered and taken in past meetings that several bookers may share, by local
--   month of the start, host and event type. Counts only: add them up, then divide.
-- grain: start_month_date, host_id, event_type_id
-- materialized: table
-- time: start_month_date is the first of a month in the host's zone
-- checks: expression(seat_filled_count <= seat_offered_count)
-- decision: DECISIONS.md#rates

select
    counts.start_month_date, -- date; first of the local month
    counts.host_id, -- id; see dim_hosts
    counts.event_type_id, -- id; see dim_event_types
    counts.seated_count as meeting_count, -- number; meetings with seats, accepted and ended
    counts.seated_count * event_types.seat_count as seat_offered_count, -- number; their seats
    -- where seats were taken away since, no more than all can be taken
    least(
        counts.seat_taken_count, counts.seated_count * event_types.seat_count
    ) as seat_filled_count -- number; of them taken
from marts.agg_bookings_by_host as counts
inner join marts.dim_event_types as event_types
    on counts.event_type_id = event_types.event_type_id
where counts.seated_count > 0 and event_types.seat_count > 0
