"""The own profile and keys, and an organisation's users.

Source: recordings `update_user_profile_details__*`, `extra_api_keys_refresh__*`,
`*_organization_user_*`, `post_user_to_organization__*` of `recorded-actions`, `w_org_user_*`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.auth import Credentials
from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    Rule,
    at_least,
    is_boolean,
    is_email,
    is_enum,
    is_in,
    is_int,
    is_number,
    is_object,
    is_string,
    is_time_zone,
    said,
)
from cal_source.sandbox.call import success
from cal_source.sandbox.cascades import delete_account
from cal_source.sandbox.errors import (
    BadRequestError,
    ConflictError,
    DuplicateError,
    UnauthorizedError,
)
from cal_source.sandbox.guards import authenticated, is_user_in_organization, organization_role
from cal_source.sandbox.records import User
from cal_source.sandbox.render.people import me_json, organization_user_json
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.membership_writes import ROLES, add_membership

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TIME_FORMATS: Final = (12, 24)
_COLUMNS: Final = {
    "email": "email",
    "username": "username",
    "name": "name",
    "bio": "bio",
    "timeZone": "time_zone",
    "weekStart": "week_start",
    "weekday": "week_start",
    "timeFormat": "time_format",
    "defaultScheduleId": "default_schedule_id",
    "locale": "locale",
    "avatarUrl": "avatar_url",
    "metadata": "metadata",
}
_NULLABLE: Final = frozenset({
    "name", "bio", "avatarUrl", "locale", "theme", "appTheme", "brandColor", "darkBrandColor",
})  # fmt: skip
_LOOKS: Final = ("brandColor", "darkBrandColor", "hideBranding", "theme", "appTheme")


def _optional(name: str, *rules: Rule) -> BodyField:
    return BodyField(name, rules, is_optional=True, is_nullable=name in _NULLABLE)


_TIME_FORMAT: Final = (
    said(
        Rule("timeFormatValidator", is_in("timeFormat", TIME_FORMATS).complaint),
        "Please include either 12 or 24",
    ),
    is_number("timeFormat"),
)
_UPDATE_RULES: Final = BodyRules((
    _optional("email", is_email("email")),
    _optional("username", is_string("username")),
    _optional("weekday", is_string("weekday")),
    _optional("brandColor", is_string("brandColor")),
    _optional("darkBrandColor", is_string("darkBrandColor")),
    _optional("bio", is_string("bio")),
    _optional("metadata", is_object("metadata")),
    _optional("hideBranding", is_boolean("hideBranding")),
    _optional("timeZone", is_time_zone("timeZone")),
    _optional("theme", is_string("theme")),
    _optional("appTheme", is_string("appTheme")),
    _optional("timeFormat", *_TIME_FORMAT),
    _optional("defaultScheduleId", at_least("defaultScheduleId", 0), is_int("defaultScheduleId")),
    _optional("locale", is_string("locale")),
    _optional("avatarUrl", is_string("avatarUrl")),
))
_CREATE_RULES: Final = BodyRules(
    (
        BodyField("email", (is_email("email"),)),
        *_UPDATE_RULES.fields[1:],
        _optional("organizationRole", is_enum("organizationRole", ROLES)),
        _optional("autoAccept", is_boolean("autoAccept")),
    ),
    {"organizationRole": "MEMBER", "autoAccept": True},
)
_REFRESH_RULES: Final = BodyRules((
    _optional("apiKeyDaysValid", at_least("apiKeyDaysValid", 1), is_int("apiKeyDaysValid")),
    _optional("apiKeyNeverExpires", is_boolean("apiKeyNeverExpires")),
))
_USUAL_KEY_DAYS: Final = 30


def profile_rules(time_format: Rule) -> BodyRules:
    """The fields of the own profile; any text will do for an e-mail address."""
    return BodyRules((
        _optional("email", is_string("email")),
        _optional("name", is_string("name")),
        _optional("timeFormat", time_format),
        _optional("defaultScheduleId", is_int("defaultScheduleId")),
        _optional("weekStart", is_in("weekStart", _DAYS)),
        _optional("timeZone", is_time_zone("timeZone")),
        _optional("locale", is_string("locale")),
        _optional("avatarUrl", is_string("avatarUrl")),
        _optional("bio", is_string("bio")),
        _optional("metadata", is_object("metadata")),
    ))


_ME_RULES: Final = profile_rules(is_in("timeFormat", TIME_FORMATS))


def update_me(call: Call) -> Any:
    """Change the own profile; another e-mail address waits for its owner's consent, unseen.

    A changed time zone is also the default schedule's.
    """
    body = _ME_RULES.read(call)
    body.pop("email", None)
    user = change_user(call, call.user, body)
    schedule = call.world.schedules.get(user.default_schedule_id or 0)
    if "timeZone" in body and schedule is not None:
        call.world.schedules[schedule.id] = replace(schedule, time_zone=user.time_zone)
    answer = me_json(call.world, user)
    answer.pop("organization", None)
    return success(answer)


def refresh_key(call: Call) -> Any:
    """Replace the API key that is used; the old one stops working at once.

    Raises:
        BadRequestError: Both a number of days and no end are asked for.
        UnauthorizedError: The call is not made with an API key.
    """
    body = _REFRESH_RULES.read(call)
    if len(body) > 1:
        text = "Please provide either apiKeyDaysValid or apiKeyNeverExpires, not both"
        raise BadRequestError(text)
    old = call.world.api_keys.get(Credentials.of(call.headers).bearer or "")
    if old is None:
        text = "Only an API key can be refreshed"
        raise UnauthorizedError(text)
    days = timedelta(days=body.get("apiKeyDaysValid", _USUAL_KEY_DAYS))
    expires_at = None if body.get("apiKeyNeverExpires") else call.now + days
    token = f"cal_{call.ids.token()}"
    call.world.api_keys[token] = replace(old, token=token, expires_at=expires_at)
    call.world.edit("api_keys", old.token, is_revoked=True)
    return success({"apiKey": token})


def create(call: Call) -> Any:
    """Make a user within the organisation, who gets an invitation by mail.

    Raises:
        ConflictError: The organisation has a user of this e-mail address.
        DuplicateError: Somebody else has it.
    """
    body = _CREATE_RULES.read(call)
    organization_id = int(call.params["orgId"])
    known = _user_of_email(call, body["email"])
    if known is not None:
        if call.world.membership(organization_id, known.id) is not None:
            text = "A user already exists with that email"
            raise ConflictError(text)
        raise DuplicateError
    user = _new_user(call, body, organization_id)
    call.world.users[user.id] = user
    add_membership(
        call, organization_id, user.id, body["organizationRole"], is_accepted=body["autoAccept"]
    )
    call.outbox.mail("organization_invitation", [user.email], call.now)
    return success(organization_user_json(user))


def update(call: Call) -> Any:
    """Change a user of the organisation.

    Raises:
        DuplicateError: Somebody else has this e-mail address.
    """
    body = _UPDATE_RULES.read(call)
    user = call.world.users[int(call.params["userId"])]
    known = _user_of_email(call, body.get("email"))
    if known is not None and known.id != user.id:
        raise DuplicateError
    return success(organization_user_json(change_user(call, user, body)))


def delete(call: Call) -> Any:
    """Delete the account of a user of the organisation, bookings included."""
    user = call.world.users[int(call.params["userId"])]
    body = organization_user_json(user)
    delete_account(call.world, user.id)
    return success(body)


def change_user(call: Call, user: User, body: Json) -> User:
    """Write the given fields to a user."""
    columns = columns_of_user(body)
    looks: Json = {name: body[name] for name in _LOOKS if name in body}
    changed: User = call.world.edit("users", user.id, **columns, settings=user.settings | looks)
    return changed


def columns_of_user(body: Json) -> Json:
    """The columns of a user that a body sets."""
    return {column: body[name] for name, column in _COLUMNS.items() if name in body}


def _new_user(call: Call, body: Json, organization_id: int) -> User:
    """The user name in the profile is made of the e-mail address, whatever was asked for."""
    local, _, domain = body["email"].partition("@")
    in_profile = f"{local}-{domain.partition('.')[0]}"
    profiles = (user.profile_id or 0 for user in call.world.users.values())
    user = User(
        id=call.ids.number("users", call.world.users),
        email=body["email"],
        name=None,
        username=in_profile,
        time_zone="Europe/London",
        created_at=call.now,
        organization_id=organization_id,
        profile_id=call.ids.number("profiles", profiles),
        locale=None,
        metadata=None,
        invited_to=organization_id,
        profile_username=in_profile,
    )
    columns = columns_of_user(body)
    looks: Json = {name: body[name] for name in _LOOKS if name in body}
    return replace(user, **columns, settings=looks)


def _user_of_email(call: Call, email: str | None) -> User | None:
    return next((user for user in call.world.users.values() if user.email == email), None)


_USERS: Final = "/v2/organizations/{orgId}/users"
_ADMIN: Final = organization_role("ORG_ADMIN")
ROUTES = (
    write("PATCH", "/v2/me", update_me, authenticated),
    write("POST", "/v2/api-keys/refresh", refresh_key, authenticated, status=200),
    write("POST", _USERS, create, *_ADMIN),
    write("PATCH", f"{_USERS}/{{userId}}", update, *_ADMIN, is_user_in_organization),
    write("DELETE", f"{_USERS}/{{userId}}", delete, *_ADMIN, is_user_in_organization),
)
