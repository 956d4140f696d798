"""The HTTP client for Cal.com's API v2: one request in, one checked answer out.

It signs requests, sets each operation's `cal-api-version`, shares one rate budget among its
threads, sends reads again when that may help, and turns every failure into an error that says
what to do (`cal_source.errors`). It never follows a redirect, so a key goes to no host but the
one configured, and it never shows a key, a query value or a body in a log or an error.
"""

from __future__ import annotations

import logging
import threading
import time
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx
import msgspec

from cal_source.answer import Answer, RawAnswer, read_answer, read_v1_answer
from cal_source.catalogue import Kind, Operation
from cal_source.credentials import Credentials
from cal_source.errors import (
    AuthError,
    ConfigError,
    MalformedAnswer,
    RequestFailed,
    Unreachable,
    redact,
)
from cal_source.limiter import RateLimiter
from cal_source.query import query_of
from cal_source.retry import Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from cal_source.credentials import TokenSource

DEFAULT_BASE_URL = "https://api.cal.com"
DEFAULT_TIMEOUT_SECONDS = 30.0
DEFAULT_DEADLINE_SECONDS = 120.0
DEFAULT_USER_AGENT = "cal-warehouse"

_log = logging.getLogger("cal_source")
_in_our_request: ContextVar[bool] = ContextVar("cal_source_request", default=False)
_NOTHING: Mapping[str, object] = {}


def _not_ours(_record: logging.LogRecord) -> bool:
    """Let through what httpx logs, except for our requests: it writes whole query strings."""
    return not _in_our_request.get()


logging.getLogger("httpx").addFilter(_not_ours)


