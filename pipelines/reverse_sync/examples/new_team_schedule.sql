-- Make everyone in a team a schedule, and make it their default.
-- cal-warehouse plan --query new_team_schedule.sql
-- The second request of each member refers to the result of the first by its name.
with members as (
    select
        m.user_id,
        u.time_zone,
        u.profile_organization_id as organization_id
    from raw.memberships as m
    inner join raw.users as u on m.user_id = u.id
    where m.team_id = 102 and m.accepted
)

select
    'create_user_schedule_in_organization' as action,
    'summer-' || cast(user_id as varchar) as name,
    organization_id as "orgId",
    user_id as "userId",
    '{"name": "Summer", "timeZone": "' || time_zone || '", "isDefault": false, "availability": '
    || '[{"days": ["Monday", "Wednesday"], "startTime": "08:00", "endTime": "13:00"}]}' as body,
    'summer hours' as reason
from members
union all
select
    'patch_organization_user_details' as action,
    'default-' || cast(user_id as varchar) as name,
    organization_id as "orgId",
    user_id as "userId",
    '{"defaultScheduleId": "result:summer-' || cast(user_id as varchar) || '.id"}' as body,
    'summer hours' as reason
from members
