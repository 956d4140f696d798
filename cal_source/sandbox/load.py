"""A recorded world folder as the state of the sandbox.

The folder holds the complete lists of one server, each file the `data` of one path, with an
`index.json` that maps file names to paths. Rows are rebuilt from the lists; what no list shows is
derived where the lists determine it, and comes from `unlisted` where they do not.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.load_bookings import load_bookings
from cal_source.sandbox.load_event_types import load_event_types
from cal_source.sandbox.load_organization import load_organization_lists
from cal_source.sandbox.records import ApiKey, Json, Membership, Schedule, Team, User
from cal_source.sandbox.unlisted import add_unlisted
from cal_source.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECORDED_NOW: Final = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
# The recording server gave its keys this limit, so that recording did not wait.
RECORDED_LIMIT: Final = 1_000_000


class Recording:
    """Lists by the path they answered; answers other than 200 are left out.

    Args:
        index: `path`, `key` (whose) and `status` of each list, by its name.
        read: Gives the content of a list by its name, or None when there is none.
    """

    def __init__(self, index: dict[str, Json], read: Callable[[str], Any]) -> None:
        self.index = index
        self.read = read

    @classmethod
    def of_folder(cls, folder: Path) -> Recording:
        """The lists of a folder, each a file, with an `index.json`."""

        def read(name: str) -> Any:
            file = folder / f"{name}.json"
            return json.loads(file.read_text("utf-8")) if file.is_file() else None

        return cls(json.loads((folder / "index.json").read_text("utf-8")), read)

    def matching(self, pattern: str) -> list[tuple[re.Match[str], str, Any]]:
        """Give `(match, key name, data)` for every list whose path matches the whole pattern."""
        found = []
        for name, entry in self.index.items():
            if entry.get("status") != HTTPStatus.OK:
                continue
            match = re.fullmatch(pattern, entry["path"])
            if match:
                found.append((match, entry["key"], self.read(name)))
        return found


def load_folder(folder: Path) -> World:
    """Build a world from a recorded folder.

    Raises:
        FileNotFoundError: The folder has no `index.json`.
    """
    return load_recording(Recording.of_folder(folder), RECORDED_NOW)


def load_recording(recording: Recording, now: datetime) -> World:
    """Build a world from lists.

    Args:
        recording: The lists.
        now: The instant that they describe.
    """
    world = World(now)
    _load_users(world, recording)
    _load_teams(world, recording)
    _load_memberships(world, recording)
    _load_schedules(world, recording)
    load_event_types(world, recording)
    load_bookings(world, recording)
    load_organization_lists(world, recording)
    world.cities = recording.read("timezones") or []
    add_unlisted(world)
    return world


def instant(text: str) -> datetime:
    """Read an instant as Cal.com writes it."""
    return datetime.fromisoformat(text)


def _load_users(world: World, recording: Recording) -> None:
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/users"):
        for row in rows:
            world.users[row["id"]] = _user(row)
    for _, key, row in recording.matching("/v2/me"):
        user = world.users.get(row["id"]) or _user(row)
        world.users[user.id] = user
        token = f"cal_sandbox_{key}"
        world.api_keys[token] = ApiKey(token, key, user.id, RECORDED_LIMIT)


def _user(row: Json) -> User:
    verified = row.get("emailVerified")
    profile = row.get("profile") or {}
    return User(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        username=row["username"],
        time_zone=row["timeZone"],
        created_at=instant(row.get("createdDate", "2025-11-04T10:00:00.000Z")),
        organization_id=profile.get("organizationId", row.get("organizationId")),
        profile_id=profile.get("id"),
        default_schedule_id=row.get("defaultScheduleId"),
        week_start=row.get("weekStart", "Monday"),
        time_format=row.get("timeFormat", 24),
        locale=row.get("locale", "en"),
        bio=row.get("bio"),
        avatar_url=row.get("avatarUrl"),
        email_verified_at=verified and instant(verified),
        metadata=row.get("metadata", {}),
    )


def _load_teams(world: World, recording: Recording) -> None:
    for pattern in ("/v2/teams", r"/v2/organizations/\d+/teams"):
        for _, _, rows in recording.matching(pattern):
            for row in rows:
                world.teams[row["id"]] = Team(
                    id=row["id"],
                    name=row["name"],
                    slug=row["slug"],
                    parent_id=row["parentId"],
                    is_organization=row["isOrganization"],
                    bio=row["bio"],
                    time_zone=row["timeZone"],
                    week_start=row["weekStart"],
                    metadata=row.get("metadata"),
                )


def _load_memberships(world: World, recording: Recording) -> None:
    for pattern in (
        r"/v2/organizations/\d+/memberships",
        r"/v2/organizations/\d+/teams/\d+/memberships",
    ):
        for _, _, rows in recording.matching(pattern):
            for row in rows:
                created, updated = row.get("createdAt"), row.get("updatedAt")
                world.memberships[row["id"]] = Membership(
                    id=row["id"],
                    team_id=row["teamId"],
                    user_id=row["userId"],
                    role=row["role"],
                    is_accepted=row["accepted"],
                    created_at=created and instant(created),
                    updated_at=updated and instant(updated),
                    is_impersonation_disabled=row["disableImpersonation"],
                )


def _load_schedules(world: World, recording: Recording) -> None:
    rows: dict[int, Json] = {}
    for pattern in (r"/v2/organizations/\d+/schedules", "/v2/schedules", r".*/users/\d+/schedules"):
        for _, _, found in recording.matching(pattern):
            rows |= {row["id"]: row for row in found}
    for row in sorted(rows.values(), key=lambda row: int(row["id"])):
        world.schedules[row["id"]] = Schedule(
            id=row["id"],
            owner_id=row["ownerId"],
            name=row["name"],
            time_zone=row["timeZone"],
            availability=row["availability"],
            overrides=row["overrides"],
        )
        owner = world.users.get(row["ownerId"])
        if row["isDefault"] and owner is not None:
            owner.default_schedule_id = row["id"]
