"""A network of our own between client and sandbox: virtual time, and faults by kind of request."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import httpx

from cal_source.catalogue import OPERATIONS
from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from cal_source.retry import Retries
from cal_source.sandbox.faults import DRIP_BYTES, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from cal_source.sandbox import Sandbox

TIMEOUT_SECONDS = 30.0
_PAGING = {"take", "skip", "limit", "offset"}
_ROUTES = sorted(
    (
        (re.compile(re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(row.path)) + "$"), row.key)
        for row in OPERATIONS.values()
        if row.method == "GET" and not row.is_v1
    ),
    key=lambda route: route[0].pattern.count("[^/]+"),
)


class VirtualTime:
    """A clock that only waiting moves.

    It counts in floating point, as what waits by it does: whole microseconds would not move by a
    wait that is shorter, and who waits for an instant would wait for ever, a hair before it.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds


def kind_of(request: httpx.Request) -> str:
    """Name a request by what it asks for: the operation, and what it is narrowed by."""
    key = next(key for pattern, key in _ROUTES if pattern.match(request.url.path))
    names = sorted(set(request.url.params) - _PAGING)
    if request.url.params.get("take") == "1":
        names.append("take=1")
    return f"{key}({', '.join(names)})" if names else key


@dataclass
class Wire(httpx.BaseTransport):
    """Carries requests to a sandbox and spoils the answers of some kinds.

    Attributes:
        sandbox: What answers.
        time: Moved by what waits on the wire.
        effect: Spoils an answer; None for a healthy wire.
        kinds: The kinds of request it is applied to; None: all.
        times: How often it is applied to each kind; None: always.
        seen: Requests so far, by kind.
    """

    sandbox: Sandbox
    time: VirtualTime
    effect: Callable[[Answer, Random], Answer] | None = None
    kinds: Collection[str] | None = None
    times: int | None = None
    seen: Counter[str] = field(default_factory=Counter)
    rng: Random = field(default_factory=lambda: Random(0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.sandbox.respond(
            request.method,
            request.url.path,
            list(request.url.params.multi_items()),
            dict(request.headers),
            request.read(),
        )
        kind = kind_of(request)
        self.seen[kind] += 1
        is_meant = self.kinds is None or kind in self.kinds
        if self.effect and is_meant and (self.times is None or self.seen[kind] <= self.times):
            answer = self.effect(answer, self.rng)
        return self._sent(answer, request)

    def _sent(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        if answer.delay_seconds >= TIMEOUT_SECONDS:
            self.time.sleep(TIMEOUT_SECONDS)
            raise httpx.ReadTimeout("timed out", request=request)
        return httpx.Response(
            answer.status, headers=answer.headers, content=self._pieces(answer, request)
        )

    def _pieces(self, answer: Answer, request: httpx.Request) -> Iterator[bytes]:
        if answer.is_reset:
            yield answer.body[: len(answer.body) // 2]
            raise httpx.ReadError("Connection reset by peer", request=request)
        size = DRIP_BYTES if answer.drip_seconds else max(len(answer.body), 1)
        for start in range(0, len(answer.body), size):
            self.time.sleep(answer.drip_seconds)
            yield answer.body[start : start + size]


def client_on(wire: Wire, *, retry_budget: int | None = None) -> CalClient:
    """Make the owner's client on a wire; all of its waiting is virtual."""
    time = wire.time
    budget = {} if retry_budget is None else {"budget": retry_budget}
    return CalClient(
        "cal_sandbox_owner",
        base_url="http://sandbox.test",
        transport=wire,
        limiter=RateLimiter(clock=time.monotonic, sleep=time.sleep),
        retries=Retries(sleep=time.sleep, rng=Random(0), **budget),
        clock=time.now,
        sleep=time.sleep,
        timeout_seconds=TIMEOUT_SECONDS,
    )


def healthy(sandbox: Sandbox) -> Wire:
    """Return a wire that spoils nothing, at the sandbox's present."""
    return Wire(sandbox, VirtualTime(sandbox.clock.now().astimezone(UTC)))
