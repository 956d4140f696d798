"""Requests per minute and credential."""

from datetime import timedelta

import pytest

from cal_source.sandbox import Clock, Sandbox, World
from cal_source.sandbox.ratelimit import RateLimiter
from tests.cal_source.sandbox.conftest import NOW, asking


def _frozen(world: World, **options: int) -> Sandbox:
    return Sandbox(world, clock=Clock(NOW, monotonic=lambda: 0.0), **options)


def test_limiter_counts_down_and_names_the_seconds_to_the_reset() -> None:
    limiter = RateLimiter()

    first = limiter.hit("key", 3, now=0.0)
    second = limiter.hit("key", 3, now=12.5)

    assert (first.remaining, first.reset_seconds) == (2, 60)
    assert (second.remaining, second.reset_seconds) == (1, 48)


def test_limiter_blocks_for_the_whole_time_once_exceeded() -> None:
    limiter = RateLimiter()
    for _ in range(3):
        verdict = limiter.hit("key", 2, now=50.0)

    assert not verdict.is_allowed
    assert verdict.reset_seconds == 60
    assert not limiter.hit("key", 2, now=109.0).is_allowed
    assert limiter.hit("key", 2, now=110.0).remaining == 1


def test_limiter_keeps_buckets_apart() -> None:
    limiter = RateLimiter()
    for _ in range(3):
        limiter.hit("one", 2, now=0.0)

    assert limiter.hit("other", 2, now=0.0).is_allowed


def test_request_beyond_the_limit_is_refused_until_the_reset(empty_world: World) -> None:
    sandbox = _frozen(empty_world)
    ask = asking(sandbox)
    for _ in range(5):
        assert ask("/v2/me", "owner_tiny_limit").status == 200

    refused = ask("/v2/me", "owner_tiny_limit")

    assert refused.status == 429
    assert refused.json()["error"]["code"] == "ThrottlerException"
    assert refused.headers["X-RateLimit-Limit-Default"] == "5"
    assert refused.headers["X-RateLimit-Remaining-Default"] == "0"
    wait = int(refused.headers["X-RateLimit-Reset-Default"])
    sandbox.clock.advance(timedelta(seconds=wait - 1))
    assert ask("/v2/me", "owner_tiny_limit").status == 429
    sandbox.clock.advance(timedelta(seconds=1))
    assert ask("/v2/me", "owner_tiny_limit").status == 200


def test_no_answer_has_a_retry_after_header(empty_world: World) -> None:
    ask = asking(_frozen(empty_world, rate_limit_per_minute=1))

    ask("/v2/me")

    assert "retry-after" not in {name.lower() for name in ask("/v2/me").headers}


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({"Authorization": "Bearer cal_sandbox_owner"}, "120"),
        ({"Authorization": "Bearer sandbox_token_managed"}, "500"),
        (
            {
                "x-cal-client-id": "cmlremhtume2m3shyouf11xq2",
                "x-cal-secret-key": "sandbox-oauth-secret",
            },
            "500",
        ),
        ({}, "120"),
    ],
    ids=["API key", "token", "client", "address"],
)
def test_limit_depends_on_the_kind_of_credential(
    empty_world: World, headers: dict[str, str], limit: str
) -> None:
    answer = Sandbox(empty_world).respond("GET", "/v2/me", headers=headers)

    assert answer.headers["X-RateLimit-Limit-Default"] == limit


def test_limit_of_the_sandbox_overrides_every_other(empty_world: World) -> None:
    ask = asking(_frozen(empty_world, rate_limit_per_minute=7))

    assert ask("/v2/me").headers["X-RateLimit-Limit-Default"] == "7"
    assert ask("/v2/me", "owner_tiny_limit").headers["X-RateLimit-Limit-Default"] == "7"


def test_unknown_key_and_unknown_route_are_answered_without_rate_headers(
    empty_world: World,
) -> None:
    ask = asking(Sandbox(empty_world))

    for answer in (ask("/v2/me", "nobody"), ask("/v2/nope")):
        assert not [name for name in answer.headers if name.startswith("X-RateLimit")]


def test_addresses_without_credentials_are_counted_apart(empty_world: World) -> None:
    sandbox = _frozen(empty_world, rate_limit_per_minute=1)

    assert sandbox.respond("GET", "/health", address="10.0.0.1").status == 200
    assert sandbox.respond("GET", "/health", address="10.0.0.2").status == 200
    assert sandbox.respond("GET", "/health", address="10.0.0.1").status == 429
