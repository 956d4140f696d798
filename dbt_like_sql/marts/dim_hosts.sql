-- model: marts.dim_hosts
-- description: One row per host: users, members, own profile and everybody who ever hosted a
--   visible booking; host -1 stands for hosts that Cal.com calls unknown (their user is gone).
-- grain: host_id
-- materialized: table
-- sources: intermediate.int_cal__hosts
-- time: all *_at columns are UTC; a host's local days are days in time_zone
-- checks: not_null(time_zone)
-- decision: DECISIONS.md#hosts
-- decision: DECISIONS.md#bookings-of-outsiders

select
    host_id, -- id; Cal.com's user id; -1 stands for unknown
    name, -- text; latest name
    email, -- text; latest e-mail; NULL where not visible
    username, -- text; latest user name
    time_zone, -- IANA name; UTC where none is stated
    has_time_zone, -- flag; false where UTC or the schedule's zone stands in
    schedule_id, -- id; schedule used for utilisation; NULL: none visible
    schedule_time_zone, -- IANA name; zone of that schedule
    created_at, -- UTC; when the user was made; NULL where not visible
    is_member, -- flag; a user or member of the account now
    is_known -- flag; false for host -1 only
from intermediate.int_cal__hosts
