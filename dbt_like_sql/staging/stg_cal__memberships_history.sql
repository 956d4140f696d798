-- model: staging.stg_cal__memberships_history
-- description: Every version of every membership since the warehouse keeps them.
-- grain: membership_id, valid_from_at
-- materialized: view
-- sources: raw.memberships_history
-- history: raw.memberships_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as membership_id, -- id; the membership
    user_id, -- id; the member
    team_id, -- id; the team or organisation
    accepted as is_accepted, -- flag; false while the invitation is open
    role, -- text; MEMBER, ADMIN or OWNER
    created_at, -- UTC; when it was made; organisation memberships only
    valid_from as valid_from_at, -- UTC; when the answer that brought this version was read
    valid_to as valid_to_at -- UTC; when it was found changed or gone; NULL: it is so now
from raw.memberships_history
