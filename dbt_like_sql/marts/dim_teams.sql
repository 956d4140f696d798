-- model: marts.dim_teams
-- description: Teams and organisations, with how many people belong to each now.
-- grain: team_id
-- materialized: table
-- time: all *_at columns are UTC

with

members as (
    select
        team_id,
        count(distinct user_id) as member_count
    from staging.stg_cal__memberships
    where is_accepted
    group by team_id
)

select
    teams.team_id, -- id; the team; of an organisation, its organisation id
    teams.name, -- text; name
    teams.slug, -- text; last part of its public address
    teams.parent_team_id, -- id; the organisation of the team; NULL without one
    coalesce(teams.is_organization, false) as is_organization, -- flag; an organisation
    coalesce(teams.is_private, false) as is_private, -- flag; members are not shown
    teams.time_zone, -- IANA name; the team's zone
    cast(coalesce(members.member_count, 0) as bigint) as member_count -- number; accepted members
from staging.stg_cal__teams as teams
left join members on teams.team_id = members.team_id
