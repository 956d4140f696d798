"""What the recorded server held that none of its lists shows.

A world folder is the lists of an organisation's owner and of a few other keys. The platform, the
members of a team outside the organisation and the keys with special limits appear only in single
answers; they are written down here, so that a sandbox filled from the folder has them too.
Nothing is added to a folder of another server.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.load_organization import WEBHOOKS_MADE_AT
from cal_source.sandbox.records import (
    AccessToken,
    ApiKey,
    EventType,
    Host,
    Json,
    Membership,
    OAuthClient,
    Schedule,
    Team,
    User,
    Webhook,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.world import World

PLATFORM_CLIENT_ID: Final = "cmlremhtume2m3shyouf11xq2"
READ_ONLY_CLIENT_ID: Final = "cmljtdbf9dkhqubvpvsqp8pxo"
CLIENT_SECRET: Final = "sandbox-oauth-secret"  # noqa: S105 - the sandbox's public password
EVERY_PERMISSION: Final = frozenset({
    "EVENT_TYPE_READ", "EVENT_TYPE_WRITE", "BOOKING_READ", "BOOKING_WRITE", "SCHEDULE_READ",
    "SCHEDULE_WRITE", "APPS_READ", "APPS_WRITE", "PROFILE_READ", "PROFILE_WRITE",
})  # fmt: skip
_ORGANIZATION, _OWNER, _SOLO, _OTHER = 101, 1001, 1020, 1024
_PLATFORM, _PAULA, _PAVEL, _SOLO_TEAM, _SUE = 105, 1022, 1023, 104, 1021
_OTHER_ORGANIZATION = 106
_WORKING_HOURS: Final[list[Json]] = [
    {
        "days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
        "startTime": "09:00",
        "endTime": "17:00",
    },
]
_EVENINGS: Final[list[Json]] = [
    {"days": ["Sunday", "Saturday"], "startTime": "10:00", "endTime": "14:00"},
    {"days": ["Tuesday", "Thursday"], "startTime": "18:00", "endTime": "21:00"},
]


def add_unlisted(world: World) -> None:
    """Add the platform, the solo team's people, special keys and NULLs no list shows."""
    if {_OWNER, _SOLO, _OTHER} - set(world.users) or _ORGANIZATION not in world.teams:
        return
    made = world.users[_OWNER].created_at
    _add_platform(world, made)
    _add_memberships(world)
    _add_solo_team(world)
    _add_keys(world)
    for response in world.routing_responses.values():
        if response.id % 12 == 1:
            response.updated_at = None


def _add_platform(world: World, made: datetime) -> None:
    world.teams[_PLATFORM] = Team(
        _PLATFORM,
        "Lab Platform",
        "lab-platform",
        is_organization=True,
        is_platform=True,
    )
    people: tuple[tuple[int, str, str, str, int | None, int], ...] = (
        (_PAULA, "paula", "Platform Paula", "Europe/London", 722, 413),
        (_PAVEL, "pavel", "Platform Pavel", "Europe/Berlin", None, 414),
    )
    for user_id, username, name, zone, schedule_id, profile_id in people:
        world.users[user_id] = User(
            id=user_id,
            email=f"{username}@platform.test",
            name=name,
            username=username,
            time_zone=zone,
            created_at=made,
            organization_id=_PLATFORM,
            profile_id=profile_id,
            default_schedule_id=schedule_id,
            week_start="Monday",
            time_format=24,
            email_verified_at=made,
        )
    world.schedules[722] = Schedule(
        722, _PAULA, "Working hours", "Europe/London", _WORKING_HOURS, []
    )
    _add_clients(world)


def _add_clients(world: World) -> None:
    clients = (
        (PLATFORM_CLIENT_ID, EVERY_PERMISSION, "Lab platform client"),
        (READ_ONLY_CLIENT_ID, frozenset({"PROFILE_READ"}), "Lab read-only client"),
    )
    for client_id, permissions, name in clients:
        world.oauth_clients[client_id] = OAuthClient(
            client_id, CLIENT_SECRET, name, _PLATFORM, permissions
        )
    webhook_id = "c710bd7b-5b97-433c-a5f7-25bf6cdb108b"
    sibling = next(iter(world.webhooks.values()))
    world.webhooks[webhook_id] = Webhook(
        id=webhook_id,
        subscriber_url="http://127.0.0.1:55881/oauth",
        triggers=sibling.triggers,
        created_at=WEBHOOKS_MADE_AT,
        oauth_client_id=PLATFORM_CLIENT_ID,
        secret=sibling.secret,
    )


def _add_memberships(world: World) -> None:
    like = next(iter(world.memberships.values()))
    rows = (
        (313, _PLATFORM, _PAULA, "OWNER"),
        (314, _PLATFORM, _PAVEL, "MEMBER"),
        (315, _OTHER_ORGANIZATION, _OTHER, "OWNER"),
        (327, _SOLO_TEAM, _SOLO, "OWNER"),
        (328, _SOLO_TEAM, _SUE, "MEMBER"),
    )
    for key, team_id, user_id, role in rows:
        world.memberships[key] = Membership(
            key,
            team_id,
            user_id,
            role,
            is_accepted=True,
            created_at=like.created_at,
            updated_at=like.updated_at,
        )
    world.users[_OTHER].profile_id = 415  # profiles were made in the order of memberships


def _add_solo_team(world: World) -> None:
    sue = world.users[_SUE]
    sue.default_schedule_id = 720
    rows = ((720, "Working hours", _WORKING_HOURS), (721, "Evenings & weekends", _EVENINGS))
    for key, name, availability in rows:
        world.schedules[key] = Schedule(key, _SUE, name, sue.time_zone, availability, [])
    known = world.event_types.pop(5055)
    world.event_types[5055] = EventType(
        id=known.id,
        title="Crew call",
        slug=known.slug,
        length_minutes=30,
        team_id=_SOLO_TEAM,
        scheduling_type="collective",
        hosts=[Host(_SOLO)],
    )


def _add_keys(world: World) -> None:
    unlimited = next(iter(world.api_keys.values())).limit_per_minute
    yesterday = world.now - timedelta(days=1)
    keys = (
        ApiKey("cal_sandbox_platformowner", "platformowner", _PAULA, unlimited),
        ApiKey("cal_sandbox_owner_tiny_limit", "owner_tiny_limit", _OWNER, 5, block_seconds=20.0),
        ApiKey("cal_sandbox_owner_default_limits", "owner_default_limits", _OWNER),
        ApiKey("cal_sandbox_expired", "expired", _OWNER, unlimited, expires_at=yesterday),
    )
    for key in keys:
        world.api_keys[key.token] = key
    for token, expires in (("managed", world.now + timedelta(days=1)), ("expired", yesterday)):
        name = f"sandbox_token_{token}"
        world.access_tokens[name] = AccessToken(name, _PAULA, PLATFORM_CLIENT_ID, expires)
