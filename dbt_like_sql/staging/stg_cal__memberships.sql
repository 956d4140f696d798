-- model: staging.stg_cal__memberships
-- description: Who belongs to which team or organisation, in which role; invitations too.
-- grain: membership_id
-- materialized: view
-- sources: raw.memberships
-- history: raw.memberships_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as membership_id, -- id; membership id
    user_id, -- id; the member
    team_id, -- id; the team or organisation
    accepted as is_accepted, -- flag; false while the invitation is open
    role, -- text; MEMBER, ADMIN or OWNER
    custom_role_id, -- text; role with its own permissions, in organisations that use them
    disable_impersonation as is_impersonation_disabled, -- flag; admins cannot act as them
    created_at, -- UTC; when it was made; organisation memberships only
    updated_at, -- UTC; when it was last written; organisation memberships only
    user_username, -- text; the member's user name
    user_email, -- text; the member's e-mail
    user_name, -- text; the member's name
    user_avatar_url, -- text; address of the member's picture
    user_bio, -- text; about the member
    user_metadata, -- JSON; free-form metadata of the member
    attributes, -- JSON; organisation attributes of the member, with their options
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.memberships
