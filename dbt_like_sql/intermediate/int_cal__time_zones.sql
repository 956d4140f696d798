-- model: intermediate.int_cal__time_zones
-- description: Time zones that this warehouse can convert; others are read as UTC.
-- grain: time_zone
-- materialized: table

select distinct zones.name as time_zone -- IANA name
from pg_timezone_names() as zones (name)
