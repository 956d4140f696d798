"""Bodies of the writes about users, managed users and the key's own profile."""

from __future__ import annotations

from typing import ClassVar

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import (
    Email,
    HexColour,
    HourFormat,
    Id,
    Language,
    Metadata,
    Role,
    TimeZone,
    Weekday,
)


class Profile(RequestBody):
    """What profiles have in common."""

    time_format: HourFormat | None = None
    week_start: Weekday | None = None
    time_zone: TimeZone | None = None
    locale: Language | None = None
    avatar_url: str | None = None
    bio: str | None = None
    metadata: Metadata | None = None


class CreateManagedUser(Profile):
    """Create a managed user of a platform client."""

    email: Email
    name: str


class UpdateProfile(Profile):
    """Change the key's own profile, or a managed user's."""

    email: Email | None = None
    name: str | None = None
    default_schedule_id: Id | None = None


class OrganizationUser(RequestBody):
    """What bodies about users of an organisation have in common; there is no `name` in them."""

    nullable: ClassVar[frozenset[str]] = frozenset({"theme", "app_theme", "locale"})

    username: str | None = None
    weekday: str | None = None
    brand_color: HexColour | None = None
    dark_brand_color: HexColour | None = None
    bio: str | None = None
    metadata: Metadata | None = None
    hide_branding: bool | None = None
    time_zone: TimeZone | None = None
    theme: str | None = None
    app_theme: str | None = None
    time_format: HourFormat | None = None
    default_schedule_id: Id | None = None
    locale: str | None = None
    avatar_url: str | None = None


class CreateOrganizationUser(OrganizationUser):
    """Add a user to an organisation; Cal.com mails an invitation."""

    email: Email
    organization_role: Role | None = None
    auto_accept: bool | None = None


class UpdateOrganizationUser(OrganizationUser):
    """Change a user of an organisation."""

    email: Email | None = None
