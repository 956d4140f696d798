-- model: intermediate.int_cal__hosts
-- description: Every user id that Cal.com names anywhere, with the freshest facts about it and the
--   schedule that tells its working hours; id -1 stands for hosts that Cal.com calls unknown.
-- grain: host_id
-- materialized: table
-- checks: not_null(time_zone)
-- decision: DECISIONS.md#hosts
-- decision: DECISIONS.md#which-schedule-applies

with

users as (
    select
        user_id,
        name,
        email,
        username,
        time_zone,
        default_schedule_id,
        created_at
    from staging.stg_cal__users
),

own_profiles as (
    select
        user_id,
        name,
        email,
        username,
        time_zone,
        default_schedule_id
    from staging.stg_cal__me
),

latest_memberships as (
    select
        user_id,
        user_name,
        user_email,
        user_username,
        row_number() over (partition by user_id order by membership_id desc) as recency
    from staging.stg_cal__memberships
    where user_id is not null
),

hosted_days as (
    select
        host_id,
        name,
        email,
        username,
        time_zone,
        row_number() over (
            partition by host_id order by created_at desc, text_order(booking_uid) desc
        ) as recency
    from intermediate.int_cal__hosted_days
    where host_id <> -1
),

latest_bookings as (
    select
        host_id,
        name,
        email,
        username,
        time_zone
    from hosted_days
    where recency = 1
),

-- whoever stands behind the first host of a booking and is the first of none
other_hosts as (
    select
        booking_hosts.host_id,
        max(text_order(booking_hosts.name)) as name,
        max(text_order(booking_hosts.email)) as email,
        max(text_order(booking_hosts.username)) as username,
        max(text_order(booking_hosts.time_zone)) as time_zone
    from staging.stg_cal__booking_hosts as booking_hosts
    left join latest_bookings on booking_hosts.host_id = latest_bookings.host_id
    where booking_hosts.host_id is not null and latest_bookings.host_id is null
    group by booking_hosts.host_id
),

hosting as (
    select * from latest_bookings
    union all
    select * from other_hosts
),

assigned as (
    select
        user_id,
        max(text_order(name)) as name,
        max(text_order(username)) as username
    from (
        select
            user_id,
            name,
            username
        from staging.stg_cal__event_type_hosts
        union all
        select
            user_id,
            name,
            username
        from staging.stg_cal__event_type_users
    ) as named
    group by user_id
),

ids as (
    select user_id as host_id from users
    union
    select user_id as host_id from own_profiles
    union
    select user_id as host_id from latest_memberships
    union
    select host_id from hosting
    union
    select user_id as host_id from assigned
    union
    select owner_user_id as host_id from staging.stg_cal__schedules
    where owner_user_id is not null
),

facts as (
    select
        ids.host_id,
        users.created_at,
        (
            users.user_id is not null
            or own_profiles.user_id is not null
            or latest_memberships.user_id is not null
        ) as is_member,
        users.user_id is not null or own_profiles.user_id is not null as is_user,
        coalesce(
            users.name,
            own_profiles.name,
            latest_memberships.user_name,
            hosting.name,
            assigned.name
        ) as name,
        coalesce(
            users.email, own_profiles.email, latest_memberships.user_email, hosting.email
        ) as email,
        coalesce(
            users.username,
            own_profiles.username,
            latest_memberships.user_username,
            hosting.username,
            assigned.username
        ) as username,
        coalesce(
            users.time_zone, own_profiles.time_zone, hosting.time_zone
        ) as stated_time_zone,
        coalesce(
            users.default_schedule_id, own_profiles.default_schedule_id
        ) as default_schedule_id
    from ids
    left join users on ids.host_id = users.user_id
    left join own_profiles on ids.host_id = own_profiles.user_id
    left join latest_memberships
        on ids.host_id = latest_memberships.user_id and latest_memberships.recency = 1
    left join hosting on ids.host_id = hosting.host_id
    left join assigned on ids.host_id = assigned.user_id
),

ranked_schedules as (
    select
        facts.host_id,
        schedules.schedule_id,
        schedules.time_zone,
        row_number() over (
            partition by facts.host_id
            order by
                case
                    when schedules.schedule_id = facts.default_schedule_id then 1
                    when schedules.is_default then 2
                    else 3
                end,
                schedules.schedule_id
        ) as preference
    from facts
    inner join staging.stg_cal__schedules as schedules on facts.host_id = schedules.owner_user_id
),

zoned as (
    select
        facts.host_id,
        facts.name,
        facts.email,
        facts.username,
        facts.created_at,
        facts.is_member,
        facts.is_user,
        facts.default_schedule_id,
        ranked_schedules.schedule_id,
        host_zones.time_zone as host_time_zone,
        schedule_zones.time_zone as schedule_time_zone
    from facts
    left join ranked_schedules
        on facts.host_id = ranked_schedules.host_id and ranked_schedules.preference = 1
    left join intermediate.int_cal__time_zones as host_zones
        on facts.stated_time_zone = host_zones.time_zone
    left join intermediate.int_cal__time_zones as schedule_zones
        on ranked_schedules.time_zone = schedule_zones.time_zone
)

select
    zoned.host_id, -- id; user id
    zoned.name, -- text; name
    zoned.email, -- text; e-mail
    zoned.username, -- text; user name
    coalesce(zoned.host_time_zone, zoned.schedule_time_zone, 'UTC') as time_zone, -- IANA name
    zoned.host_time_zone is not null as has_time_zone, -- flag; Cal.com states a zone we know
    zoned.default_schedule_id, -- id; as Cal.com states it; it may not be visible to the key
    zoned.schedule_id, -- id; schedule that tells the working hours; NULL: none visible
    (
        zoned.is_user and zoned.default_schedule_id is null and zoned.schedule_id is null
    ) as is_without_schedule, -- flag; Cal.com states that there is none
    coalesce(
        zoned.schedule_time_zone, zoned.host_time_zone, 'UTC'
    ) as schedule_time_zone, -- IANA name; zone of the working hours
    zoned.created_at, -- UTC; when the user was made, where known
    zoned.is_member, -- flag; among users, own profile or memberships now
    true as is_known -- flag; false for id -1 only
from zoned
union all
select
    -1 as host_id,
    'Unknown host' as name,
    null as email,
    null as username,
    'UTC' as time_zone,
    false as has_time_zone,
    null as default_schedule_id,
    null as schedule_id,
    false as is_without_schedule,
    'UTC' as schedule_time_zone,
    null as created_at,
    false as is_member,
    false as is_known
