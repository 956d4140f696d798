"""What a deletion takes with it, and what it leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.cal_source.sandbox.conftest import Ask, telling

if TYPE_CHECKING:
    from cal_source.sandbox import Sandbox, World

CLIENT = "/v2/oauth-clients/cmlremhtume2m3shyouf11xq2"


@pytest.fixture
def tell(sandbox: Sandbox) -> Ask:
    return telling(sandbox)


def managed_user(tell: Ask) -> dict[str, Any]:
    body = {"email": "bo@example.com", "name": "Bo", "timeZone": "Europe/Berlin"}
    answer = tell(f"{CLIENT}/users", body, key="platformowner", version=None)
    made: dict[str, Any] = answer.json()["data"]
    return made


def test_deleted_event_type_leaves_its_bookings_without_one(tell: Ask, world: World) -> None:
    key = next(
        row.id
        for row in world.event_types.values()
        if row.owner_id == 1001 and list(world.bookings.of_event_type(row.id))
    )
    before = {row.uid: row.updated_at for row in world.bookings.of_event_type(key)}

    tell(f"/v2/event-types/{key}", method="DELETE", version="2024-06-14")

    after = [row for row in world.bookings if row.uid in before]
    assert len(after) == len(before)
    assert {row.event_type_id for row in after} == {None}
    assert {row.uid: row.updated_at for row in after} == before


def test_deleted_user_takes_the_bookings_they_host(tell: Ask, world: World) -> None:
    uids = {row.uid for row in world.bookings.of_host(1003)}
    assert uids

    tell("/v2/organizations/101/users/1003", method="DELETE", version=None)

    assert 1003 not in world.users
    assert not [row for row in world.bookings if row.uid in uids]
    assert not [row for row in world.memberships.values() if row.user_id == 1003]


def test_deleted_managed_user_is_gone_with_schedule_event_types_and_tokens(
    tell: Ask, sandbox: Sandbox
) -> None:
    made = managed_user(tell)
    key = made["user"]["id"]
    headers = {"Authorization": f"Bearer {made['accessToken']}"}
    assert sandbox.respond("GET", "/v2/me", headers=headers).json()["data"]["id"] == key

    tell(f"{CLIENT}/users/{key}", method="DELETE", key="platformowner", version=None)

    assert sandbox.respond("GET", "/v2/me", headers=headers).status == 401
    assert not [row for row in sandbox.world.schedules.values() if row.owner_id == key]
    assert not [row for row in sandbox.world.event_types.values() if row.owner_id == key]
    assert not sandbox.world.connections.refresh_tokens


def test_removed_member_leaves_all_teams_and_hides_their_bookings(tell: Ask, world: World) -> None:
    member = world.membership(101, 1003)
    assert member is not None

    def total() -> int:
        found: int = tell("/v2/bookings", method="GET").json()["pagination"]["totalItems"]
        return found

    before = total()
    tell(f"/v2/organizations/101/memberships/{member.id}", method="DELETE", version=None)

    assert not [row for row in world.memberships.values() if row.user_id == 1003]
    assert 1003 in world.users
    assert total() < before


def test_deleted_schedule_is_named_by_nothing(tell: Ask, world: World) -> None:
    key = world.users[1001].default_schedule_id
    world.event_types[next(iter(world.event_types))].schedule_id = key

    tell(f"/v2/schedules/{key}", method="DELETE", version="2024-06-11")

    assert world.users[1001].default_schedule_id is None
    assert key not in {row.schedule_id for row in world.event_types.values()}


def test_deleted_team_takes_event_types_and_memberships(tell: Ask, world: World) -> None:
    tell("/v2/organizations/101/teams/102", method="DELETE", version=None)

    assert not world.event_types_of_team(102)
    assert not world.memberships_of_team(102)


def test_deleted_attribute_takes_options_and_who_has_them(tell: Ask, world: World) -> None:
    key = next(iter(world.attributes))
    options = {row.id for row in world.options_of_attribute(key)}

    tell(f"/v2/organizations/101/attributes/{key}", method="DELETE", version=None)

    assert not world.options_of_attribute(key)
    held = {row.option_id for row in world.attribute_assignments.values()}
    assert not held & options


@pytest.mark.parametrize("is_forced", [False, True], ids=["refresh", "forced refresh"])
def test_old_access_token_survives_only_a_plain_refresh(
    tell: Ask, sandbox: Sandbox, *, is_forced: bool
) -> None:
    made = managed_user(tell)
    key = made["user"]["id"]

    if is_forced:
        path = f"{CLIENT}/users/{key}/force-refresh"
        answer = tell(path, key="platformowner", version=None)
    else:
        headers = {"x-cal-secret-key": "sandbox-oauth-secret"}
        body = b'{"refreshToken": "%s"}' % made["refreshToken"].encode()
        path = "/v2/oauth/cmlremhtume2m3shyouf11xq2/refresh"
        answer = sandbox.respond("POST", path, (), headers, body)
        again = sandbox.respond("POST", path, (), headers, body)
        assert (again.status, again.json()["error"]["message"]) == (400, "Invalid refresh token")

    assert answer.status == 200
    headers = {"Authorization": f"Bearer {made['accessToken']}"}
    assert sandbox.respond("GET", "/v2/me", headers=headers).status == (401 if is_forced else 200)


def test_managed_token_runs_out_after_an_hour(tell: Ask, sandbox: Sandbox) -> None:
    made = managed_user(tell)

    sandbox.clock.advance(timedelta(hours=1))
    headers = {"Authorization": f"Bearer {made['accessToken']}"}

    assert sandbox.respond("GET", "/v2/me", headers=headers).status == 498
