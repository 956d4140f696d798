"""The client against a transport that answers in memory."""

from __future__ import annotations

import gzip
import logging
import random
import threading
from datetime import UTC, datetime

import httpx
import pytest

from cal_source.catalogue import Kind, Operation, operation
from cal_source.client import CalClient, normalise_base_url
from cal_source.credentials import Credentials
from cal_source.errors import (
    AuthError,
    BadRequestError,
    CalError,
    ConfigError,
    ForbiddenError,
    MalformedAnswer,
    NotCalError,
    NotFoundError,
    RateLimited,
    ServerError,
    Unreachable,
)
from cal_source.limiter import RateLimiter
from cal_source.retry import Retries
from cal_source.sandbox import Fault
from cal_source.sandbox.faults import dripping

CANARY = "cal_live_canary0123456789"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ME = operation("retrieve_my_information")
BOOKINGS = operation("fetch_all_bookings")
CANCEL = operation("cancel_booking_via_uid")
SUCCESS = {"status": "success", "data": {"id": 1}}
LIMIT_HEADERS = {
    "X-RateLimit-Limit-Default": "120",
    "X-RateLimit-Remaining-Default": "119",
    "X-RateLimit-Reset-Default": "60",
}


class Server:
    """Gives the prepared answers in turn, the last one for ever, and keeps the requests."""

    def __init__(self, *answers):
        self.answers = list(answers) or [httpx.Response(200, json=SUCCESS)]
        self.requests = []
        self.slept = []

    def handle(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, api_key=CANARY, **options):
        options = {"base_url": "https://cal.example.com", "clock": lambda: NOW} | options
        return CalClient(
            api_key,
            transport=httpx.MockTransport(self.handle),
            limiter=RateLimiter(clock=lambda: 0.0, sleep=self.slept.append),
            retries=Retries(sleep=self.slept.append, rng=random.Random(1)),
            **options,
        )


def refused(status, code="SomeException", message="No.", details=None):
    error = {"code": code, "message": message, "details": details}
    body = {"status": "error", "timestamp": "t", "path": "/v2/me", "error": error}
    return httpx.Response(status, json=body, headers={"X-Request-Id": "req-7"})


def test_get_returns_the_checked_answer():
    body = {"status": "success", "data": [{"id": 1}], "pagination": {"totalItems": 1}}
    server = Server(httpx.Response(200, json=body, headers={"X-Request-Id": "req-1"}))

    answer = server.client().get(BOOKINGS, params={"take": 1})

    assert answer.data == [{"id": 1}]
    assert answer.pagination == {"totalItems": 1}
    assert (answer.status, answer.request_id, answer.fetched_at) == (200, "req-1", NOW)
    assert answer.headers["content-type"] == "application/json"
    assert httpx.Response(200, content=answer.content).json() == body


def test_get_accepts_a_success_without_data():
    answer = Server(httpx.Response(200, json={"status": "success"})).client().get(ME)

    assert answer.data is None
    assert answer.pagination is None


def test_get_reads_compressed_answers():
    content = gzip.compress('{"status":"success","data":"Zoë"}'.encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    server = Server()
    server.handle = lambda _request: httpx.Response(200, headers=headers, content=content)

    assert server.client().get(ME).data == "Zoë"


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        pytest.param({"api_key": CANARY}, {"Authorization": f"Bearer {CANARY}"}, id="key"),
        pytest.param(
            {"api_key": f" Bearer {CANARY}\n"}, {"Authorization": f"Bearer {CANARY}"}, id="pasted"
        ),
        pytest.param(
            {"api_key": None, "access_token": "jwt"}, {"Authorization": "Bearer jwt"}, id="token"
        ),
        pytest.param(
            {"api_key": None, "client_id": "id", "client_secret": "s"},
            {"x-cal-client-id": "id", "x-cal-secret-key": "s"},
            id="platform client",
        ),
    ],
)
def test_client_signs_requests(options, headers):
    server = Server()

    server.client(**options).get(ME)

    sent = server.requests[0].headers
    assert {name: sent[name] for name in headers} == headers
    assert ("Authorization" in sent) == ("Authorization" in headers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, r"api_key is not set.*Set CAL_API_KEY", id="none"),
        pytest.param({"api_key": ""}, r"api_key is not set.*Set CAL_API_KEY", id="empty"),
        pytest.param({"api_key": "a", "access_token": "b"}, "set together", id="two"),
        pytest.param({"client_id": "a"}, "client_secret is not set", id="half a client"),
        pytest.param({"client_secret": "a"}, "client_id is not set", id="the other half"),
        pytest.param({"api_key": "ke\ny"}, "no key has. Copy it again", id="line break"),
        pytest.param({"api_key": "schlüssel"}, "no key has", id="not ascii"),
    ],
)
def test_credentials_refuse_what_cannot_sign(options, message):
    with pytest.raises(ConfigError, match=message):
        Credentials.choose(**options)


