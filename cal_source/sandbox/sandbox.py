"""Cal.com in a process: takes a request, gives the answer the real service would give."""

from __future__ import annotations

import base64
import hashlib
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.asgi import application
from cal_source.sandbox.auth import Bucket, Credentials, caller_name, rate_bucket
from cal_source.sandbox.call import Call, Reply, query_pairs, request_target
from cal_source.sandbox.clock import Clock, to_iso
from cal_source.sandbox.control import PREFIX, control
from cal_source.sandbox.errors import ApiError, BareError, NotFoundError, TooManyRequestsError
from cal_source.sandbox.faults import Answer, Faults
from cal_source.sandbox.grants import Grants
from cal_source.sandbox.ids import Ids
from cal_source.sandbox.outbox import Outbox
from cal_source.sandbox.ratelimit import RateLimiter
from cal_source.sandbox.replica import Replica, Timing
from cal_source.sandbox.router import Router, api_version
from cal_source.sandbox.routes import ROUTES
from cal_source.sandbox.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from cal_source.sandbox.router import Route, Throttle
    from cal_source.sandbox.world import World

_JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request the sandbox got; `caller` is the name of the key, never the key."""

    method: str
    path: str
    query: str
    caller: str
    status: int


class Sandbox:
    """A double of Cal.com API v2 over a world.

    Its clock stands still unless it is advanced; `serve_forever` lets it run. Rate limits follow
    the machine's clock in any case, so that a client that waits out a block really gets on.

    Args:
        world: The state to serve; kept and changed in place.
        seed: Chooses the order of rows where the real one gives none, and request ids.
        now: Start of the clock; default the world's own instant.
        rate_limits: Whether requests are counted, and refused beyond the limit.
        rate_limit_per_minute: One limit for every credential, instead of each one's own.
        clock: Used instead of one that starts at `now`.
        timing: How far reads and stamps are off the clock; default not at all.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 0,
        now: datetime | None = None,
        rate_limits: bool = True,
        rate_limit_per_minute: int | None = None,
        clock: Clock | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.world = world
        self.clock = clock or Clock(now or world.now)
        self.requests: list[ReceivedRequest] = []
        self.faults = Faults()
        self.outbox = Outbox()
        self.app = application(self)
        self._rng = Random(seed)
        self._ids = Ids(Random(f"ids {seed}"))
        self._grants = Grants()
        self._limiter = RateLimiter() if rate_limits else None
        self._limit_per_minute = rate_limit_per_minute
        self._timing = timing or Timing()
        self._replica = Replica(world, self.clock, self._timing.replica_lag, self._rng)
        self._router = Router(ROUTES)
        self._lock = threading.RLock()  # who acts before a request may make requests
        self._before_request: Callable[[], None] | None = None
        self._is_between_requests = False

    @contextmanager
    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
        """Serve over HTTP in a thread, until the end of the block.

        Yields:
            The address, such as `http://127.0.0.1:40123`.
        """
        with serving(self.app, host, port) as url:
            yield url

    @property
    def shown(self) -> World:
        """The state that reads see at present; `world` itself where the replica has no lag."""
        return self._replica.shown().world

    def before_request(self, callback: Callable[[], None] | None) -> None:
        """Have `callback` called before each request is answered; None ends that.

        It may change the world and make requests of its own, for which it is not called.
        """
        self._before_request = callback

    def server_now(self) -> datetime:
        """The present instant by the clock of one of the servers."""
        return self._timing.server_now(self.clock, self._rng)

    def respond(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] | bytes = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        address: str = "127.0.0.1",
    ) -> Answer:
        """Answer one request without a socket.

        Args:
            method: HTTP method in upper case.
            path: Path, percent-decoded.
            query: Parameters in order, or the query string as sent.
            headers: Request headers, names in any case.
            body: Request body.
            address: Network address of the caller, for limits on calls without credentials.
        """
        with self._lock:
            if path.startswith(PREFIX):
                return control(self, method, path, body)
            self._let_others_act()
            self._replica.keep()
            call = self._call(method, path, query, headers or {}, body)
            answer = self._finish(call, *self._answer(call, address))
            answer = self.faults.apply(method, path, answer, self._rng)
            self._note(call, answer)
            return answer

    def _let_others_act(self) -> None:
        if self._before_request is None or self._is_between_requests:
            return
        self._is_between_requests = True
        try:
            self._before_request()
        finally:
            self._is_between_requests = False

    def _call(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] | bytes,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Call:
        return Call(
            method=method,
            path=path,
            query=query_pairs(query),
            headers=headers,
            body=body,
            target=request_target(path, query),
            version=api_version(headers),
            now=self.server_now(),
            world=self.world,
            lists=self._replica.primary.lists,
            renderer=self._replica.primary.renderer,
            rng=self._rng,
            ids=self._ids,
            grants=self._grants,
            outbox=self.outbox,
        )

    def _note(self, call: Call, answer: Answer) -> None:
        caller = caller_name(self.world, Credentials.of(call.headers))
        _, _, query = call.target.partition("?")
        received = ReceivedRequest(call.method, call.path, query, caller, answer.status)
        self.requests.append(received)

    def _answer(self, call: Call, address: str) -> tuple[Reply, dict[str, str]]:
        limits: dict[str, str] = {}
        try:
            route = self._route(call)
            self._count(call, address, limits, route.throttle)
            if route.is_read:
                shown = self._replica.shown()
                call.world, call.lists = shown.world, shown.lists
                call.renderer = shown.renderer
            else:
                self._replica.note_write()
            for guard in route.guards:
                guard(call)
            result = route.handler(call)
        except ApiError as error:
            return _enveloped(call, error), limits
        return (result if isinstance(result, Reply) else Reply(route.status, result)), limits

    def _route(self, call: Call) -> Route:
        path = call.path.removeprefix("/api") if call.path.startswith("/api/v2/") else call.path
        found = self._router.find(call.method, path, call.version)
        if found is None:
            text = f"Cannot {call.method} {call.target}"
            raise NotFoundError(text)
        route, call.params = found
        return route

    def _count(
        self, call: Call, address: str, limits: dict[str, str], throttle: Throttle | None
    ) -> None:
        """Count the request; `limits` gets its headers, also where the request is refused.

        An operation with a limit of its own counts towards that one only.

        Raises:
            TooManyRequestsError: The limit is exceeded.
        """
        credentials = Credentials.of(call.headers)
        bucket = rate_bucket(self.world, credentials, address, self._limit_per_minute)
        if self._limiter is None:
            return
        name = "Default"
        if throttle is not None:
            name = throttle.name
            bucket = Bucket(f"{name} {bucket.name}", throttle.limit)
        uptime = self.clock.uptime_seconds()
        verdict = self._limiter.hit(bucket.name, bucket.limit, uptime, bucket.block_seconds)
        limits |= verdict.headers(name)
        if not verdict.is_allowed:
            raise TooManyRequestsError

    def _finish(self, call: Call, reply: Reply, limits: dict[str, str]) -> Answer:
        is_bytes = isinstance(reply.body, bytes)
        body = reply.body if is_bytes else msgspec.json.encode(reply.body)
        request_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        tag = entity_tag(body)
        date = format_datetime(self.clock.now(), usegmt=True)
        headers = {**limits, "X-Request-Id": request_id, "Date": date}
        sent = {name.lower(): value for name, value in call.headers.items()}
        is_known = reply.status == HTTPStatus.OK and sent.get("if-none-match") == tag
        if call.method == "GET" and is_known:
            return Answer(HTTPStatus.NOT_MODIFIED, headers | {"ETag": tag}, b"")
        headers |= {"Content-Type": _JSON, "ETag": tag} | dict(reply.headers)
        return Answer(reply.status, headers, body)


def entity_tag(body: bytes) -> str:
    """The weak tag Express gives a body: its length in hex and the start of its SHA-1."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest())
    return f'W/"{len(body):x}-{digest[:27].decode()}"'


def _enveloped(call: Call, error: ApiError) -> Reply:
    if isinstance(error, BareError):
        return Reply(error.status, {"statusCode": error.status, "message": error.message})
    inner: dict[str, Any] = {"code": error.code, "message": error.message}
    details = error.details()
    if details is not None:
        inner["details"] = details
    body = {
        "status": "error",
        "timestamp": to_iso(call.now),
        "path": call.target,
        "error": inner,
    }
    return Reply(error.status, body)
