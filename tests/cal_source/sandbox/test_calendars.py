"""Connected calendars and conferencing apps, and the ways back from outside services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cal_source.sandbox.connections import Credential, Feed
from tests.cal_source.sandbox.conftest import Ask, telling

if TYPE_CHECKING:
    from cal_source.sandbox import Sandbox, World

FEED = "https://calendars.example.com/nadia.ics"
STATE = "code=x&state=accessToken%3Dy%26origin%3Do%26isDryRun%3D"
LUNCH = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def tell(sandbox: Sandbox) -> Ask:
    return telling(sandbox)


@pytest.fixture
def feed(world: World) -> str:
    """A calendar file that can be reached, with one event in it."""
    world.connections.feeds[FEED] = Feed("Nadia", [(LUNCH, LUNCH + timedelta(hours=1))])
    return FEED


def connect(tell: Ask, url: str) -> Any:
    return tell("/v2/calendars/ics-feed/save", {"urls": [url]}, version=None)


def test_calendar_file_is_connected_selected_and_disconnected(tell: Ask, feed: str) -> None:
    key = connect(tell, feed).json()["data"]["id"]
    chosen = {"integration": "ics-feed_calendar", "externalId": feed, "credentialId": key}
    assert tell("/v2/selected-calendars", chosen, version=None).status == 201

    data = tell("/v2/calendars", method="GET", version=None).json()["data"]
    assert [group["primary"]["isSelected"] for group in data["connectedCalendars"]] == [True]
    assert data["destinationCalendar"]["externalId"] == feed

    tell("/v2/calendars/google/disconnect", {"id": key}, version=None)
    data = tell("/v2/calendars", method="GET", version=None).json()["data"]
    assert data["connectedCalendars"] == []


def test_calendar_that_cannot_be_reached_is_not_connected(tell: Ask) -> None:
    assert connect(tell, FEED).status == 400


def test_busy_times_are_the_events_between_two_instants(
    tell: Ask, feed: str, sandbox: Sandbox
) -> None:
    key = connect(tell, feed).json()["data"]["id"]

    def busy(first: str, last: str) -> Any:
        query = [
            ("loggedInUsersTz", "UTC"),
            ("dateFrom", first),
            ("dateTo", last),
            ("calendarsToLoad[0][credentialId]", str(key)),
            ("calendarsToLoad[0][externalId]", feed),
        ]
        headers = {"Authorization": "Bearer cal_sandbox_owner"}
        path = "/v2/calendars/busy-times"
        return sandbox.respond("GET", path, query, headers).json()["data"]

    assert [row["start"] for row in busy("2026-11-23", "2026-11-30")] == [
        "2026-11-24T12:00:00.000Z"
    ]
    assert busy("2026-11-25", "2026-11-30") == []


def test_google_meet_needs_a_google_calendar_and_can_be_the_default(
    tell: Ask, world: World
) -> None:
    path = "/v2/conferencing/google-meet"
    assert tell(f"{path}/connect", version=None).status == 400
    world.connections.credentials[1] = Credential(1, "google_calendar", "google-calendar", 1001)

    assert tell(f"{path}/connect", version=None).status == 200
    assert tell(f"{path}/default", version=None).status == 200

    default = tell("/v2/conferencing/default", method="GET", version=None)
    assert default.json()["data"] == {"appSlug": "google-meet"}
    assert tell(f"{path}/disconnect", method="DELETE", version=None).status == 200
    assert tell("/v2/conferencing", method="GET", version=None).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "field", "app"),
    [
        ("/v2/calendars/google/connect", "authUrl", "google"),
        ("/v2/calendars/office365/connect", "authUrl", "office365"),
        ("/v2/gcal/oauth/auth-url", "authUrl", "google"),
        ("/v2/conferencing/zoom/oauth/auth-url", "url", "zoom"),
        ("/v2/conferencing/msteams/oauth/auth-url", "url", "msteams"),
        ("/v2/stripe/connect", "authUrl", "stripe"),
    ],
)
def test_consent_address_is_there_once_the_installation_has_a_client(
    tell: Ask, world: World, path: str, field: str, app: str
) -> None:
    assert tell(path, method="GET", version=None).status in {400, 404}
    world.connections.app_client_ids[app] = "our-client"

    address = tell(path, method="GET", version=None).json()["data"][field]

    query = parse_qs(urlsplit(address).query)
    assert query["client_id"] == ["our-client"]
    assert "cal_sandbox_owner" in query["state"][0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/calendars/google/save", 400),
        (f"/v2/calendars/google/save?{STATE}true", 301),
        (f"/v2/calendars/google/save?{STATE}false", 401),
        (f"/v2/calendars/nope/save?{STATE}true", 400),
        ("/v2/gcal/oauth/save?code=x&state=y", 301),
        ("/v2/stripe/save", 400),
        ("/v2/stripe/save?state=%7B%22returnTo%22%3A%22http%3A%2F%2Fexample.com%22%7D", 301),
        ("/v2/conferencing/zoom/oauth/callback", 400),
        ("/v2/conferencing/zoom/oauth/callback?state=%7B%22accessToken%22%3A%22no%22%7D", 401),
    ],
)  # fmt: skip
def test_way_back_from_an_outside_service(sandbox: Sandbox, path: str, status: int) -> None:
    path, _, query = path.partition("?")

    answer = sandbox.respond("GET", path, query.encode())

    assert answer.status == status
    assert ("Location" in answer.headers) == (status == 301)