def test_client_sends_the_version_of_each_operation():
    server = Server()
    client = server.client()

    client.get(BOOKINGS)
    client.get(operation("retrieve_schedules_list"))
    client.get(ME)

    versions = [request.headers.get("cal-api-version") for request in server.requests]
    assert versions == ["2024-08-13", "2024-06-11", None]


def test_client_writes_query_values_as_cal_reads_them():
    server = Server()
    params = {
        "afterUpdatedAt": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        "eventTypeIds": [1, 2],
        "isDryRun": True,
        "take": 250,
        "teamId": None,
    }

    server.client().get(BOOKINGS, params=params)

    assert dict(server.requests[0].url.params) == {
        "afterUpdatedAt": "2026-01-02T03:04:05.678Z",
        "eventTypeIds": "1,2",
        "isDryRun": "true",
        "take": "250",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://api.cal.com", "https://api.cal.com"),
        ("https://api.cal.com/", "https://api.cal.com"),
        ("https://api.cal.com/v2", "https://api.cal.com"),
        ("https://api.cal.com/v2/", "https://api.cal.com"),
        ("http://localhost:5555/api/v2", "http://localhost:5555/api"),
        (" https://cal.example.com/cal ", "https://cal.example.com/cal"),
    ],
)
def test_normalise_base_url_accepts_what_people_paste(given, expected):
    assert normalise_base_url(given) == expected


@pytest.mark.parametrize(
    "given",
    ["", "api.cal.com", "ftp://api.cal.com", "https://", "https://u:p@x.example", "https://x/?a=b"],
)
def test_normalise_base_url_refuses_what_is_no_address(given):
    with pytest.raises(ConfigError, match="Give scheme") as caught:
        normalise_base_url(given)

    assert caught.value.setting == "base_url"
    assert "u:p" not in str(caught.value)


def test_client_keeps_a_path_before_v2():
    server = Server()

    server.client(base_url="https://cal.example.com/api/v2").get(ME)

    assert str(server.requests[0].url) == "https://cal.example.com/api/v2/me"


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, BadRequestError),
        (401, AuthError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, BadRequestError),
        (498, AuthError),
    ],
)
def test_enveloped_refusals_are_raised_at_once(status, error_class):
    server = Server(refused(status, code="CodeException", message="Because of this."))

    with pytest.raises(error_class, match="Because of this") as caught:
        server.client().get(ME)

    assert caught.value.status == status
    assert caught.value.cal_code == "CodeException"
    assert caught.value.request_id == "req-7"
    assert len(server.requests) == 1


def test_bare_refusals_are_understood():
    server = Server(httpx.Response(400, json={"statusCode": 400, "message": ["a bad", "b bad"]}))

    with pytest.raises(BadRequestError, match="a bad; b bad"):
        server.client().get(ME)


def test_validation_errors_name_the_rules_and_not_the_values():
    child = {"property": "email", "value": "jane@example.com", "constraints": {"isIn": "role is x"}}
    errors = [
        {"property": "take", "value": 251, "constraints": {"max": "take is above 250"}},
        {"property": "guests", "value": "jane@example.com", "children": [child]},
    ]
    server = Server(refused(400, message="Bad Request Exception", details={"errors": errors}))

    with pytest.raises(BadRequestError) as caught:
        server.client().get(BOOKINGS, params={"take": 251})

    assert caught.value.constraints == ("take is above 250", "role is x")
    assert "251" not in str(caught.value)
    assert "jane" not in str(caught.value)