def normalise_base_url(base_url: str, version: str = "/v2") -> str:
    """Return `base_url` without a trailing slash and without the version that every path has.

    Raises:
        ConfigError: It is not an absolute http(s) address, or carries a query or a password.
    """
    parts = urlsplit(base_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(
            "base_url",
            f"is '{redact(base_url)}', which is no web address",
            f"Give scheme and host, such as {DEFAULT_BASE_URL}.",
        )
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ConfigError(
            "base_url",
            f"for {parts.hostname} carries a user, a query or a fragment",
            "Give scheme, host and at most a path.",
        )
    path = parts.path.rstrip("/").removesuffix(version).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


class CalClient:
    """A client for one Cal.com server and one credential; safe to share among threads.

    Args:
        api_key: A key such as `cal_live_…`.
        base_url: The API's address, with or without `/v2`.
        client_id: A platform OAuth client's id, with `client_secret`.
        client_secret: Its secret.
        access_token: A managed user's or third-party OAuth access token.
        tokens: Where the access tokens of a signed-in user come from; they are renewed before
            they expire, and once when the server refuses one.
        v1_base_url: The address of API v1, on servers that still run it; None refuses its
            operations. It takes the API key in the query.
        transport: Sends requests in place of the network.
        limiter: The credential's rate budget; pass the same one to every client of a credential.
        retries: The run's retry policy.
        clock: The current time, UTC.
        sleep: Waits that many seconds.
        timeout_seconds: How long to wait for each step of a request.
        deadline_seconds: How long a whole answer may take, however steadily it drips.
        user_agent: Sent as `User-Agent`.

    Raises:
        ConfigError: No credential, several, or an unusable address.
    """

    def __init__(  # noqa: PLR0913 - the public constructor; every option is keyword-only but the key
        self,
        api_key: str | None = None,
        *,
        base_url: str = DEFAULT_BASE_URL,
        client_id: str | None = None,
        client_secret: str | None = None,
        access_token: str | None = None,
        tokens: TokenSource | None = None,
        v1_base_url: str | None = None,
        transport: httpx.BaseTransport | None = None,
        limiter: RateLimiter | None = None,
        retries: Retries | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
        user_agent: str = DEFAULT_USER_AGENT,
    ) -> None:
        self.base_url = normalise_base_url(base_url)
        self._v1_base_url = v1_base_url and normalise_base_url(v1_base_url, "/v1")
        self._tokens = tokens
        self._own = (
            Credentials({}, "sign-in")
            if tokens
            else Credentials.choose(
                api_key=api_key,
                access_token=access_token,
                client_id=client_id,
                client_secret=client_secret,
            )
        )
        self.limiter = limiter or RateLimiter(sleep=sleep)
        self._retries = retries or Retries(sleep=sleep)
        self._clock = clock
        self._deadline = timedelta(seconds=deadline_seconds)
        self._lock = threading.Lock()
        self._requests_made = 0
        self._here = threading.local()
        self._http = httpx.Client(
            headers={"Accept": "application/json", "User-Agent": user_agent},
            transport=transport,
            timeout=timeout_seconds,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"CalClient({self.base_url!r}, {self._own.kind})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._http.close()

    @property
    def credentials(self) -> Credentials:
        """What the next request is signed with."""
        if self._tokens is None:
            return self._own
        return Credentials.choose(access_token=self._tokens.current())

    @property
    def requests_made(self) -> int:
        """Requests sent so far, retries included."""
        return self._requests_made

    @property
    def requests_made_here(self) -> int:
        """Those of them that the calling thread sent."""
        return getattr(self._here, "requests", 0)

    def get(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] = _NOTHING,
        params: Mapping[str, object] = _NOTHING,
        decode: Callable[[bytes], Any] = msgspec.json.decode,
    ) -> Answer:
        """Send a read or lookup and return its answer; see `request`."""
        return self.request(operation, path=path, params=params, decode=decode)

    def request(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] = _NOTHING,
        params: Mapping[str, object] = _NOTHING,
        body: object = None,
        priority: bool = False,
        decode: Callable[[bytes], Any] = msgspec.json.decode,
    ) -> Answer:
        """Send one operation and return its answer.

        Reads and lookups that are GETs are sent again when that may help; everything else is
        sent exactly once, because Cal.com has no idempotency keys.

        Args:
            operation: A row of the catalogue.
            path: Values for the braces in the operation's path.
            params: Query parameters; None leaves one out, lists are joined by commas, aware
                datetimes are written in UTC with milliseconds.
            body: Sent as JSON when not None.
            priority: Whether this request may use the limiter's reserve.
            decode: Decodes the body of a success.

        Raises:
            ConfigError: The path parameters do not fit, or the operation exists in API v1 only.
            AuthError: The credentials are refused, renewed ones too.
            RequestFailed: The request failed; the subclass says how and what to do.
        """
        url_path = operation.url_path(**path)
        credentials = self.credentials
        base_url, key = self._address(operation, credentials)
        request = self._http.build_request(
            operation.method,
            base_url + url_path,
            params=query_of(params) | key,
            content=None if body is None else msgspec.json.encode(body),
            headers=_headers(operation, body) | ({} if key else dict(credentials.headers)),
        )

        def send() -> Answer:
            raw = self._send(request, url_path, credentials, priority=priority)
            if operation.is_v1:
                return read_v1_answer(raw)
            redirects = operation.kind in {Kind.LOOKUP, Kind.CREDENTIAL}
            return read_answer(raw, redirects=redirects, decode=decode)

        if operation.method != "GET" or operation.kind not in {Kind.READ, Kind.LOOKUP}:
            return send()
        try:
            return self._retries.call(send)
        except AuthError:
            renewed = self._renewed(credentials)
            if renewed is None:
                raise
            credentials = renewed
            request.headers.update(credentials.headers)
            return self._retries.call(send)

    def call(self, key: str, /, **params: object) -> Answer:
        """Run a read, lookup or credential flow with parameters by name.

        Args:
            key: Its key in the catalogue; `cal-warehouse actions` lists them.
            **params: Parameters of its path, query and body, as Cal.com names them.

        Returns:
            The answer. Where Cal.com redirects (connect addresses, sign-in callbacks), its
            `location` says where to, and nothing is followed. It may hold secrets: do not log it.

        Raises:
            UnknownOperationError: There is no such operation.
            WriteRefusedError: It would change something: plan it instead.
            CallParameterError: Parameters are missing, unknown or malformed; nothing was sent.
            RequestFailed: The request failed; the subclass says how and what to do.
        """
        from cal_source.calls import prepare_call  # noqa: PLC0415 - models take 0.2 s to import

        prepared = prepare_call(key, params)
        return self.request(
            prepared.operation, path=prepared.path, params=prepared.query, body=prepared.body
        )

    def _renewed(self, refused: Credentials) -> Credentials | None:
        """Return other credentials than those refused; None where there are no others."""
        if self._tokens is None:
            return None
        rejected = refused.headers["Authorization"].removeprefix("Bearer ")
        return Credentials.choose(access_token=self._tokens.renewed(rejected))

    def _address(
        self, operation: Operation, credentials: Credentials
    ) -> tuple[str, dict[str, str]]:
        """Return the address of the API that has an operation, and the key to put in its query.

        Raises:
            ConfigError: It is an operation of API v1 and cannot be sent.
        """
        if not operation.is_v1:
            return self.base_url, {}
        if self._v1_base_url is None:
            raise ConfigError(
                f"operation '{operation.key}'",
                f"exists in API v1 only ({operation.path}), which {self.base_url} is not",
                f"Use {operation.v2_way or 'the web app'}, or where the server still runs API v1 "
                "set CAL_V1_BASE_URL.",
            )
        if credentials.kind != "api key":
            raise ConfigError(
                f"operation '{operation.key}'",
                f"exists in API v1 only, which takes no {credentials.kind}",
                "Use an API key.",
            )
        key = credentials.headers["Authorization"].removeprefix("Bearer ")
        return self._v1_base_url, {"apiKey": key}

    def _send(
        self,
        request: httpx.Request,
        path: str,
        credentials: Credentials,
        *,
        priority: bool,
    ) -> RawAnswer:
        with self.limiter.permit(priority=priority) as permit:
            with self._lock:
                self._requests_made += 1
            self._here.requests = self.requests_made_here + 1
            sent_at = self._clock()
            response, received = self._exchange(request, path, sent_at)
            fetched_at = self._clock()
            headers = {name.lower(): value for name, value in response.headers.items()}
            self.limiter.settle(permit, status=response.status_code, headers=headers)
        _log.debug(
            "%s %s %d %.0f ms %s",
            request.method,
            redact(path),
            response.status_code,
            (fetched_at - sent_at).total_seconds() * 1000,
            headers.get("x-request-id", "-"),
        )
        content = received if response.is_success else credentials.hide(received)
        return RawAnswer(
            method=request.method,
            path=path,
            status=response.status_code,
            headers=headers,
            content=content,
            fetched_at=fetched_at,
        )

    def _exchange(
        self, request: httpx.Request, path: str, sent_at: datetime
    ) -> tuple[httpx.Response, bytes]:
        # names transport failures in our words
        token = _in_our_request.set(True)
        try:
            response = self._http.send(request, stream=True)
            try:
                return response, self._received(response, sent_at)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise _transport_error(error, request.method, path) from error
        finally:
            _in_our_request.reset(token)

    def _received(self, response: httpx.Response, sent_at: datetime) -> bytes:
        # httpx's timeout starts anew with every piece, so a slow drip would never reach it
        pieces = []
        for piece in response.iter_bytes():
            pieces.append(piece)
            if self._clock() - sent_at > self._deadline:
                message = f"the answer was not complete after {self._deadline.total_seconds():g} s"
                raise httpx.ReadTimeout(message)
        return b"".join(pieces)


def _transport_error(error: httpx.HTTPError, method: str, path: str) -> RequestFailed:
    if isinstance(error, httpx.TimeoutException):
        message = f"{type(error).__name__}: {str(error) or 'no answer in time'}"
        return Unreachable(method=method, path=path, cal_message=message)
    if isinstance(error, (httpx.RemoteProtocolError, httpx.DecodingError)):
        message = f"the answer was cut off ({error})"
        return MalformedAnswer(method=method, path=path, cal_message=message)
    return Unreachable(method=method, path=path, cal_message=str(error) or type(error).__name__)


def _headers(operation: Operation, body: object) -> dict[str, str]:
    headers = {}
    if operation.version is not None:
        headers["cal-api-version"] = operation.version
    if body is not None:
        headers["Content-Type"] = "application/json"
    return headers
