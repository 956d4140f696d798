"""Calendars and conferencing, which neither world has connected, land once they are."""

from __future__ import annotations

import json

import pytest

from cal_source.sandbox.connections import Credential, Feed

pytestmark = pytest.mark.reference
FEED = "http://127.0.0.1:55890/feed.ics"
HEADERS = {"authorization": "Bearer cal_sandbox_owner"}


@pytest.fixture
def connected(recorded_sandbox):
    """The recorded world, whose owner has connected a calendar feed and Google Meet."""
    connections = recorded_sandbox.world.connections
    connections.feeds[FEED] = Feed("feed")
    connections.credentials[1] = Credential(1, "ics-feed_calendar", "ics-feed", 1001, (FEED,))
    connections.credentials[2] = Credential(2, "google_video", "google-meet", 1001)
    assert recorded_sandbox.respond("GET", "/v2/calendars", [], HEADERS, b"").status == 200
    chosen = recorded_sandbox.respond(
        "POST", "/v2/conferencing/google-meet/default", [], HEADERS, b""
    )
    assert chosen.status == 200
    return recorded_sandbox


def test_connections_land_as_cal_shows_them(connected, warehouse, sync_of):
    shown = json.loads(connected.respond("GET", "/v2/calendars", [], HEADERS, b"").body)["data"]

    result = sync_of(
        warehouse,
        connected,
        only=("calendars", "destination_calendars", "conferencing_apps", "conferencing_defaults"),
    )

    (calendar,) = warehouse.rows("select * from raw.calendars")
    (account,) = shown["connectedCalendars"]
    assert (calendar["credential_id"], calendar["external_id"]) == (account["credentialId"], FEED)
    (destination,) = warehouse.rows("select * from raw.destination_calendars")
    assert destination["id"] == shown["destinationCalendar"]["id"]
    assert destination["external_id"] == FEED
    (app,) = warehouse.rows("select id, type, app_id from raw.conferencing_apps")
    assert app == {"id": 2, "type": "google_video", "app_id": "google-meet"}
    (default,) = warehouse.rows("select * from raw.conferencing_defaults")
    assert (default["owner_type"], default["owner_id"]) == ("user", 1001)
    assert default["app_slug"] == "google-meet"
    assert result.schema_drift == []


def test_connections_that_were_cut_leave_the_current_tables(connected, warehouse, sync_of):
    tables = ("calendars", "destination_calendars", "conferencing_apps")
    sync_of(warehouse, connected, only=tables)
    connections = connected.world.connections
    connections.credentials.clear()
    connections.destination_calendars.clear()

    sync_of(warehouse, connected, only=tables)

    for table in tables:
        assert warehouse.scalar(f"select count(*) from raw.{table}") == 0
        closed = f"select count(*) from raw.{table}_history where valid_to is not null"
        assert warehouse.scalar(closed) == 1
