"""Users, teams, memberships, attributes, absences and webhooks as Cal.com answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.clock import to_iso

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.records import (
        Attribute,
        AttributeOption,
        Json,
        Membership,
        OutOfOffice,
        Team,
        User,
        VerifiedContact,
        Webhook,
    )
    from cal_source.sandbox.world import World

_ATTRIBUTE_TYPES: Final = {
    "SINGLE_SELECT": "singleSelect",
    "MULTI_SELECT": "multiSelect",
    "TEXT": "text",
    "NUMBER": "number",
}


def me_json(world: World, user: User) -> Json:
    """A user's own profile; without an organisation there is no `organization` field."""
    body: Json = {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "avatarUrl": user.avatar_url,
        "bio": user.bio,
        "timeFormat": user.time_format,
        "defaultScheduleId": user.default_schedule_id,
        "weekStart": user.week_start,
        "timeZone": user.time_zone,
        "username": user.username,
        "organizationId": user.organization_id,
    }
    if user.organization_id is not None:
        organization = world.teams[user.organization_id]
        body["organization"] = {"isPlatform": organization.is_platform, "id": organization.id}
    return body


def organization_user_json(user: User) -> Json:
    """A user as their organisation lists them; one that it made is verified by it."""
    body: Json = {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "emailVerified": _iso(user.email_verified_at),
        "bio": user.bio,
        "avatarUrl": user.avatar_url,
        "timeZone": user.time_zone,
        "weekStart": user.week_start,
        "appTheme": None,
        "theme": None,
        "defaultScheduleId": user.default_schedule_id,
        "locale": user.locale,
        "timeFormat": user.time_format,
        "hideBranding": False,
        "brandColor": None,
        "darkBrandColor": None,
        "allowDynamicBooking": True,
        "createdDate": to_iso(user.created_at),
        "verified": user.invited_to is not None,
        "invitedTo": user.invited_to,
    }
    body |= {name: value for name, value in user.settings.items() if name in body}
    profile = {
        "id": user.profile_id,
        "organizationId": user.organization_id,
        "userId": user.id,
        "username": user.profile_username or user.username,
    }
    return body | _metadata(user) | {"profile": profile}


def managed_user_json(user: User) -> Json:
    """A user that a platform's client made."""
    return {
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "bio": user.bio,
        "timeZone": user.time_zone,
        "weekStart": user.week_start,
        "createdDate": to_iso(user.created_at),
        "timeFormat": user.time_format,
        "defaultScheduleId": user.default_schedule_id,
        "locale": user.locale,
        "avatarUrl": user.avatar_url,
    } | (_metadata(user) if user.metadata else {})


def team_json(team: Team) -> Json:
    """A team or organisation; `metadata` is there only when it was ever set."""
    body: Json = {
        "hideBookATeamMember": False,
        "timeZone": team.time_zone,
        "weekStart": team.week_start,
        "id": team.id,
        "parentId": team.parent_id,
        "name": team.name,
        "slug": team.slug,
        "logoUrl": None,
        "calVideoLogo": None,
        "appLogo": None,
        "appIconLogo": None,
        "bio": team.bio,
        "hideBranding": False,
        "isOrganization": team.is_organization,
        "isPrivate": False,
    }
    if team.metadata is not None:
        body["metadata"] = team.metadata
    nothing = ("theme", "brandColor", "darkBrandColor", "bannerUrl", "timeFormat")
    body |= dict.fromkeys(nothing)
    return body | {name: value for name, value in team.settings.items() if name in body}


def team_membership_json(world: World, row: Membership) -> Json:
    """A membership of a team."""
    user = world.users[row.user_id]
    return {
        "id": row.id,
        "userId": row.user_id,
        "teamId": row.team_id,
        "accepted": row.is_accepted,
        "role": row.role,
        "disableImpersonation": row.is_impersonation_disabled,
        "user": {
            "avatarUrl": user.avatar_url,
            "username": user.username,
            "name": user.name,
            "email": user.email,
            "bio": user.bio,
        }
        | _metadata(user),
    }


def organization_membership_json(world: World, row: Membership) -> Json:
    """A membership of an organisation, with the member's attributes."""
    user = world.users[row.user_id]
    return {
        "id": row.id,
        "teamId": row.team_id,
        "userId": row.user_id,
        "accepted": row.is_accepted,
        "role": row.role,
        "customRoleId": f"{row.role.lower()}_role",
        "disableImpersonation": row.is_impersonation_disabled,
        "createdAt": _iso(row.created_at),
        "updatedAt": _iso(row.updated_at),
        "user": {
            "username": user.username,
            "email": user.email,
            "avatarUrl": user.avatar_url,
            "name": user.name,
            **_metadata(user),
            "bio": user.bio,
        },
        "attributes": _member_attributes(world, row.user_id, row.team_id),
    }