def page(status, text="<html>Hello</html>", content_type="text/html; charset=utf-8"):
    return httpx.Response(status, text=text, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(page(200), id="a web page"),
        pytest.param(page(404), id="a web page not found"),
        pytest.param(page(403), id="a proxy's refusal"),
        pytest.param(httpx.Response(404, json={"detail": "Not Found"}), id="another api"),
        pytest.param(httpx.Response(401, json=["no"]), id="another shape"),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://app.example.com/login?k=v"}),
            id="a redirect",
        ),
    ],
)
def test_answers_of_something_else_point_to_base_url(answer):
    server = Server(answer)

    with pytest.raises(NotCalError, match="Check base_url") as caught:
        server.client().get(ME)

    assert len(server.requests) == 1
    assert "k=v" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(page(200, '{"status": "succ', "application/json"), id="cut off"),
        pytest.param(page(200, "", "application/json"), id="empty"),
        pytest.param(httpx.RemoteProtocolError("received 10 bytes, expected 20"), id="truncated"),
        pytest.param(httpx.DecodingError("bad gzip"), id="not decompressible"),
    ],
)
def test_broken_successes_are_tried_again_and_then_reported(answer):
    server = Server(answer)

    with pytest.raises(MalformedAnswer, match=r"after 5 tries.*Try again") as caught:
        server.client().get(ME)

    assert caught.value.attempts == 5
    assert len(server.requests) == 5


@pytest.mark.parametrize("body", [{"bookings": []}, [1]], ids=["no envelope", "a bare list"])
def test_success_of_another_service_is_not_tried_again(body):
    server = Server(httpx.Response(200, json=body))

    with pytest.raises(NotCalError, match=r"no success envelope.*Check base_url"):
        server.client().get(ME)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(page(502), id="bad gateway"),
        pytest.param(page(520, "error code: 520", "text/plain"), id="cloudflare"),
        pytest.param(refused(503), id="unavailable"),
        pytest.param(refused(429, code="ThrottlerException"), id="rate limited"),
        pytest.param(refused(500), id="own 500"),
        pytest.param(httpx.ConnectError("Connection refused"), id="refused"),
        pytest.param(httpx.ReadTimeout(""), id="timeout"),
    ],
)
def test_reads_recover_from_passing_trouble(trouble):
    server = Server(trouble, httpx.Response(200, json=SUCCESS, headers=LIMIT_HEADERS))
    client = server.client()
    client.limiter = RateLimiter(clock=Ticking(), sleep=server.slept.append)

    assert client.get(ME).data == {"id": 1}
    assert client.requests_made == 2


@pytest.fixture
def dripping_client(small_sandbox):
    """Makes a client that sends once, of a server whose answers come in small pieces."""
    small_sandbox.faults.add(Fault(dripping(0.1), path="/v2/me", times=None))
    with small_sandbox.serve() as url:
        yield lambda **options: CalClient(
            "cal_sandbox_owner", base_url=url, retries=Retries(attempts=1), **options
        )


def test_answer_that_drips_is_given_up_after_the_deadline(dripping_client):
    """Each piece comes in time; only the whole answer is late."""
    client = dripping_client(deadline_seconds=0.25)

    with client, pytest.raises(Unreachable, match=r"not complete after 0\.25 s.*the network"):
        client.get(ME)


def test_answer_that_drips_is_read_when_it_is_whole_in_time(dripping_client):
    with dripping_client(timeout_seconds=0.5) as client:
        assert client.get(ME).data["id"] == 1001


