-- model: staging.stg_cal__booking_hosts
-- description: The host of each booking as Cal.com names them; exactly one per booking today.
-- grain: booking_uid, email, ordinal
-- materialized: view
-- sources: raw.booking_hosts
-- history: raw.booking_hosts_history(valid_from, valid_to)

select
    booking_uid, -- text; the booking this row belongs to
    email, -- text; the host's e-mail; 'unknown' when the user is gone
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    id as host_id, -- id; the host's user id
    name, -- text; the host's name; 'unknown' when the user is gone
    display_email, -- text; the e-mail as shown to people, without a managed user's suffix
    username, -- text; the host's user name; 'unknown' when there is none
    time_zone, -- text; the host's IANA time zone; NULL when the user is gone
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.booking_hosts