def _member_attributes(world: World, user_id: int, organization_id: int) -> list[Json]:
    found: dict[str, Json] = {}
    for assignment in world.attribute_assignments.values():
        option = world.attribute_options.get(assignment.option_id)
        if assignment.user_id != user_id or option is None:
            continue
        attribute = world.attributes[option.attribute_id]
        if attribute.team_id != organization_id:
            continue
        entry = found.setdefault(attribute.id, {"id": attribute.id, "name": attribute.name})
        if attribute.type == "MULTI_SELECT":
            entry.setdefault("options", []).append({"optionId": option.id, "option": option.value})
        else:
            entry |= {"optionId": option.id, "option": _option_value(attribute, option)}
    for attribute_id, entry in found.items():
        entry["type"] = _ATTRIBUTE_TYPES[world.attributes[attribute_id].type]
    return list(found.values())


def _option_value(attribute: Attribute, option: AttributeOption) -> Any:
    return int(option.value) if attribute.type == "NUMBER" else option.value


def attribute_json(row: Attribute) -> Json:
    """An attribute of an organisation."""
    return {
        "id": row.id,
        "teamId": row.team_id,
        "type": row.type,
        "name": row.name,
        "slug": row.slug,
        "enabled": row.is_enabled,
        "usersCanEditRelation": row.is_editable_by_users,
        "createdAt": to_iso(row.created_at),
        "updatedAt": to_iso(row.updated_at),
        "isWeightsEnabled": row.is_weights_enabled,
        "isLocked": row.is_locked,
    }


def option_json(row: AttributeOption) -> Json:
    """A value of an attribute."""
    return {
        "id": row.id,
        "attributeId": row.attribute_id,
        "value": row.value,
        "slug": row.slug,
        "isGroup": row.is_group,
        "contains": row.contains,
    }


def assigned_option_json(row: AttributeOption, user_ids: list[int]) -> Json:
    """A value of an attribute with the ids of the users who have it, ascending."""
    return {
        "id": row.id,
        "attributeId": row.attribute_id,
        "value": row.value,
        "slug": row.slug,
        "assignedUserIds": sorted(user_ids),
    }


def out_of_office_json(row: OutOfOffice) -> Json:
    """An absence."""
    return {
        "userId": row.user_id,
        "toUserId": row.to_user_id,
        "id": row.id,
        "uuid": row.uuid,
        "start": to_iso(row.start),
        "end": to_iso(row.end),
        "notes": row.notes,
        "reason": row.reason,
    }


def webhook_json(row: Webhook) -> Json:
    """A webhook, secret included; only the level it belongs to is named."""
    body: Json = {
        "id": row.id,
        "payloadTemplate": row.payload_template,
        "triggers": row.triggers,
        "subscriberUrl": row.subscriber_url,
        "active": row.is_active,
    }
    if row.secret is not None:
        body["secret"] = row.secret
    owners = {
        "userId": row.user_id,
        "eventTypeId": row.event_type_id,
        "teamId": row.team_id,
        "oAuthClientId": row.oauth_client_id,
    }
    return body | {name: value for name, value in owners.items() if value is not None}


def webhook_row_json(row: Webhook) -> Json:
    """A user's webhook read alone: the whole database row, another shape than in the list."""
    return {
        "id": row.id,
        "userId": row.user_id,
        "teamId": row.team_id,
        "eventTypeId": row.event_type_id,
        "subscriberUrl": row.subscriber_url,
        "payloadTemplate": row.payload_template,
        "createdAt": to_iso(row.created_at),
        "active": row.is_active,
        "appId": None,
        "secret": row.secret,
        "platform": False,
        "time": None,
        "timeUnit": None,
        "version": "2021-10-20",
        "triggers": row.triggers,
        "oAuthClientId": row.oauth_client_id,
    }


def contact_json(row: VerifiedContact) -> Json:
    """A verified e-mail address or phone number."""
    value = {"email" if row.kind == "email" else "phoneNumber": row.value}
    return {"id": row.id, "userId": row.user_id, "teamId": row.team_id} | value


def _metadata(user: User) -> Json:
    """There is no `metadata` where it was never set."""
    return {} if user.metadata is None else {"metadata": user.metadata}


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else to_iso(instant)
