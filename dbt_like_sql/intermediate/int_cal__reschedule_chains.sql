-- model: intermediate.int_cal__reschedule_chains
-- description: Bookings that moves tie together, each with its place in the chain: one wish to
--   meet, however often it was moved. Only bookings that the warehouse holds, and only of chains of
--   two or more.
-- grain: booking_uid
-- materialized: table
-- checks: unique(chain_uid, chain_position); expression(chain_position <= chain_length)
-- decision: DECISIONS.md#reschedule-chains

with recursive

visible as (
    select
        reschedules.booking_uid,
        reschedules.successor_uid,
        moved.created_at
    from intermediate.int_cal__reschedules as reschedules
    inner join staging.stg_cal__bookings as moved
        on reschedules.booking_uid = moved.booking_uid
    inner join staging.stg_cal__bookings as replacing
        on reschedules.successor_uid = replacing.booking_uid
),

ranked as (
    select
        booking_uid,
        successor_uid,
        row_number() over (
            partition by successor_uid order by created_at desc, text_order(booking_uid) asc
        ) as place
    from visible
),

-- one successor and one predecessor at most: chains do not branch, so that walking one ends
links as (
    select
        booking_uid,
        successor_uid
    from ranked
    where place = 1
),

steps as (
    select
        links.booking_uid as chain_uid,
        links.booking_uid,
        1 as chain_position
    from links
    left join links as earlier on links.booking_uid = earlier.successor_uid
    where earlier.booking_uid is null
    union all
    select
        steps.chain_uid,
        links.successor_uid as booking_uid,
        steps.chain_position + 1 as chain_position
    from steps
    inner join links on steps.booking_uid = links.booking_uid
)

select
    booking_uid, -- text; the booking
    chain_uid, -- text; first booking of the chain
    cast(chain_position as bigint) as chain_position, -- number; 1 for the first booking
    cast(
        max(chain_position) over (partition by chain_uid) as bigint
    ) as chain_length -- number; bookings in the chain
from steps
