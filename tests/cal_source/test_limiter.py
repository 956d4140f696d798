"""The rate limiter against a simulated throttler that counts as Cal.com's does."""

from __future__ import annotations

import heapq
import math
import threading
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.limiter import Budget, RateLimiter, parse_budgets


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


@dataclass
class Throttler:
    """Fixed windows opened by their first request; one request too many blocks for a window."""

    limit: int
    window_seconds: float
    opened_at: float = -math.inf
    hits: int = 0
    blocked_until: float = -math.inf
    served: int = 0
    refused: int = 0

    def answer(self, now):
        if now >= self.opened_at + self.window_seconds:
            self.opened_at, self.hits = now, 0
        self.hits += 1
        if self.hits > self.limit and now >= self.blocked_until:
            self.blocked_until = now + self.window_seconds
        if now < self.blocked_until:
            self.refused += 1
            return 429, self.headers(0, self.blocked_until - now)
        self.served += 1
        left = self.opened_at + self.window_seconds - now
        return 200, self.headers(max(0, self.limit - self.hits), left)

    def headers(self, remaining, left):
        return {
            "X-RateLimit-Limit-Default": str(self.limit),
            "X-RateLimit-Remaining-Default": str(remaining),
            "X-RateLimit-Reset-Default": str(math.ceil(left)),
        }


@dataclass(order=True)
class Event:
    at: float
    number: int
    what: str = field(compare=False)
    process: int = field(compare=False, default=0)
    permit: object = field(compare=False, default=None)
    answer: tuple = field(compare=False, default=())


def simulate(server, clock, *, workers, latency, until, think=lambda: 0.0, processes=1):
    """Let workers of each process send as fast as its limiter allows; return the last limiter.

    One worker's request reaches the server after one latency and its answer after another, so
    requests overlap and answers overtake each other.
    """
    limiters = [RateLimiter(clock=clock, sleep=clock.sleep) for _ in range(processes)]
    events = [Event(clock.now, n, "send", n % processes) for n in range(workers * processes)]
    waiting, number = [], len(events)
    while events or waiting:
        if not events:
            raise AssertionError("every worker waits for an answer that nobody is to send")
        event = heapq.heappop(events)
        clock.now = max(clock.now, event.at)
        if clock.now > until:
            break
        number += 1
        process, limiter = event.process, limiters[event.process]
        if event.what == "send":
            delay = limiter.seconds_until_free()
            if math.isinf(delay):
                waiting.append(event)
            elif delay > 0:
                heapq.heappush(events, Event(clock.now + delay, number, "send", process))
            else:
                permit = limiter.acquire()
                heapq.heappush(
                    events, Event(clock.now + latency(), number, "arrive", process, permit)
                )
        elif event.what == "arrive":
            answer = server.answer(clock.now)
            back = Event(clock.now + latency(), number, "answer", process, event.permit, answer)
            heapq.heappush(events, back)
        else:
            status, headers = event.answer
            limiter.settle(event.permit, status=status, headers=headers)
            heapq.heappush(events, Event(clock.now + think(), number, "send", process))
            for waiter in waiting:
                heapq.heappush(events, Event(clock.now, waiter.number, "send", waiter.process))
            waiting.clear()
    return limiters[-1]


latencies = st.floats(0.001, 2.0)


