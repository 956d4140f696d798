"""When a failed read is sent again."""

from __future__ import annotations

import random

import pytest

from cal_source.errors import (
    AuthError,
    BadRequestError,
    ForbiddenError,
    MalformedAnswer,
    NotCalError,
    NotFoundError,
    RateLimited,
    ServerError,
    Unreachable,
)
from cal_source.retry import Retries

REQUEST = {"method": "GET", "path": "/v2/bookings"}


class Server:
    """Fails as told, then answers; remembers how often it was asked and how long between."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sent = 0
        self.waits = []

    def send(self):
        self.sent += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"

    def retries(self, **options):
        return Retries(sleep=self.waits.append, rng=random.Random(1), **options)


def failure(error_class, **values):
    return error_class(**REQUEST, **values)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(failure(Unreachable), id="unreachable"),
        pytest.param(failure(MalformedAnswer, status=200), id="malformed"),
        pytest.param(failure(ServerError, status=502), id="bad gateway"),
        pytest.param(failure(ServerError, status=503, cal_code="TRPCError"), id="unavailable"),
        pytest.param(failure(ServerError, status=500), id="a proxy's 500"),
    ],
)
def test_retries_send_again_with_growing_waits_while_that_may_help(error):
    server = Server(error, error, error, error)

    assert server.retries().call(server.send) == "answer"
    assert server.sent == 5
    for wait, bound in zip(server.waits, [0.5, 1.0, 2.0, 4.0], strict=True):
        assert bound / 2 <= wait <= bound


@pytest.mark.parametrize(
    "error_class", [AuthError, ForbiddenError, NotFoundError, BadRequestError, NotCalError]
)
def test_retries_never_repeat_a_refusal(error_class):
    error = failure(error_class, status=400)
    server = Server(error)

    with pytest.raises(error_class) as caught:
        server.retries().call(server.send)

    assert caught.value is error
    assert (server.sent, server.waits) == (1, [])


def test_retries_repeat_a_web_page_where_cal_has_answered_before():
    page = failure(NotCalError, status=200)
    server = Server()
    retries = server.retries()
    retries.call(server.send)
    server.failures = [page, page]

    assert retries.call(server.send) == "answer"
    assert server.sent == 4


def test_retries_repeat_calcoms_own_500_once_because_some_are_permanent():
    error = failure(ServerError, status=500, cal_code="INTERNAL_SERVER_ERROR")
    server = Server(error, error, error)

    with pytest.raises(ServerError, match="after 2 tries") as caught:
        server.retries().call(server.send)

    assert caught.value.attempts == 2
    assert server.sent == 2


def test_retries_leave_the_wait_after_a_429_to_the_limiter():
    server = Server(failure(RateLimited, status=429), failure(RateLimited, status=429))

    assert server.retries().call(server.send) == "answer"
    assert (server.sent, server.waits) == (3, [])


def test_retries_give_up_with_the_last_error_and_the_number_of_tries():
    server = Server(*[failure(ServerError, status=502) for _ in range(4)], failure(Unreachable))

    with pytest.raises(Unreachable, match=r"after 5 tries.*Check base_url") as caught:
        server.retries().call(server.send)

    assert caught.value.attempts == 5


def test_retries_end_a_run_against_a_dead_server_early():
    server = Server(*[failure(Unreachable) for _ in range(100)])
    retries = server.retries(budget=6)

    for _ in range(10):
        with pytest.raises(Unreachable):
            retries.call(server.send)

    assert server.sent == 10 + 6


def test_retries_earn_their_budget_back_by_successes():
    server = Server(failure(Unreachable))
    retries = server.retries(budget=1)
    retries.call(server.send)
    server.failures = [failure(Unreachable)]
    with pytest.raises(Unreachable):
        retries.call(server.send)

    for _ in range(10):
        retries.call(server.send)
    server.failures = [failure(Unreachable)]

    assert retries.call(server.send) == "answer"


def test_retries_keep_the_cause_of_the_last_failure():
    def send():
        raise failure(Unreachable) from OSError("refused")

    with pytest.raises(Unreachable) as caught:
        Retries(attempts=2, sleep=lambda _seconds: None).call(send)

    assert isinstance(caught.value.__cause__, OSError)


def test_retries_cap_every_wait():
    server = Server(*[failure(Unreachable) for _ in range(9)])

    server.retries(attempts=10, cap_seconds=3).call(server.send)

    assert max(server.waits) <= 3
