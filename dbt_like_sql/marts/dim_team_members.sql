-- model: marts.dim_team_members
-- description: Who belonged to which team, in which role, and when: one row per version of a
--   membership that the warehouse has seen.
-- grain: membership_id, version_number
-- materialized: table
-- time: all *_at columns are UTC
-- decision: DECISIONS.md#versions

with

versions as (
    select
        membership_id,
        user_id,
        team_id,
        is_accepted,
        role,
        created_at,
        valid_from_at,
        valid_to_at
    from staging.stg_cal__memberships_history
    union all
    select
        memberships.membership_id,
        memberships.user_id,
        memberships.team_id,
        memberships.is_accepted,
        memberships.role,
        memberships.created_at,
        null as valid_from_at,
        null as valid_to_at
    from staging.stg_cal__memberships as memberships
    left join staging.stg_cal__memberships_history as versions
        on memberships.membership_id = versions.membership_id
    where versions.membership_id is null
),

numbered as (
    select
        *,
        row_number() over (
            partition by membership_id order by valid_from_at
        ) as version_number
    from versions
)

select
    membership_id, -- id; the membership
    version_number, -- number; from 1
    team_id, -- id; see dim_teams
    user_id as host_id, -- id; see dim_hosts
    role, -- text; MEMBER, ADMIN or OWNER
    coalesce(is_accepted, false) as is_accepted, -- flag; false while the invitation is open
    created_at, -- UTC; when Cal.com made it; organisation memberships only
    valid_from_at as seen_at, -- UTC; when this version was first read; NULL: none were kept
    valid_to_at as gone_at, -- UTC; when it was found changed or gone; NULL: it is so now
    version_number = 1 as is_first_version, -- flag; also stands for the time before seen_at
    valid_to_at is null as is_current -- flag; it is so now
from numbered
