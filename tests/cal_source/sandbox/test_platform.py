"""What platforms see with the credentials of their client, and what others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cal_source.sandbox.conftest import BOOKINGS, Ask

if TYPE_CHECKING:
    from cal_source.sandbox import Answer, Sandbox, World

CLIENT_ID = "cmlremhtume2m3shyouf11xq2"
CLIENT = {"x-cal-client-id": CLIENT_ID, "x-cal-secret-key": "sandbox-oauth-secret"}


def _as_client(sandbox: Sandbox, path: str, **query: object) -> Answer:
    pairs = [(name, str(value)) for name, value in query.items()]
    return sandbox.respond("GET", path, pairs, CLIENT | {"cal-api-version": BOOKINGS})


def test_client_lists_the_clients_of_its_platform(sandbox: Sandbox) -> None:
    rows = _as_client(sandbox, "/v2/oauth-clients").json()["data"]

    assert {row["id"] for row in rows} == {CLIENT_ID, "cmljtdbf9dkhqubvpvsqp8pxo"}
    assert {row["organizationId"] for row in rows} == {105}


def test_client_reads_the_users_it_manages(sandbox: Sandbox) -> None:
    path = f"/v2/oauth-clients/{CLIENT_ID}/users"

    [user] = _as_client(sandbox, path).json()["data"]

    assert user["email"] == f"nora.fischer+{CLIENT_ID}@example.com"
    assert _as_client(sandbox, f"{path}/{user['id']}").json()["data"] == user
    assert _as_client(sandbox, path, emails="other@example.com").json()["data"] == []
    assert _as_client(sandbox, path, offset=1).json()["data"] == []
    assert _as_client(sandbox, path, offset=251).status == 400


def test_client_sees_the_bookings_of_the_users_it_manages(sandbox: Sandbox, world: World) -> None:
    managed = next(b for b in world.bookings if b.user_id == 1023)

    rows = _as_client(sandbox, "/v2/bookings", bookingUid=managed.uid).json()["data"]

    assert [row["uid"] for row in rows] == [managed.uid]
    assert rows[0]["hosts"][0]["displayEmail"] == "nora.fischer@example.com"


def test_platform_manages_no_organizations_yet(sandbox: Sandbox, ask: Ask) -> None:
    path = "/v2/organizations/{}/organizations"

    body = _as_client(sandbox, path.format(105)).json()

    assert (body["data"], body["pagination"]["totalItems"]) == ([], 0)
    assert ask(path.format(101)).status == 403


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v2/provider/nope", None, 404),
        (f"/v2/provider/{CLIENT_ID}", None, 200),
        (f"/v2/provider/{CLIENT_ID}/access-token", None, 401),
        ("/v2/provider/nope/access-token", "owner", 200),
        ("/v2/oauth-clients", "platformowner", 401),
        (f"/v2/oauth-clients/{CLIENT_ID}/users", "owner", 404),
        ("/v2/oauth-clients/nope/webhooks", "platformowner", 404),
    ],
)
def test_clients_are_private_but_their_public_face_is_not(
    ask: Ask, path: str, key: str | None, status: int
) -> None:
    assert ask(path, key).status == status
