-- model: intermediate.int_cal__taken_in_hours
-- description: The parts of taken time that lie inside available time, each with the range that it
--   lies in; with buffers where the day has any.
-- grain: host_id, local_date, is_buffered, start_at
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__taken_ranges(host_id, local_date)
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- time: local_date is a day in the zone of the host's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#utilisation

select
    taken.host_id, -- id; the host, co-host or member
    taken.local_date, -- date; day in the schedule's zone
    taken.is_buffered, -- flag; true: buffers included
    greatest(taken.start_at, availability.start_at) as start_at, -- UTC; start of the part
    least(taken.end_at, availability.end_at) as end_at, -- UTC; its end
    availability.start_at as range_start_at, -- UTC; start of the available range
    availability.end_at as range_end_at -- UTC; end of the available range
from intermediate.int_cal__taken_ranges as taken
inner join intermediate.int_cal__availability as availability
    on
        taken.host_id = availability.host_id
        and taken.local_date = availability.local_date
        and taken.start_at < availability.end_at
        and taken.end_at > availability.start_at
