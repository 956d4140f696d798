-- model: intermediate.int_cal__busy_in_hours
-- description: The parts of busy time that lie inside available time, each with the range that it
--   lies in.
-- grain: host_id, local_date, start_at
-- materialized: incremental_by_key
-- partition: host_id, local_date
-- touched: intermediate.int_cal__busy_ranges(host_id, local_date)
-- touched: intermediate.int_cal__availability(host_id, local_date)
-- time: local_date is a day in the zone of the host's schedule; *_at columns are UTC
-- checks: expression(start_at < end_at)
-- decision: DECISIONS.md#utilisation

select
    busy.host_id, -- id; the host, co-host or member
    busy.local_date, -- date; day in the schedule's zone
    greatest(busy.start_at, availability.start_at) as start_at, -- UTC; start of the part
    least(busy.end_at, availability.end_at) as end_at, -- UTC; its end
    availability.start_at as range_start_at, -- UTC; start of the available range
    availability.end_at as range_end_at -- UTC; end of the available range
from intermediate.int_cal__busy_ranges as busy
inner join intermediate.int_cal__availability as availability
    on
        busy.host_id = availability.host_id
        and busy.local_date = availability.local_date
        and busy.start_at < availability.end_at
        and busy.end_at > availability.start_at
