"""Accounts that a platform's client makes, and their tokens.

Source: recordings `*oauth_client_user*`, `refresh_oauth_token_for_client_id__*`,
`force_refresh_user_oauth_client__*` of `recorded-actions`; `w_managed_*`, `edge_managed_*`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.connections import RefreshToken
from cal_source.sandbox.event_type_bodies import NEW_BOOKING_FIELDS
from cal_source.sandbox.records import AccessToken, User
from cal_source.sandbox.routes.event_type_writes import add_event_type
from cal_source.sandbox.routes.membership_writes import add_membership
from cal_source.sandbox.routes.schedule_writes import add_schedule

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json, OAuthClient
    from cal_source.sandbox.world import World

ACCESS_LASTS: Final = timedelta(hours=1)
REFRESH_LASTS: Final = timedelta(days=365)
_VIDEO: Final[list[Json]] = [{"type": "integration", "integration": "cal-video"}]
# The event types every managed user is given: title, slug, minutes, locations.
_EVENT_TYPES: Final[tuple[tuple[str, str, int, list[Json]], ...]] = (
    ("30 Minutes", "thirty-minutes", 30, []),
    ("30 Minutes Video", "thirty-minutes-video", 30, _VIDEO),
    ("60 Minutes", "sixty-minutes", 60, []),
    ("60 Minutes Video", "sixty-minutes-video", 60, _VIDEO),
)


def managed_email(email: str, client_id: str) -> str:
    """The address an account is kept under: several clients may manage the same person."""
    local, _, domain = email.partition("@")
    return f"{local}+{client_id}@{domain}"


def add_managed_user(call: Call, client: OAuthClient, email: str, columns: Json) -> User:
    """Make an account with its schedule and event types; `email` is as it will be kept."""
    world = call.world
    local, _, domain = email.replace("+", "-").partition("@")
    profiles = (user.profile_id or 0 for user in world.users.values())
    user = User(
        id=call.ids.number("users", world.users),
        email=email,
        name=None,
        username=f"{local}-{domain.replace('.', '-')}",
        time_zone="Europe/London",
        created_at=call.now,
        organization_id=client.organization_id,
        profile_id=call.ids.number("profiles", profiles),
        locale=None,
        oauth_client_id=client.id,
    )
    user = replace(user, **columns)
    world.users[user.id] = user
    add_membership(call, client.organization_id, user.id, "MEMBER", is_accepted=True)
    if "time_zone" in columns:
        schedule = add_schedule(call, user.id, "Default schedule", user.time_zone)
        user.default_schedule_id = schedule.id
    for title, slug, minutes, locations in _EVENT_TYPES:
        add_event_type(
            call,
            owner_id=user.id,
            title=title,
            slug=slug,
            length_minutes=minutes,
            settings={"locations": locations, "bookingFields": NEW_BOOKING_FIELDS},
        )
    return user


def new_tokens(call: Call, user_id: int, client_id: str) -> Json:
    """Make an access token and a refresh token; the instants are in milliseconds.

    The one ends an hour from the present minute, the other a year from the present day.
    """
    access_ends = call.now.replace(second=0, microsecond=0) + ACCESS_LASTS
    refresh_ends = call.now.replace(hour=0, minute=0, second=0, microsecond=0) + REFRESH_LASTS
    access, refresh = call.ids.token(), call.ids.token()
    call.world.access_tokens[access] = AccessToken(access, user_id, client_id, access_ends)
    row = RefreshToken(refresh, user_id, client_id, refresh_ends)
    call.world.connections.refresh_tokens[refresh] = row
    return {
        "accessToken": access,
        "accessTokenExpiresAt": _milliseconds(access_ends),
        "refreshToken": refresh,
        "refreshTokenExpiresAt": _milliseconds(refresh_ends),
    }


def drop_tokens(world: World, user_id: int, client_id: str) -> None:
    """End all tokens a client has for a user."""
    for tokens in (world.access_tokens, world.connections.refresh_tokens):
        for key in [k for k, row in tokens.items() if row.user_id == user_id]:
            if tokens[key].client_id == client_id:
                del tokens[key]


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000
