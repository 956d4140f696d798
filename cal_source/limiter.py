"""One request budget for each credential, learnt from Cal.com's rate-limit headers.

Cal.com counts requests in fixed windows: the first request opens a window (60 s by default), the
window allows `X-RateLimit-Limit-<Name>` requests, and one request more blocks the credential for a
minute. `X-RateLimit-Reset-<Name>` is the number of **seconds** until the window ends, rounded up;
there is no `Retry-After`. Several named limits may apply at once.

The limiter never has to be blocked to learn the limit. What may still be sent is the lowest
`Remaining` that any answer of the window carried, less the requests under way (which the server
may or may not have counted already), so it can only err to the safe side, however many threads
share it and whoever else uses the key. Where other processes are seen to spend of it, as many
requests as they have spent, up to eight, are left alone: they may be under way. At the start of
every window one request goes alone, to learn what is left before the others follow.

Source: `rate_*` recordings; BEHAVIOUR section 2 of the reference data.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEFAULT_LIMIT = 120
DEFAULT_WINDOW_SECONDS = 60.0
_MOST_OF_OTHERS = 8
_TOO_MANY_REQUESTS = 429
_PREFIX = "x-ratelimit-"


@dataclass(frozen=True, slots=True)
class Budget:
    """What one answer's headers say about one named limit.

    Attributes:
        limit: Requests allowed in a window.
        remaining: Requests left in it when the server counted this one.
        reset_seconds: Whole seconds until the window ends, rounded up by the server.
    """

    limit: int
    remaining: int
    reset_seconds: float


def parse_budgets(headers: Mapping[str, str]) -> dict[str, Budget]:
    """Return the limits that an answer's headers state, by name in lower case.

    A limit of which a header is missing or is not a number is left out.
    """
    values: dict[str, dict[str, float]] = {}
    for header, value in headers.items():
        lowered = header.lower()
        if not lowered.startswith(_PREFIX):
            continue
        kind, _, name = lowered.removeprefix(_PREFIX).partition("-")
        try:
            number = float(value)
        except ValueError:
            continue
        if math.isfinite(number):
            values.setdefault(name, {})[kind] = number
    return {
        name: Budget(int(found["limit"]), int(found["remaining"]), max(found["reset"], 0.0))
        for name, found in values.items()
        if found.keys() >= {"limit", "remaining", "reset"}
    }


@dataclass(slots=True)
class _Window:
    """What is known of the current window of one named limit, and who else spends of it.

    The instant at which the server ends the window lies between `earliest_end` and `latest_end`:
    an answer's Reset was rounded up somewhere between sending and receiving.
    """

    limit: int
    remaining: int
    earliest_end: float = -math.inf
    latest_end: float = math.inf
    known: bool = False
    first_remaining: int = 0
    own: int = 0
    others: int = 0
    others_before: int = 0

    @property
    def margin(self) -> int:
        """Requests left to others who use the credential now: those they may have under way."""
        return min(max(self.others, self.others_before), _MOST_OF_OTHERS)

    def roll(self, now: float) -> None:
        """Begin a new window when the old one has certainly ended."""
        if self.latest_end <= now:
            self.remaining = self.limit
            self.latest_end = math.inf
            self.known = False
            self.others_before, self.others = self.others, 0

    def count(self, sent_at: float, now: float, budget: Budget | None, under_way: int) -> None:
        """Take one answered (or lost) request into account, with so many others under way."""
        self.remaining -= 1
        if budget is None:
            if not self.known:
                self._begin(now, now + DEFAULT_WINDOW_SECONDS)
            return
        earliest, latest = sent_at + budget.reset_seconds - 1, now + budget.reset_seconds
        if latest < self.earliest_end:
            return  # a late answer from a window that is over
        if not self.known or earliest > self.latest_end:
            self.remaining = budget.remaining
            self._begin(earliest, latest)
        else:
            self.remaining = min(
                self.remaining + max(0, budget.limit - self.limit), budget.remaining
            )
            self.earliest_end = max(self.earliest_end, earliest)
            self.latest_end = min(self.latest_end, latest)
            self.own += 1
            spent = self.first_remaining - budget.remaining
            self.others = max(self.others, spent - self.own - under_way)
        self.limit = budget.limit

    def _begin(self, earliest: float, latest: float) -> None:
        self.known = True
        self.own, self.first_remaining = 0, self.remaining
        self.earliest_end, self.latest_end = earliest, latest


@dataclass(slots=True)
class Permit:
    """Leave to send one request; hand it back through `RateLimiter.settle`."""

    sent_at: float
    settled: bool = field(default=False)


class RateLimiter:
    """A request budget that threads share; one per credential.

    Args:
        reserve: Requests of every window that only callers with `priority` may use, so that a
            long extract never starves a write-back.
        clock: Seconds from a clock that never goes back.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        *,
        reserve: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reserve = reserve
        self._clock = clock
        self._sleep = sleep
        self._changed = threading.Condition()
        self._windows = {"": _Window(DEFAULT_LIMIT, DEFAULT_LIMIT)}
        self._under_way = 0
        self._blocked_until = -math.inf
        self.waited_seconds = 0.0

    def __repr__(self) -> str:
        limits = {name or "assumed": window.limit for name, window in self._windows.items()}
        return f"RateLimiter(limits={limits}, under_way={self._under_way})"

    def seconds_until_free(self, *, priority: bool = False) -> float:
        """Return how long a request has to wait now: 0 to go, infinity until an answer comes."""
        with self._changed:
            return self._delay(priority=priority)

    def acquire(self, *, priority: bool = False) -> Permit:
        """Wait until a request may be sent, and return the permit to send it.

        Every permit must be settled, or the limiter keeps waiting for its answer.
        """
        while True:
            with self._changed:
                while math.isinf(delay := self._delay(priority=priority)):
                    self._changed.wait()
                if delay <= 0:
                    self._under_way += 1
                    return Permit(self._clock())
                self.waited_seconds += delay
            self._sleep(delay)

    def settle(
        self, permit: Permit, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Hand a permit back with the answer's status and headers, or nothing if none came."""
        budgets = parse_budgets(headers or {})
        with self._changed:
            if permit.settled:
                return
            permit.settled = True
            now = self._clock()
            self._under_way -= 1
            self._learn_names(budgets)
            for name, window in self._windows.items():
                window.roll(now)
                window.count(permit.sent_at, now, budgets.get(name), self._under_way)
            if status == _TOO_MANY_REQUESTS:
                self._block(now, budgets, headers or {})
            self._changed.notify_all()

    @contextmanager
    def permit(self, *, priority: bool = False) -> Iterator[Permit]:
        """Acquire a permit for the body; one that the body did not settle is settled as lost.

        Yields:
            The permit.
        """
        permit = self.acquire(priority=priority)
        try:
            yield permit
        finally:
            self.settle(permit)

    def _delay(self, *, priority: bool) -> float:
        now = self._clock()
        if now < self._blocked_until:
            return self._blocked_until - now
        reserve = 0 if priority else self._reserve
        delay = 0.0
        for window in self._windows.values():
            window.roll(now)
            if not window.known:
                free = self._under_way == 0
                wait = math.inf
            else:
                kept = min(reserve + window.margin, window.limit - 1)
                free = window.remaining - self._under_way > kept
                wait = window.latest_end - now
            if not free:
                delay = max(delay, wait)
        return delay

    def _learn_names(self, budgets: Mapping[str, Budget]) -> None:
        for name, budget in budgets.items():
            if name not in self._windows:
                self._windows.pop("", None)
                self._windows[name] = _Window(budget.limit, budget.limit)

    def _block(self, now: float, budgets: Mapping[str, Budget], headers: Mapping[str, str]) -> None:
        waits = [budget.reset_seconds for budget in budgets.values() if budget.remaining <= 0]
        asked = {key.lower(): value for key, value in headers.items()}.get("retry-after", "")
        if asked.isdigit():  # never sent by Cal.com itself, but by proxies before it
            waits.append(float(asked))
        self._blocked_until = max(self._blocked_until, now + max(waits, default=60.0))
