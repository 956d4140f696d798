"""The people of an invented world, their organisations, teams, memberships and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cal_source.sandbox.records import (
    AccessToken,
    ApiKey,
    Membership,
    OAuthClient,
    Team,
    User,
)
from cal_source.sandbox.unlisted import (
    CLIENT_SECRET,
    EVERY_PERMISSION,
    PLATFORM_CLIENT_ID,
    READ_ONLY_CLIENT_ID,
)

if TYPE_CHECKING:
    from cal_source.sandbox.world import World

ORGANIZATION, SALES, SUPPORT, SOLO_TEAM = 101, 102, 103, 104
PLATFORM, OTHER_ORGANIZATION, RESEARCH = 105, 106, 107
OWNER, ADMIN, TEAM_ADMIN, MEMBER = 1001, 1002, 1003, 1005
SOLO, SOLO_PARTNER, PLATFORM_OWNER, MANAGED, OTHER = 1020, 1021, 1022, 1023, 1024
SALES_MEMBERS: Final = (OWNER, TEAM_ADMIN, 1004, MEMBER, 1006, 1007)
SUPPORT_MEMBERS: Final = (ADMIN, 1008, 1009, 1010, 1011)
# Joins the organisation, but has not accepted the invitation yet.
INVITED: Final = 1012


@dataclass(frozen=True, slots=True)
class _Person:
    id: int
    name: str
    zone: str
    organization: int | None = ORGANIZATION
    locale: str = "en"


# Zones at the edges of the clock: half and three-quarter hours, DST in the south, +14 and -11.
_PEOPLE: Final = (
    _Person(OWNER, "Ingrid Halvorsen", "Europe/Berlin", locale="de"),
    _Person(ADMIN, "Marcus Oyelaran", "Europe/London"),
    _Person(TEAM_ADMIN, "Yuki Tanabe", "Asia/Tokyo", locale="ja"),
    _Person(1004, "Camila Rojas", "America/Santiago", locale="es"),
    _Person(MEMBER, "Daniel Whitfield", "America/New_York"),
    _Person(1006, "Priya Raghavan", "Asia/Kolkata"),
    _Person(1007, "Thomas O'Dell", "America/St_Johns"),
    _Person(1008, "Leilani Kealoha", "Pacific/Kiritimati"),
    _Person(1009, "Sefo Tavita", "Pacific/Pago_Pago"),
    _Person(1010, "Bronwyn Clarke", "Australia/Lord_Howe"),
    _Person(1011, "Amélie Garnier", "Europe/Paris", locale="fr"),
    _Person(INVITED, "Zanele Dube", "Africa/Johannesburg"),
    _Person(SOLO, "Hannah Lindqvist", "Europe/Stockholm", None, "sv"),
    _Person(SOLO_PARTNER, "Owen Fitzgerald", "Australia/Sydney", None),
    _Person(PLATFORM_OWNER, "Rafael Moreira", "America/Sao_Paulo", PLATFORM, "pt"),
    _Person(OTHER, "Anjali Shrestha", "Asia/Kathmandu", OTHER_ORGANIZATION),
    _Person(1025, "Pavel Dvořák", "Europe/Prague", OTHER_ORGANIZATION, "cs"),
)
_TEAMS: Final = (
    Team(ORGANIZATION, "Northwind Advisory", "northwind", None, is_organization=True, metadata={}),
    Team(SALES, "Sales", "sales", ORGANIZATION),
    Team(SUPPORT, "Support", "support", ORGANIZATION),
    Team(SOLO_TEAM, "Lindqvist and Partner", "lindqvist"),
    Team(PLATFORM, "Clinic Platform", "clinic-platform", is_organization=True, is_platform=True),
    Team(OTHER_ORGANIZATION, "Himal Studio", "himal", None, is_organization=True),
    # A team without event types: a filter by it is dropped by the real service.
    Team(RESEARCH, "Research", "research", ORGANIZATION),
)


def add_people(world: World) -> None:
    """Add users, teams, memberships, keys, clients and tokens."""
    made = world.now - timedelta(days=500)
    for team in _TEAMS:
        world.teams[team.id] = team
    for number, person in enumerate(_PEOPLE):
        username = _ascii(person.name.split()[0])
        last = _ascii(person.name.split()[-1])
        world.users[person.id] = User(
            id=person.id,
            email=f"{username}.{last}@example.com",
            name=person.name,
            username=username,
            time_zone=person.zone,
            created_at=made + timedelta(days=number),
            organization_id=person.organization,
            profile_id=None if person.organization is None else 400 + number,
            locale=person.locale,
            week_start="Monday" if number % 3 else "Sunday",
            time_format=24 if number % 3 else 12,
            email_verified_at=made + timedelta(days=number, hours=1),
        )
    _add_managed_user(world)
    _add_memberships(world)
    _add_credentials(world)


def _ascii(name: str) -> str:
    plain = str.maketrans("éřáč", "erac", "'")
    return name.lower().translate(plain)


def _add_managed_user(world: World) -> None:
    """A platform's user carries the client's id in the e-mail, which answers leave out."""
    world.users[MANAGED] = User(
        id=MANAGED,
        email=f"nora.fischer+{PLATFORM_CLIENT_ID}@example.com",
        name="Nora Fischer",
        username=f"nora-fischer-{PLATFORM_CLIENT_ID}-example-com",
        time_zone="Europe/Vienna",
        created_at=world.now - timedelta(days=300),
        organization_id=PLATFORM,
        profile_id=450,
        oauth_client_id=PLATFORM_CLIENT_ID,
    )


def _add_memberships(world: World) -> None:
    owners = {ORGANIZATION: OWNER, PLATFORM: PLATFORM_OWNER, OTHER_ORGANIZATION: OTHER}
    rows = []
    for user in world.users.values():
        if user.organization_id is not None:
            is_owner = owners[user.organization_id] == user.id
            role = "OWNER" if is_owner else "ADMIN" if user.id == ADMIN else "MEMBER"
            rows.append((user.organization_id, user.id, role))
    heads = {(SALES, OWNER): "OWNER", (SALES, TEAM_ADMIN): "ADMIN", (SUPPORT, ADMIN): "OWNER"}
    teams = ((SALES, SALES_MEMBERS), (SUPPORT, SUPPORT_MEMBERS), (RESEARCH, (ADMIN, 1011)))
    rows += [(t, user, heads.get((t, user), "MEMBER")) for t, users in teams for user in users]
    rows += [(SOLO_TEAM, SOLO, "OWNER"), (SOLO_TEAM, SOLO_PARTNER, "MEMBER")]
    joined = world.now - timedelta(days=480)
    for key, (team_id, user_id, role) in enumerate(rows, 301):
        is_accepted = user_id != INVITED
        world.memberships[key] = Membership(
            key, team_id, user_id, role, is_accepted, joined, joined + timedelta(days=1)
        )


def _add_credentials(world: World) -> None:
    yesterday, tomorrow = world.now - timedelta(days=1), world.now + timedelta(days=1)
    people = {
        "owner": OWNER,
        "admin": ADMIN,
        "member": MEMBER,
        "teamadmin": TEAM_ADMIN,
        "solo": SOLO,
        "otherorg": OTHER,
        "platformowner": PLATFORM_OWNER,
        "owner_tiny_limit": OWNER,
        "owner_default_limits": OWNER,
        "expired": OWNER,
    }
    for name, user_id in people.items():
        token = f"cal_sandbox_{name}"
        limit = 5 if name == "owner_tiny_limit" else None
        expires = yesterday if name == "expired" else None
        world.api_keys[token] = ApiKey(token, name, user_id, limit, expires_at=expires)
    for client_id, permissions in (
        (PLATFORM_CLIENT_ID, EVERY_PERMISSION),
        (READ_ONLY_CLIENT_ID, frozenset({"PROFILE_READ"})),
    ):
        world.oauth_clients[client_id] = OAuthClient(
            client_id, CLIENT_SECRET, "Clinic app", PLATFORM, permissions
        )
    for name, expires in (("managed", tomorrow), ("expired", yesterday)):
        token = f"sandbox_token_{name}"
        world.access_tokens[token] = AccessToken(token, MANAGED, PLATFORM_CLIENT_ID, expires)