@settings(max_examples=150)
@given(
    workers=st.integers(1, 8),
    limit=st.integers(1, 200),
    window_seconds=st.sampled_from([10.0, 60.0]),
    already=st.integers(0, 200),
    rng=st.randoms(use_true_random=False),
    slowest=latencies,
)
def test_limiter_never_causes_a_429(workers, limit, window_seconds, already, rng, slowest):
    clock = Clock()
    server = Throttler(limit, window_seconds)
    for _ in range(min(already, limit - 1)):  # spent by an earlier run with the same key
        server.answer(clock.now - 5)

    simulate(
        server,
        clock,
        workers=workers,
        latency=lambda: rng.uniform(0.001, slowest),
        think=lambda: rng.choice([0.0, 0.0, rng.uniform(0, 3)]),
        until=clock.now + 5 * window_seconds,
    )

    assert server.refused == 0
    assert server.served > 0


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
@pytest.mark.parametrize("latency", [0.02, 0.15])
@pytest.mark.parametrize("limit", [120, 500])
def test_limiter_uses_nearly_all_that_is_allowed(workers, latency, limit):
    clock = Clock()
    server = Throttler(limit, 60.0)
    windows = 6
    possible = min(limit, workers * 60 / (2 * latency))

    simulate(
        server, clock, workers=workers, latency=lambda: latency, until=clock.now + 60 * windows
    )

    assert server.refused == 0
    assert server.served >= 0.95 * possible * windows


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("latency", [0.02, 0.15])
@pytest.mark.parametrize("limit", [120, 500])
def test_limiters_of_several_processes_live_together(processes, latency, limit):
    clock = Clock()
    server = Throttler(limit, 60.0)
    windows = 6

    simulate(
        server,
        clock,
        workers=4,
        latency=lambda: latency,
        until=clock.now + 60 * windows,
        processes=processes,
    )

    assert server.refused == 0
    assert server.served >= 0.9 * limit * windows


def test_limiter_begins_with_one_request_alone_because_others_may_share_the_key():
    clock = Clock()
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)

    first = limiter.acquire()

    assert math.isinf(limiter.seconds_until_free())
    limiter.settle(first, status=200, headers=Throttler(120, 60).headers(1, 30))
    assert limiter.seconds_until_free() == 0
    limiter.acquire()
    assert limiter.seconds_until_free() == 30


def test_limiter_assumes_120_a_minute_from_a_server_without_headers():
    clock = Clock()
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)

    for _ in range(120):
        limiter.settle(limiter.acquire(), status=200, headers={})

    assert limiter.seconds_until_free() == 60


def test_limiter_counts_a_request_without_answer_as_spent():
    clock = Clock()
    server = Throttler(3, 60)
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    status, headers = server.answer(clock.now)
    limiter.settle(limiter.acquire(), status=status, headers=headers)

    for _ in range(2):
        with limiter.permit():
            pass

    assert limiter.seconds_until_free() == 60


def test_limiter_learns_a_limit_that_is_raised_while_it_runs():
    clock = Clock()
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    small, large = Throttler(10, 60), Throttler(500, 60)

    limiter.settle(limiter.acquire(), status=200, headers=small.headers(0, 60))
    clock.now += limiter.seconds_until_free()
    limiter.settle(limiter.acquire(), status=200, headers=large.headers(499, 60))
    permits = [limiter.acquire() for _ in range(499)]

    assert len(permits) == 499
    assert limiter.seconds_until_free() == 60


def test_limiter_keeps_its_reserve_for_priority():
    clock = Clock()
    limiter = RateLimiter(reserve=5, clock=clock, sleep=clock.sleep)
    limiter.settle(limiter.acquire(), status=200, headers=Throttler(120, 60).headers(5, 40))

    assert limiter.seconds_until_free() == 40
    assert limiter.seconds_until_free(priority=True) == 0


def test_limiter_with_a_reserve_above_the_limit_still_lets_one_request_through():
    clock = Clock()
    limiter = RateLimiter(reserve=50, clock=clock, sleep=clock.sleep)
    limiter.settle(limiter.acquire(), status=200, headers=Throttler(5, 60).headers(5, 40))

    assert limiter.seconds_until_free() == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param(Throttler(120, 60).headers(0, 37), 37, id="reset header"),
        pytest.param({}, 60, id="no header"),
        pytest.param({"Retry-After": "90"}, 90, id="a proxy's header"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60, id="a date"),
    ],
)
def test_limiter_waits_after_a_429(headers, seconds):
    clock = Clock()
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)

    limiter.settle(limiter.acquire(), status=429, headers=headers)

    assert limiter.seconds_until_free() == seconds
    assert limiter.seconds_until_free(priority=True) == seconds
    started = clock.now
    limiter.acquire()
    assert clock.now == started + seconds
    assert limiter.waited_seconds == seconds


