-- model: marts.fct_out_of_office
-- description: One row per out-of-office entry, with its local days.
-- grain: out_of_office_id
-- materialized: table
-- time: first_date and last_date are local days of the person, which Cal.com writes as days in UTC
-- checks: relationships(host_id -> marts.dim_hosts.host_id)
-- decision: DECISIONS.md#out-of-office

select
    out_of_office_id, -- id; the entry
    coalesce(user_id, -1) as host_id, -- id; who is away; see dim_hosts
    to_user_id as stand_in_host_id, -- id; who gets the bookings meanwhile; NULL: nobody
    reason, -- text; unspecified, vacation, travel, sick or public_holiday
    utc_day(start_at) as first_date, -- date; first day away
    utc_day(end_at) as last_date, -- date; last day away
    cast(
        greatest(days_between(utc_day(start_at), utc_day(end_at)) + 1, 0) as bigint
    ) as day_count -- number; days away, weekends included
from staging.stg_cal__out_of_office_entries
