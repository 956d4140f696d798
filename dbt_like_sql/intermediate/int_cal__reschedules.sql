-- model: intermediate.int_cal__reschedules
-- description: Bookings that were moved and the booking that replaced each; from either end's link,
--   because occurrences of a series name only the booking they replace.
-- grain: booking_uid
-- materialized: table
-- decision: DECISIONS.md#rescheduled-or-cancelled

with

links as (
    select
        booking_uid,
        rescheduled_to_uid as successor_uid,
        1 as preference,
        created_at
    from staging.stg_cal__bookings
    where rescheduled_to_uid is not null
    union all
    select
        rescheduled_from_uid as booking_uid,
        booking_uid as successor_uid,
        2 as preference,
        created_at
    from staging.stg_cal__bookings
    where rescheduled_from_uid is not null
),

ranked as (
    select
        booking_uid,
        successor_uid,
        row_number() over (
            partition by booking_uid
            order by preference asc, created_at asc, text_order(successor_uid) asc
        ) as place
    from links
    where booking_uid <> successor_uid
)

select
    booking_uid, -- text; the booking that was moved
    successor_uid -- text; the booking that replaced it
from ranked
where place = 1