def test_limiter_honours_the_tightest_of_several_limits():
    clock = Clock()
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    headers = {
        "x-ratelimit-limit-short": "10",
        "x-ratelimit-remaining-short": "0",
        "x-ratelimit-reset-short": "2",
        "x-ratelimit-limit-long": "1000",
        "x-ratelimit-remaining-long": "999",
        "x-ratelimit-reset-long": "60",
    }

    limiter.settle(limiter.acquire(), status=200, headers=headers)

    assert limiter.seconds_until_free() == 2


def spend_all(limiter, clock):
    """Take every permit that is free now; return their number and the wait for the next."""
    taken = 0
    while limiter.seconds_until_free() == 0:
        limiter.acquire()
        taken += 1
    return taken, limiter.seconds_until_free() + clock.now


def test_limiter_sees_that_the_server_began_a_window_before_the_old_one_surely_ended():
    clock = Clock(0.0)
    server = Throttler(120, 60)
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    slow = limiter.acquire()
    clock.now = 2.0
    limiter.settle(slow, status=200, headers=server.headers(5, 58))  # it ends between 57 and 60

    clock.now = 59.0
    limiter.settle(limiter.acquire(), status=200, headers=server.headers(119, 60))

    assert spend_all(limiter, clock) == (119, 119.0)


def test_limiter_ignores_a_late_answer_from_a_window_that_is_over():
    clock = Clock(0.0)
    server = Throttler(120, 60)
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    limiter.settle(limiter.acquire(), status=200, headers=server.headers(100, 60))
    late = limiter.acquire()

    clock.now = 59.5
    limiter.settle(limiter.acquire(), status=200, headers=server.headers(119, 61))
    clock.now = 61.0
    limiter.settle(late, status=200, headers=server.headers(3, 50))

    assert spend_all(limiter, clock) == (118, 120.5)


def test_limiter_takes_the_rounding_of_reset_for_no_new_window():
    clock = Clock(0.0)
    server = Throttler(120, 60)
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    limiter.settle(limiter.acquire(), status=200, headers=server.headers(11, 60))
    clock.now = 2.0
    first, second, third = limiter.acquire(), limiter.acquire(), None
    limiter.settle(first, status=200, headers=server.headers(10, 58))
    clock.now = 2.05
    third = limiter.acquire()
    limiter.settle(second, status=200, headers=server.headers(5, 58))

    limiter.settle(third, status=200, headers=server.headers(9, 58))

    assert spend_all(limiter, clock) == (1, 60.0)  # of 4 left, 3 are left to whoever spent 3


def test_limiter_settles_a_permit_once():
    clock = Clock()
    limiter = RateLimiter(clock=clock, sleep=clock.sleep)

    with limiter.permit() as permit:
        limiter.settle(permit, status=200, headers=Throttler(3, 60).headers(2, 60))

    limiter.acquire()
    limiter.acquire()
    assert limiter.seconds_until_free() == 60


def test_limiter_shared_by_real_threads_never_causes_a_429():
    server = Throttler(20, 1.0)
    lock = threading.Lock()
    limiter = RateLimiter()

    def work():
        for _ in range(8):
            with limiter.permit() as permit:
                with lock:
                    status, headers = server.answer(time.monotonic())
                limiter.settle(permit, status=status, headers=headers)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert server.refused == 0
    assert server.served == 48


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"X-RateLimit-Limit-Default": "120"}, {}, id="incomplete"),
        pytest.param(
            {
                "X-RateLimit-Limit-A-b": "5",
                "X-RateLimit-Remaining-A-b": "-1",
                "X-RateLimit-Reset-A-b": "-3",
            },
            {"a-b": Budget(5, -1, 0.0)},
            id="negative",
        ),
        pytest.param(
            {
                "X-RateLimit-Limit-Default": "many",
                "X-RateLimit-Remaining-Default": "nan",
                "X-RateLimit-Reset-Default": "inf",
            },
            {},
            id="no numbers",
        ),
        pytest.param(
            {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "9"},
            {"": Budget(5, 4, 9.0)},
            id="without name",
        ),
    ],
)
def test_parse_budgets_reads_named_limits(headers, expected):
    assert parse_budgets(headers) == expected


def test_limiter_shows_its_limits_and_no_more():
    assert repr(RateLimiter()) == "RateLimiter(limits={'assumed': 120}, under_way=0)"
