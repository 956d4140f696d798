"""Credentials, versions, roles, and the errors that refuse."""

from datetime import timedelta

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.sandbox import entity_tag
from tests.cal_source.sandbox.conftest import BOOKINGS, Ask, asking

CLIENT = {
    "x-cal-client-id": "cmlremhtume2m3shyouf11xq2",
    "x-cal-secret-key": "sandbox-oauth-secret",
}


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "No authentication method provided"),
        ({"Authorization": "Bearer cal_wrong"}, 401, "CustomThrottlerGuard - Invalid API Key"),
        ({"Authorization": "Bearer nonsense"}, 401, "Invalid Access Token."),
        ({"Authorization": "Bearer cal_sandbox_expired"}, 401, "Your api key is expired"),
        ({"Authorization": "Bearer sandbox_token_expired"}, 498, "ACCESS_TOKEN_IS_EXPIRED"),
        ({"x-cal-client-id": CLIENT["x-cal-client-id"]}, 401, "Only 'x-cal-client-id' header"),
        (CLIENT | {"x-cal-secret-key": "bad"}, 401, "Invalid client secret"),
        (CLIENT | {"x-cal-client-id": "nope"}, 401, "Client with ID nope not found"),
    ],
    ids=[
        "nothing",
        "unknown key",
        "unknown token",
        "expired key",
        "expired token",
        "client without secret",
        "wrong secret",
        "unknown client",
    ],
)
def test_bad_credentials_are_refused_with_their_reason(
    sandbox: Sandbox, headers: dict[str, str], status: int, message: str
) -> None:
    answer = sandbox.respond("GET", "/v2/me", headers=headers)

    assert answer.status == status
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "user_id"),
    [
        ({"Authorization": "cal_sandbox_owner"}, 1001),
        ({"authorization": "Bearer cal_sandbox_solo"}, 1020),
        ({"Authorization": "Bearer sandbox_token_managed"}, 1023),
        (CLIENT, 1022),
    ],
    ids=["key without the word Bearer", "key", "managed user's token", "client"],
)
def test_good_credentials_act_as_their_user(
    sandbox: Sandbox, headers: dict[str, str], user_id: int
) -> None:
    assert sandbox.respond("GET", "/v2/me", headers=headers).json()["data"]["id"] == user_id


def test_api_key_in_the_query_is_ignored(ask: Ask) -> None:
    assert ask("/v2/me", None, apiKey="cal_sandbox_owner").status == 401


def test_bookings_without_credentials_are_refused_by_the_permission_check(ask: Ask) -> None:
    answer = ask("/v2/bookings", None, BOOKINGS)

    assert answer.status == 403
    assert answer.json()["error"]["message"].startswith("PermissionsGuard - no authentication")


def test_client_without_the_permission_is_refused_by_name(sandbox: Sandbox) -> None:
    headers = CLIENT | {"x-cal-client-id": "cmljtdbf9dkhqubvpvsqp8pxo"}

    answer = sandbox.respond("GET", "/v2/bookings", headers=headers | {"cal-api-version": BOOKINGS})

    assert answer.status == 403
    assert "permissions=BOOKING_READ" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "version", [None, "2031-01-01", "2024-04-15", "2024-06-14", '"2024-08-13"']
)
def test_wrong_version_gives_the_old_shape_and_ignores_filters(
    ask: Ask, version: str | None
) -> None:
    answer = ask("/v2/bookings", version=version, take=2, afterStart="2100-01-01")

    data = answer.json()["data"]
    assert answer.status == 200
    assert set(data) == {"bookings", "recurringInfo", "totalCount", "nextCursor"}
    assert len(data["bookings"]) == 10
    assert {"startTime", "eventType", "attendees"} <= set(data["bookings"][0])
    assert data["bookings"][0]["status"].isupper()


def test_known_version_without_a_handler_is_not_found(ask: Ask) -> None:
    answer = ask("/v2/bookings", version="2024-09-04", take=2)

    assert answer.status == 404
    assert answer.json()["error"]["message"] == "Cannot GET /v2/bookings?take=2"


@pytest.mark.parametrize(
    ("path", "good", "old"),
    [
        ("/v2/event-types", "2024-06-14", "eventTypeGroups"),
        ("/v2/schedules", "2024-06-11", "workingHours"),
    ],
)
def test_other_resources_change_shape_without_the_header_too(
    ask: Ask, path: str, good: str, old: str
) -> None:
    right, wrong = ask(path, version=good).json()["data"], ask(path).json()["data"]

    assert isinstance(right, list)
    assert old in (wrong if isinstance(wrong, dict) else wrong[0])
    assert old not in right[0]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v2/nope"), ("PUT", "/v2/bookings"), ("GET", "/v1/attendees")]
)
def test_unknown_route_is_not_found_in_the_enveloped_shape(
    sandbox: Sandbox, method: str, path: str
) -> None:
    answer = sandbox.respond(method, path, headers={"Authorization": "Bearer cal_sandbox_owner"})

    body = answer.json()
    assert answer.status == 404
    assert body["status"] == "error"
    assert body["path"] == path
    assert body["error"]["details"] == {
        "message": f"Cannot {method} {path}",
        "error": "Not Found",
        "statusCode": 404,
    }


