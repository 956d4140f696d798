"""When a failed read is sent again: bounded per request and per run, and never for a write.

A retry helps against lost connections, timeouts, truncated answers, 429 and 5xx, and against a
web page where Cal.com has answered before: that is a proxy's, not a wrong address. Waits grow
exponentially with jitter, so that clients that failed together do not come back together; after
a 429 the rate limiter does the waiting. A budget over all requests lets a run against a dead
server end within seconds instead of multiplying the waits by the number of requests.
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from cal_source.errors import NotCalError, RateLimited, RequestFailed, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ATTEMPTS = 5
RUN_BUDGET = 20
_ATTEMPTS_ON_OWN_500 = 2
_SUCCESSES_PER_RETRY = 10


class Retries:
    """The retry policy of one run, shared by its threads.

    Args:
        attempts: How often one request may be sent at most.
        budget: Retries that the run may spend; ten successes earn one back, up to this number.
        base_seconds: Upper bound of the first wait; doubles with each further one.
        cap_seconds: Upper bound of any wait.
        sleep: Waits that many seconds.
        rng: Source of the jitter.
    """

    def __init__(
        self,
        *,
        attempts: int = ATTEMPTS,
        budget: int = RUN_BUDGET,
        base_seconds: float = 0.5,
        cap_seconds: float = 20.0,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._attempts = attempts
        self._budget = float(budget)
        self._left = float(budget)
        self._base_seconds = base_seconds
        self._cap_seconds = cap_seconds
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - spreads waits, protects nothing
        self._lock = threading.Lock()
        self._has_succeeded = False

    def call(self, send: Callable[[], T]) -> T:
        """Return what `send` returns, sending again while that may help.

        Raises:
            RequestFailed: The last failure, with the number of attempts made.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                result = send()
            except RequestFailed as error:
                if not self._may_retry(error, attempt):
                    raise (error.after(attempt) if attempt > 1 else error) from error.__cause__
                if not isinstance(error, RateLimited):
                    self._sleep(self._wait_seconds(attempt))
            else:
                self._earn()
                return result

    def _may_retry(self, error: RequestFailed, attempt: int) -> bool:
        if isinstance(error, NotCalError) and not self._has_succeeded:
            return False
        own_500 = isinstance(error, ServerError) and error.is_calcoms_own
        allowed = min(self._attempts, _ATTEMPTS_ON_OWN_500) if own_500 else self._attempts
        if not error.retriable or attempt >= allowed:
            return False
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def _earn(self) -> None:
        with self._lock:
            self._has_succeeded = True
            self._left = min(self._budget, self._left + 1 / _SUCCESSES_PER_RETRY)

    def _wait_seconds(self, attempt: int) -> float:
        bound: float = min(self._cap_seconds, self._base_seconds * 2 ** (attempt - 1))
        return self._rng.uniform(bound / 2, bound)
