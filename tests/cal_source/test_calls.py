"""Calls: parameters checked before anything is sent; each lookup and flow at the sandbox."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from cal_source.call_errors import CallParameterError, RequestBodyError, WriteRefusedError
from cal_source.calls import call_parameters, prepare_call
from cal_source.catalogue import OPERATIONS, Kind, operation
from cal_source.catalogue.parameters import ValueKind
from cal_source.client import CalClient
from cal_source.errors import (
    AuthError,
    BadRequestError,
    ConfigError,
    MalformedAnswer,
    NotCalError,
    NotFoundError,
    RequestFailed,
    ServerError,
    UnknownOperationError,
)
from cal_source.sandbox.connections import Credential, Feed
from tests.conftest import InProcess

CALLABLE = [row for row in OPERATIONS.values() if row.kind is not Kind.WRITE]
SLOTS = {"eventTypeId": 5002, "start": "2026-11-24", "end": "2026-11-26"}
STATUSES = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")
EXAMPLES = {
    ValueKind.TEXT: "text",
    ValueKind.NUMBER: "7",
    ValueKind.FLAG: "true",
    ValueKind.INSTANT: "2026-12-01T09:00:00Z",
}
DONE_AT = "http://127.0.0.1:55881/done"
STATE = f"accessToken=cal_sandbox_owner&origin=http://x.test&redir={DONE_AT}&isDryRun=true"
STRIPE_STATE = json.dumps({
    "accessToken": "cal_sandbox_owner",
    "fromApp": False,
    "returnTo": "http://x.test/ok",
    "onErrorReturnTo": "http://x.test/err",
})
NOT_AS_IN_THE_DOCUMENT = {  # where a recording shows another rule than the OpenAPI document
    ("retrieve_calendar_busy_times", "loggedInUsersTz"): "required",
    ("retrieve_calendar_busy_times", "dateFrom"): "required",
    ("retrieve_calendar_busy_times", "dateTo"): "required",
    ("connect_to_calendar", "isDryRun"): "optional",
    ("get_conference_oauth_authorization_url", "returnTo"): "optional",
    ("get_conference_oauth_authorization_url", "onErrorReturnTo"): "optional",
    ("get_stripe_connect_url_for_team", "returnTo"): "optional",
    ("get_stripe_connect_url_for_team", "onErrorReturnTo"): "optional",
    ("save_stripe_details", "code"): "optional",
    ("save_stripe_details", "error"): "undocumented",
    ("save_stripe_details", "error_description"): "undocumented",
    ("create_phone_call_for_event_type", "orgId"): "documented, and not in the path",
}


@pytest.fixture
def connected(recorded_sandbox):
    """The recorded world with clients at outside services and one ICS feed of the owner's."""
    connections = recorded_sandbox.world.connections
    for app in ("google", "office365", "zoom", "msteams", "stripe"):
        connections.app_client_ids[app] = "lab-client"
    owner = next(k.user_id for k in recorded_sandbox.world.api_keys.values())
    address = "http://127.0.0.1:55890/feed.ics"
    connections.feeds[address] = Feed("feed")
    connections.credentials[1] = Credential(1, "ics-feed_calendar", "ics-feed", owner, (address,))
    return recorded_sandbox


def refusal(key, **params):
    with pytest.raises(CallParameterError) as refused:
        prepare_call(key, params)
    return refused.value


