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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx
import msgspec

from cal_source.answer import Answer, RawAnswer, read_answer
from cal_source.catalogue import Kind, Operation
from cal_source.errors import ConfigError, MalformedAnswer, RequestFailed, Unreachable, redact
from cal_source.limiter import RateLimiter
from cal_source.retry import Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

DEFAULT_BASE_URL = "https://api.cal.com"
DEFAULT_TIMEOUT_SECONDS = 30.0
DEFAULT_USER_AGENT = "cal-warehouse"

_log = logging.getLogger("cal_source")
_in_our_request: ContextVar[bool] = ContextVar("cal_source_request", default=False)
_NOTHING: Mapping[str, object] = {}


def _not_ours(_record: logging.LogRecord) -> bool:
    """Let through what httpx logs, except for our requests: it writes whole query strings."""
    return not _in_our_request.get()


logging.getLogger("httpx").addFilter(_not_ours)


@dataclass(frozen=True, slots=True)
class Credentials:
    """How requests are signed: an API key, an access token, or a platform client's id and secret.

    Build them with `Credentials.choose`, which checks that exactly one way is given.
    """

    headers: Mapping[str, str] = field(repr=False)
    kind: str

    def hide(self, content: bytes) -> bytes:
        """Return an answer's body without the secrets, should the server have repeated them."""
        for value in self.headers.values():
            content = content.replace(value.removeprefix("Bearer ").encode(), b"<secret>")
        return content

    @classmethod
    def choose(
        cls,
        *,
        api_key: str | None = None,
        access_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> Self:
        """Return the one way of signing that is given.

        Raises:
            ConfigError: None is given, or several, or a value cannot be sent in a header.
        """
        ways = [
            name
            for name, given in (
                ("api_key", api_key),
                ("access_token", access_token),
                ("client_id", client_id or client_secret),
            )
            if given
        ]
        if not ways:
            raise ConfigError(
                "api_key",
                "is not set, so Cal.com would refuse every request",
                "Set CAL_API_KEY (Cal.com: Settings, Security, API keys), or try the sandbox.",
            )
        if len(ways) > 1:
            raise ConfigError(
                " and ".join(ways), "are set together", "Keep one; each has its own rights."
            )
        if ways == ["client_id"]:
            return cls(_platform_headers(client_id, client_secret), "platform client")
        token = _clean(ways[0], api_key or access_token or "").removeprefix("Bearer ").strip()
        return cls({"Authorization": f"Bearer {token}"}, ways[0].replace("_", " "))


def _platform_headers(client_id: str | None, client_secret: str | None) -> dict[str, str]:
    if not client_id or not client_secret:
        missing = "client_secret" if client_id else "client_id"
        raise ConfigError(missing, "is not set", "A platform client signs with both id and secret.")
    return {
        "x-cal-client-id": _clean("client_id", client_id),
        "x-cal-secret-key": _clean("client_secret", client_secret),
    }


def _clean(name: str, value: str) -> str:
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable():
        raise ConfigError(name, "is empty or has characters that no key has", "Copy it again.")
    return value


def normalise_base_url(base_url: str) -> str:
    """Return `base_url` without a trailing slash and without the `/v2` that every path has.

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
    path = parts.path.rstrip("/").removesuffix("/v2").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


class CalClient:
    """A client for one Cal.com server and one credential; safe to share among threads.

    Args:
        api_key: A key such as `cal_live_…`.
        base_url: The API's address, with or without `/v2`.
        client_id: A platform OAuth client's id, with `client_secret`.
        client_secret: Its secret.
        access_token: A managed user's or third-party OAuth access token.
        transport: Sends requests in place of the network.
        limiter: The credential's rate budget; pass the same one to every client of a credential.
        retries: The run's retry policy.
        clock: The current time, UTC.
        sleep: Waits that many seconds.
        timeout_seconds: How long to wait for each step of a request.
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
        transport: httpx.BaseTransport | None = None,
        limiter: RateLimiter | None = None,
        retries: Retries | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        user_agent: str = DEFAULT_USER_AGENT,
    ) -> None:
        self.base_url = normalise_base_url(base_url)
        self.credentials = Credentials.choose(
            api_key=api_key,
            access_token=access_token,
            client_id=client_id,
            client_secret=client_secret,
        )
        self.limiter = limiter or RateLimiter(sleep=sleep)
        self._retries = retries or Retries(sleep=sleep)
        self._clock = clock
        self._lock = threading.Lock()
        self._requests_made = 0
        self._http = httpx.Client(
            headers={
                "Accept": "application/json",
                "User-Agent": user_agent,
                **self.credentials.headers,
            },
            transport=transport,
            timeout=timeout_seconds,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"CalClient({self.base_url!r}, {self.credentials.kind})"

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
    def requests_made(self) -> int:
        """Requests sent so far, retries included."""
        return self._requests_made

    def get(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] = _NOTHING,
        params: Mapping[str, object] = _NOTHING,
    ) -> Answer:
        """Send a read or lookup and return its answer; see `request`."""
        return self.request(operation, path=path, params=params)

    def request(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] = _NOTHING,
        params: Mapping[str, object] = _NOTHING,
        body: object = None,
        priority: bool = False,
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

        Raises:
            ConfigError: The path parameters do not fit, or the operation exists in API v1 only.
            RequestFailed: The request failed; the subclass says how and what to do.
        """
        if operation.is_v1:
            raise ConfigError(
                f"operation '{operation.key}'",
                f"exists in API v1 only ({operation.path}), which {self.base_url} is not",
                f"Use {operation.v2_way or 'the web app'}.",
            )
        url_path = operation.url_path(**path)
        request = self._http.build_request(
            operation.method,
            self.base_url + url_path,
            params=_query(params),
            content=None if body is None else msgspec.json.encode(body),
            headers=_headers(operation, body),
        )
        if operation.method == "GET" and operation.kind in {Kind.READ, Kind.LOOKUP}:
            return self._retries.call(lambda: self._send(request, url_path, priority=priority))
        return self._send(request, url_path, priority=priority)

    def _send(self, request: httpx.Request, path: str, *, priority: bool) -> Answer:
        with self.limiter.permit(priority=priority) as permit:
            with self._lock:
                self._requests_made += 1
            sent_at = self._clock()
            response = self._exchange(request, path)
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
        content = (
            response.content if response.is_success else self.credentials.hide(response.content)
        )
        return read_answer(
            RawAnswer(
                method=request.method,
                path=path,
                status=response.status_code,
                headers=headers,
                content=content,
                fetched_at=fetched_at,
            )
        )

    def _exchange(self, request: httpx.Request, path: str) -> httpx.Response:
        # names transport failures in our words
        token = _in_our_request.set(True)
        try:
            return self._http.send(request)
        except httpx.HTTPError as error:
            raise _transport_error(error, request.method, path) from error
        finally:
            _in_our_request.reset(token)


def _transport_error(error: httpx.HTTPError, method: str, path: str) -> RequestFailed:
    if isinstance(error, httpx.TimeoutException):
        message = f"{type(error).__name__}: no answer in time"
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


def _query(params: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(value) for name, value in params.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(_text(part) for part in value)
    return str(value)