@pytest.mark.parametrize(
    ("path", "key", "status", "message"),
    [
        ("/v2/organizations/101/teams", "otherorg", 403, "User is not a member of the organizat"),
        ("/v2/organizations/101/memberships", "member", 403, "minimum required role=ORG_ADMIN"),
        ("/v2/organizations/999/teams", "owner", 403, "does not represent any existing organ"),
        ("/v2/organizations/102/teams", "owner", 403, "does not represent any existing organ"),
        ("/v2/organizations/101/teams/104", "owner", 404, "IsTeamInOrg - Team (104) not found."),
        ("/v2/organizations/101/teams/102", "teamadmin", 200, ""),
        ("/v2/organizations/101/teams/102", "member", 403, "role=TEAM_ADMIN within organization"),
        ("/v2/organizations/101/teams/103", "teamadmin", 403, "User is not part of the team with"),
        ("/v2/organizations/101/teams/102", "otherorg", 403, "not part of the organization with"),
        ("/v2/teams/102", "member", 200, ""),
        ("/v2/teams/102/memberships", "member", 403, "role=TEAM_ADMIN within team with id=102."),
        ("/v2/teams/102", "solo", 403, "User is not a member of the team with id=102."),
        ("/v2/organizations/101/users/1020/schedules", "owner", 403, "IsUserInOrg - user with"),
        ("/v2/organizations/101/memberships/1", "owner", 404, "IsMembershipInOrg - Membership (1)"),
        ("/v2/organizations/101/teams/abc", "owner", 500, "There was an error"),
        ("/v2/teams/102/memberships/abc", "owner", 400, "Validation failed (numeric string is"),
    ],
)
def test_role_checks_use_the_words_of_the_real_server(
    ask: Ask, path: str, key: str, status: int, message: str
) -> None:
    answer = ask(path, key)

    assert answer.status == status
    if message:
        assert message in answer.json()["error"]["message"]


def test_removed_member_loses_sight_and_bookings_stay_readable_by_uid(
    ask: Ask, world: World
) -> None:
    booking = next(iter(world.bookings.of_host(1005)))
    before = ask("/v2/bookings", version=BOOKINGS).json()["pagination"]["totalItems"]

    world.remove_member(101, 1005)

    after = ask("/v2/bookings", version=BOOKINGS).json()["pagination"]["totalItems"]
    assert after < before
    assert ask(f"/v2/bookings/{booking.uid}", version=BOOKINGS).status == 200


def test_unchanged_answer_is_not_sent_again(sandbox: Sandbox) -> None:
    headers = {"Authorization": "Bearer cal_sandbox_owner"}
    first = sandbox.respond("GET", "/v2/me", headers=headers)

    again = sandbox.respond(
        "GET", "/v2/me", headers=headers | {"If-None-Match": first.headers["ETag"]}
    )

    assert (again.status, again.body) == (304, b"")
    assert "Content-Type" not in again.headers
    assert again.headers["ETag"] == first.headers["ETag"]


def test_entity_tag_is_the_one_express_makes() -> None:
    assert entity_tag(b"OK") == 'W/"2-nOO9QiTIwXgNtWtBJezz8kv3SLc"'


def test_every_answer_has_a_request_id_of_its_own(ask: Ask) -> None:
    ids = {ask("/v2/me").headers["X-Request-Id"] for _ in range(3)}

    assert len(ids) == 3


def test_requests_are_kept_with_the_name_of_the_key_but_never_the_key(
    sandbox: Sandbox, ask: Ask
) -> None:
    ask("/v2/me", "member", page=1)

    [received] = sandbox.requests
    assert (received.method, received.path, received.query) == ("GET", "/v2/me", "page=1")
    assert (received.caller, received.status) == ("member", 200)
    assert "cal_sandbox" not in repr(received)


def test_key_expires_with_the_day(empty_world: World) -> None:
    sandbox = Sandbox(empty_world, rate_limits=False)
    ask = asking(sandbox)
    empty_world.edit("api_keys", "cal_sandbox_solo", expires_at=sandbox.clock.now())

    assert ask("/v2/me", "solo").status == 200
    sandbox.clock.advance(timedelta(days=1))
    assert ask("/v2/me", "solo").status == 401
