-- model: intermediate.int_cal__time_zones
-- description: Time zones that Cal.com names for people and schedules and that this warehouse can
--   convert; others are read as UTC.
-- grain: time_zone
-- materialized: table

with

named as (
    select time_zone from staging.stg_cal__users
    union
    select time_zone from staging.stg_cal__me
    union
    select time_zone from staging.stg_cal__booking_hosts
    union
    select time_zone from staging.stg_cal__schedules
    union
    select time_zone from staging.stg_cal__schedules_history
)

select named.time_zone -- IANA name
from named
inner join time_zones() as convertible (name) on named.time_zone = convertible.name
