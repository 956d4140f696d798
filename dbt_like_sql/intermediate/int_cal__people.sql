-- model: intermediate.int_cal__people
-- description: E-mails of people on the hosting side: users, members and everybody who hosts.
-- grain: email
-- materialized: table
-- decision: DECISIONS.md#co-hosts

with

named as (
    select
        email,
        user_id as host_id
    from staging.stg_cal__users
    union all
    select
        email,
        user_id as host_id
    from staging.stg_cal__me
    union all
    select
        user_email as email,
        user_id as host_id
    from staging.stg_cal__memberships
    union all
    select
        email,
        host_id
    from staging.stg_cal__booking_hosts
)

select
    lower(email) as email, -- text; lower case
    min(host_id) as host_id -- id; whose it is
from named
where email is not null and email <> '' and host_id is not null
group by lower(email)
