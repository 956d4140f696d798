"""Bodies of the writes about teams and memberships."""

from __future__ import annotations

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import Email, Id, Metadata, NonEmpty, Role, TimeZone


class TeamProfile(RequestBody):
    """What team bodies have in common. Cal.com asks for the name in a change too."""

    name: NonEmpty
    slug: str | None = None
    logo_url: str | None = None
    cal_video_logo: str | None = None
    app_logo: str | None = None
    app_icon_logo: str | None = None
    bio: str | None = None
    hide_branding: bool | None = None
    is_private: bool | None = None
    hide_book_a_team_member: bool | None = None
    metadata: Metadata | None = None
    theme: str | None = None
    brand_color: str | None = None
    dark_brand_color: str | None = None
    banner_url: str | None = None
    time_format: int | None = None
    time_zone: TimeZone | None = None
    week_start: str | None = None


class CreateTeam(TeamProfile):
    """Create a team."""

    auto_accept_creator: bool | None = None


class UpdateTeam(TeamProfile):
    """Change a team."""

    booking_limits: str | None = None
    include_managed_events_in_limits: bool | None = None


class Membership(RequestBody):
    """What membership bodies have in common."""

    accepted: bool | None = None
    disable_impersonation: bool | None = None


class CreateMembership(Membership):
    """Make a user a member of an organisation, or of a team inside one."""

    user_id: Id
    role: Role


class CreateTeamMembership(Membership):
    """Make a user a member of a team outside an organisation; MEMBER unless a role is given."""

    user_id: Id
    role: Role | None = None


class UpdateMembership(Membership):
    """Change a membership."""

    role: Role | None = None


class RequestEmailVerification(RequestBody):
    """Have Cal.com mail a code that proves an address."""

    email: Email