@pytest.mark.reference
@pytest.mark.parametrize("row", OPERATIONS.values(), ids=OPERATIONS)
def test_parameters_are_those_of_the_openapi_document(reference_dir, row):
    paths = json.loads((reference_dir / "openapi.json").read_text("utf-8"))["paths"]
    documented = paths.get(row.path, {}).get(row.method.lower())
    if documented is None:
        assert row.missing_from_openapi
        return

    theirs = {
        (p["in"], p["name"]): (bool(p.get("required")), sorted(p["schema"].get("enum", ())))
        for p in documented.get("parameters", ())
        if p["in"] in {"path", "query"}
    }
    ours = {
        ("path" if p.name in row.path_parameters else "query", p.name): (
            p.required,
            [] if p.is_list else sorted(p.choices),
        )
        for p in row.parameters
    }

    differing = {
        name
        for where, name in theirs.keys() | ours.keys()
        if theirs.get((where, name)) != ours.get((where, name))
        and (row.key, name) != ("get_available_slots_info", "format")  # choices from its text
    }
    assert differing == {name for key, name in NOT_AS_IN_THE_DOCUMENT if key == row.key}


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=OPERATIONS)
def test_parameter_names_of_an_operation_differ(row):
    names = [parameter.name for parameter in call_parameters(row)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("key", [key for key, row in OPERATIONS.items() if row.kind is Kind.WRITE])
def test_call_refuses_every_write_and_points_to_the_reverse_sync(key):
    with pytest.raises(WriteRefusedError, match="plan, approve, apply") as refused:
        prepare_call(key, {})

    assert refused.value.key == key


@pytest.mark.parametrize("row", CALLABLE, ids=lambda row: row.key)
def test_call_names_every_missing_and_every_unknown_parameter(row):
    required = [p.name for p in call_parameters(row) if p.required]

    error = refusal(row.key, labUnknown="canary")

    assert "labUnknown" in str(error)
    assert "canary" not in str(error)
    assert all(name in str(error) for name in required)


@pytest.mark.parametrize("row", CALLABLE, ids=lambda row: row.key)
def test_call_is_prepared_from_text_alone(row):
    wanted = {p.name: p.choices[0] if p.choices else EXAMPLES[p.kind] for p in call_parameters(row)}

    prepared = prepare_call(row.key, wanted)

    assert set(prepared.path) == set(row.path_parameters)
    assert len(prepared.query) == len(row.query)
    assert "{" not in row.url_path(**prepared.path)


def test_call_names_the_likely_parameter_and_all_there_are():
    error = refusal("list_team_schedules", teamId=7, tak=5)

    assert error.problems == ("knows no parameter tak (did you mean take?)",)
    assert "It takes teamId*, take, skip (* is required)." in str(error)


def test_call_names_the_likely_operation():
    with pytest.raises(UnknownOperationError, match="retrieve_my_information"):
        prepare_call("retrieve_my_informations", {})


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"take": "5"}, {"take": 5}),
        ({"take": 250, "skip": 0}, {"take": 250, "skip": 0}),
        ({"status": "past,cancelled"}, {"status": ["past", "cancelled"]}),
        ({"status": ["past"]}, {"status": ["past"]}),
        ({"afterStart": "2026-11-01"}, {"afterStart": "2026-11-01"}),
        (
            {"afterStart": datetime(2026, 11, 1, tzinfo=UTC)},
            {"afterStart": datetime(2026, 11, 1, tzinfo=UTC)},
        ),
        ({"attendeeEmail": None, "take": ""}, {}),
    ],
    ids=["text", "numbers", "joined", "list", "date", "instant", "left out"],
)
def test_call_takes_values_and_their_text(params, query):
    assert prepare_call("fetch_all_bookings", params).query == query


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"take": 0}, "needs take to be a whole number from 1 to 250"),
        ({"take": 251}, "needs take to be a whole number from 1 to 250"),
        ({"take": "many"}, "needs take to be a whole number from 1 to 250"),
        ({"take": True}, "needs take to be a whole number from 1 to 250"),
        ({"skip": -1}, "needs skip to be a whole number of at least 0"),
        ({"sortStart": "up"}, "needs sortStart to be one of asc, desc"),
        (
            {"status": "past,lost"},
            f"needs status to be one of {', '.join(STATUSES)}, or several",
        ),
        ({"afterStart": "soon"}, "needs afterStart to be a date or an ISO 8601 instant"),
        (
            {"afterStart": datetime(2026, 1, 1)},  # noqa: DTZ001 - without zone on purpose
            "needs afterStart to be a date or an ISO 8601 instant",
        ),
        ({"attendeeName": 1.5}, "needs attendeeName to be text"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_call_says_what_a_value_must_be(params, told):
    assert refusal("fetch_all_bookings", **params).problems == (told,)


def test_call_takes_a_flag_in_words():
    for given in (True, "true", "TRUE"):
        prepared = prepare_call("connect_to_calendar", {"calendar": "google", "isDryRun": given})
        assert prepared.query == {"isDryRun": True}
    assert refusal("connect_to_calendar", calendar="google", isDryRun="maybe").problems == (
        "needs isDryRun to be true or false",
    )


def test_call_checks_the_choices_of_a_path():
    assert refusal("check_calendar_availability", calendar="yahoo").problems == (
        "needs calendar to be one of apple, google, office365",
    )


def test_call_sends_busy_times_as_the_server_wants_them():
    prepared = prepare_call(
        "retrieve_calendar_busy_times",
        {
            "loggedInUsersTz": "Europe/Berlin",
            "dateFrom": "2026-11-23",
            "dateTo": "2026-11-30",
            "credentialId": 1,
            "externalId": "ada",
        },
    )

    assert prepared.query["calendarsToLoad[0][credentialId]"] == 1
    assert prepared.query["calendarsToLoad[0][externalId]"] == "ada"


def test_call_puts_fields_of_a_body_into_the_body():
    prepared = prepare_call(
        "refresh_oauth_token_for_client_id", {"clientId": "c", "refreshToken": "r"}
    )

    assert (prepared.path, prepared.query, prepared.body) == (
        {"clientId": "c"},
        {},
        {"refreshToken": "r"},
    )


def test_call_shows_no_secret_of_a_body():
    with pytest.raises((RequestBodyError, CallParameterError)) as refused:
        prepare_call(
            "post_calendar_credentials",
            {"calendar": "apple", "username": "u", "password": ["canary"]},
        )

    assert "password" in str(refused.value)
    assert "canary" not in str(refused.value)


ANSWERED = {
    "get_available_slots_info": (SLOTS, "2026-11-24"),
    "check_ics_feed_calendar_endpoint": ({}, None),
    "retrieve_calendar_busy_times": (
        {
            "loggedInUsersTz": "Europe/Berlin",
            "dateFrom": "2026-11-23",
            "dateTo": "2026-11-30",
            "credentialId": 1,
            "externalId": "http://127.0.0.1:55890/feed.ics",
        },
        None,
    ),
    "connect_to_calendar": ({"calendar": "google"}, "authUrl"),
    "get_google_calendar_oauth_authentication_url": ({}, "authUrl"),
    "get_conference_oauth_authorization_url": ({"app": "zoom"}, "url"),
    "get_stripe_connect_info": ({}, "authUrl"),
    "get_stripe_connect_url_for_team": ({"orgId": 101, "teamId": 102}, "authUrl"),
    "retrieve_provider_details": ({"clientId": "CLIENT"}, "organizationId"),
    "fetch_provider_access_token": ({"clientId": "CLIENT"}, None),
}
REDIRECTED = {
    "save_calendar_entry": ({"calendar": "google", "state": STATE, "code": "c"}, DONE_AT),
    "save_oauth_credentials_via_gcal_api": (
        {"state": STATE, "code": "c"},
        "/v2/calendars/google/save",
    ),
    "save_stripe_details": (
        {"state": STRIPE_STATE, "error": "access_denied"},
        "http://x.test/err",
    ),
}
REFUSED = {
    "check_stripe_status": ({}, NotFoundError),
    "check_team_stripe_integration_status": ({"orgId": 101, "teamId": 102}, NotFoundError),
    "check_calendar_availability": ({"calendar": "google"}, BadRequestError),
    "check_gcal_synchronization_status": ({}, BadRequestError),
    "handle_conferencing_oauth_callback_for_app": (
        {"app": "zoom", "state": STRIPE_STATE, "code": "c"},
        AuthError,
    ),
    "post_calendar_credentials": (
        {"calendar": "apple", "username": "u", "password": "p"},
        BadRequestError,
    ),
    "get_available_slots_info": ({**SLOTS, "eventTypeId": 999_999}, NotFoundError),
    "connect_to_calendar": ({"calendar": "office365", "redir": "x"}, RequestFailed),
}


def in_this_world(sandbox, params):
    client_id = next(iter(sandbox.world.oauth_clients))
    return {name: client_id if value == "CLIENT" else value for name, value in params.items()}


@pytest.mark.reference
@pytest.mark.parametrize("key", ANSWERED)
def test_call_brings_the_answer(connected, client_of, key):
    params, field = ANSWERED[key]

    answer = client_of(connected).call(key, **in_this_world(connected, params))

    assert answer.status == 200
    assert field is None or field in answer.data


@pytest.mark.reference
@pytest.mark.parametrize("key", REDIRECTED)
def test_call_takes_a_redirect_as_result(connected, client_of, key):
    params, target = REDIRECTED[key]

    answer = client_of(connected).call(key, **params)

    assert 300 <= answer.status < 400
    assert target in answer.location
    assert "cal_sandbox_owner" not in repr(answer)


@pytest.mark.reference
@pytest.mark.parametrize("key", [key for key in REFUSED if key != "connect_to_calendar"])
def test_call_tells_what_calcom_refuses(connected, client_of, key):
    params, error = REFUSED[key]

    with pytest.raises(error) as refused:
        client_of(connected).call(key, **params)

    assert refused.value.request_id
    assert "cal_sandbox_owner" not in str(refused.value)


@pytest.mark.reference
def test_call_of_a_connect_address_is_refused_where_none_is_set_up(recorded_sandbox, client_of):
    with pytest.raises(NotFoundError):
        client_of(recorded_sandbox).call("connect_to_calendar", calendar="google")


@pytest.mark.reference
def test_calls_of_a_platform_client_renew_a_managed_user(recorded_sandbox):
    client_id, oauth_client = next(iter(recorded_sandbox.world.oauth_clients.items()))
    client = CalClient(
        base_url="http://sandbox.test",
        client_id=client_id,
        client_secret=oauth_client.secret,
        transport=InProcess(recorded_sandbox),
    )
    made = client.request(
        operation("create_oauth_client_user"),
        path={"clientId": client_id},
        body={"email": "ada@example.com", "name": "Ada"},
    )
    user_id = made.data["user"]["id"]

    first = client.call("force_refresh_user_oauth_client", clientId=client_id, userId=user_id)
    second = client.call(
        "refresh_oauth_token_for_client_id",
        clientId=client_id,
        refreshToken=first.data["refreshToken"],
    )

    assert second.data["accessToken"] != first.data["accessToken"]
    assert second.data["accessToken"] not in repr(second)
    with pytest.raises(BadRequestError, match="Invalid refresh token"):
        client.call(
            "refresh_oauth_token_for_client_id",
            clientId=client_id,
            refreshToken=first.data["refreshToken"],
        )


def test_every_lookup_and_flow_among_the_actions_has_its_test():
    tested = {
        *ANSWERED,
        *REDIRECTED,
        *REFUSED,
        "force_refresh_user_oauth_client",
        "refresh_oauth_token_for_client_id",
    }
    wanted = {
        key
        for key, row in OPERATIONS.items()
        if row.kind in {Kind.LOOKUP, Kind.CREDENTIAL} and row.is_action
    }

    assert tested == wanted
    assert len(wanted) == 21


class V1Server(httpx.BaseTransport):
    """A server of API v1 that gives one answer and keeps the requests."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []

    def handle_request(self, request):
        self.requests.append(request)
        return self.answer


def v1_client(server, **options):
    return CalClient(
        base_url="https://api.example.com",
        v1_base_url="https://cal.example.com/api/v1",
        transport=server,
        sleep=lambda _: None,
        **({"api_key": "cal_canary"} | options),
    )


def test_call_of_api_v1_goes_to_its_server_with_the_key_in_the_query_only(caplog):
    server = V1Server(httpx.Response(200, json={"attendees": [{"id": 1}]}))

    with caplog.at_level("DEBUG"):
        answer = v1_client(server).call("list_all_attendees")

    (request,) = server.requests
    assert str(request.url) == "https://cal.example.com/api/v1/attendees?apiKey=cal_canary"
    assert "authorization" not in request.headers
    assert answer.data == {"attendees": [{"id": 1}]}
    assert "cal_canary" not in caplog.text


def test_call_of_api_v1_is_refused_without_its_address():
    client = CalClient("cal_x", transport=V1Server(httpx.Response(200)))

    with pytest.raises(ConfigError, match="CAL_V1_BASE_URL") as refused:
        client.call("list_all_attendees")

    assert operation("list_all_attendees").v2_way in str(refused.value)


def test_call_of_api_v1_is_refused_without_an_api_key():
    server = V1Server(httpx.Response(200))
    client = v1_client(server, api_key=None, access_token="t")

    with pytest.raises(ConfigError, match="takes no access token"):
        client.call("list_all_attendees")

    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (httpx.Response(401, json={"message": "Invalid API Key"}), AuthError, "Invalid API Key"),
        (httpx.Response(404, json={"error": "Not here"}), NotFoundError, "Not here"),
        (httpx.Response(500, json={"message": "Oh"}), ServerError, "Oh"),
        (httpx.Response(404, text="<html>"), NotCalError, "not in Cal.com's words"),
        (
            httpx.Response(200, content=b"{", headers={"Content-Type": "application/json"}),
            MalformedAnswer,
            "broken or cut off",
        ),
        (httpx.Response(302, headers={"location": "https://x"}), NotCalError, "redirect"),
    ],
    ids=["key", "missing", "failed", "page", "broken", "elsewhere"],
)
def test_call_of_api_v1_tells_refusals_in_its_own_shapes(answer, error, told):
    with pytest.raises(error, match=re.escape(told)):
        v1_client(V1Server(answer)).call("list_all_attendees")


def test_a_read_takes_no_redirect_as_result():
    client = CalClient("cal_x", transport=V1Server(httpx.Response(302, headers={"location": "/"})))

    with pytest.raises(NotCalError, match="not followed"):
        client.call("retrieve_my_information")


def test_instants_of_other_zones_are_sent_in_utc():
    server = V1Server(httpx.Response(200, json={"status": "success", "data": []}))
    midnight = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    CalClient("cal_x", transport=server).call("fetch_all_bookings", afterStart=midnight)

    assert server.requests[0].url.params["afterStart"] == "2025-12-31T23:00:00.000Z"