class Ticking:
    """A clock that is a minute on at every look, so that no wait is ever long."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 61
        return self.now


@pytest.mark.parametrize(
    ("error", "error_class", "said"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), Unreachable, "Connection refused"),
        (httpx.ConnectTimeout(""), Unreachable, "ConnectTimeout: no answer in time"),
        (httpx.ReadError(""), Unreachable, "ReadError"),
    ],
    ids=["refused", "timeout", "reset"],
)
def test_no_answer_is_reported_with_its_cause(error, error_class, said):
    with pytest.raises(error_class, match=said) as caught:
        Server(error).client().get(ME)

    assert caught.value.status is None
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(httpx.ReadTimeout(""), id="timeout"),
        pytest.param(page(502), id="bad gateway"),
        pytest.param(refused(429), id="rate limited"),
    ],
)
@pytest.mark.parametrize(
    ("row", "path"),
    [
        pytest.param(CANCEL, {"bookingUid": "abc"}, id="write"),
        pytest.param(operation("save_stripe_details"), {}, id="get with effects"),
    ],
)
def test_anything_but_a_read_is_sent_exactly_once(trouble, row, path):
    server = Server(trouble)

    with pytest.raises((Unreachable, ServerError, RateLimited)):
        server.client().request(row, path=path, body={"cancellationReason": "x"})

    assert len(server.requests) == 1


def test_request_sends_its_body_as_json():
    server = Server()

    server.client().request(CANCEL, path={"bookingUid": "abc"}, body={"reason": "naïve"})

    request = server.requests[0]
    assert (request.method, request.url.path) == ("POST", "/v2/bookings/abc/cancel")
    assert request.headers["Content-Type"] == "application/json"
    assert request.content == '{"reason":"naïve"}'.encode()


def test_operations_of_api_v1_are_refused_with_the_v2_way():
    server = Server()

    with pytest.raises(ConfigError, match=r"API v1 only.*Use attendees of fetch_all_bookings"):
        server.client().get(operation("list_all_attendees"))

    assert server.requests == []


def test_missing_path_parameters_are_refused_before_anything_is_sent():
    server = Server()

    with pytest.raises(ConfigError, match="needs bookingUid"):
        server.client().get(operation("retrieve_booking_details_by_uid"))

    assert server.requests == []


def test_failed_requests_give_their_permit_back():
    server = Server(httpx.ReadError(""))
    client = server.client()

    with pytest.raises(Unreachable):
        client.get(ME)

    assert "under_way=0" in repr(client.limiter)


def test_client_is_shared_by_threads():
    server = Server(httpx.Response(200, json=SUCCESS, headers=LIMIT_HEADERS))
    client = server.client()
    answers = []

    def work():
        answers.extend(client.get(ME).data for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(answers) == 50
    assert client.requests_made == 50


def test_closed_client_is_reported():
    with Server().client() as client:
        client.get(ME)

    with pytest.raises(RuntimeError):
        client.get(ME)


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, message=f"Invalid API key {CANARY} of jane@example.com"),
        refused(404, message="Cannot GET /v2/me?attendeeEmail=jane%40example.com"),
        page(200, f"<html>{CANARY} jane@example.com</html>"),
        page(502, f"{CANARY} jane@example.com"),
        httpx.ConnectError(f"{CANARY} jane@example.com"),
        httpx.Response(200, json=SUCCESS),
    ],
    ids=["echoed key", "echoed query", "page", "gateway", "transport", "success"],
)
def test_nothing_shows_the_key_or_query_values(answer, caplog):
    caplog.set_level(logging.DEBUG)
    server = Server(answer)
    client = server.client()

    said = [repr(client), repr(client.credentials)]
    try:
        said.append(repr(client.get(BOOKINGS, params={"attendeeEmail": "jane@example.com"})))
    except CalError as error:
        said += [str(error), repr(error)]

    text = "\n".join([*said, caplog.text])
    assert CANARY not in text
    assert "jane" not in text


def test_refusals_that_repeat_an_unusual_secret_are_shown_without_it():
    server = Server(refused(401, message="Wrong secret opaque-canary-77"))
    client = server.client(api_key=None, client_id="id", client_secret="opaque-canary-77")

    with pytest.raises(AuthError, match="Wrong secret <secret>"):
        client.get(ME)


def test_client_logs_each_request_in_one_line(caplog):
    caplog.set_level(logging.DEBUG)
    server = Server(httpx.Response(200, json=SUCCESS, headers={"X-Request-Id": "req-9"}))

    server.client().get(BOOKINGS, params={"take": 3})

    lines = [record for record in caplog.records if record.name in {"cal_source", "httpx"}]
    assert [record.name for record in lines] == ["cal_source"]
    assert lines[0].getMessage().startswith("GET /v2/bookings 200 ")
    assert lines[0].getMessage().endswith(" ms req-9")


def test_other_users_of_httpx_keep_their_log(caplog):
    caplog.set_level(logging.INFO)
    Server().client().get(ME)
    transport = httpx.MockTransport(lambda _request: httpx.Response(204))

    with httpx.Client(transport=transport) as other:
        other.get("https://other.example.com/")

    assert [record.name for record in caplog.records] == ["httpx"]


def test_client_follows_no_redirect_with_its_key():
    server = Server(httpx.Response(301, headers={"Location": "https://evil.example.com/v2/me"}))

    with pytest.raises(NotCalError, match=r"a redirect to https://evil.example.com/v2/me"):
        server.client().get(ME)

    assert [request.url.host for request in server.requests] == ["cal.example.com"]


def test_request_uses_the_reserve_only_with_priority():
    server = Server(httpx.Response(200, json=SUCCESS, headers=LIMIT_HEADERS))
    client = server.client()
    client.limiter = RateLimiter(reserve=119, clock=lambda: 0.0, sleep=Forbidden())
    client.get(ME)

    row = Operation(key="k", summary="s", kind=Kind.WRITE, method="POST", path="/v2/me")
    client.request(row, priority=True)

    with pytest.raises(AssertionError, match="had to wait"):
        client.get(ME)


class Forbidden:
    def __call__(self, seconds):
        raise AssertionError(f"had to wait {seconds} s")
