"""Requests per minute and credential, counted as Cal.com's throttler does.

A bucket lives for a window from its first request. The request that exceeds the limit blocks the
bucket for a time; requests while it is blocked are refused and change nothing.

Source: BEHAVIOUR.md section 2; recordings `rate_*`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60.0
API_KEY_LIMIT: Final = 120
OAUTH_LIMIT: Final = 500
ADDRESS_LIMIT: Final = 120


@dataclass(slots=True)
class _Bucket:
    hits: int
    ends_at: float
    blocked_until: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what its `X-RateLimit-*` headers say (seconds to reset)."""

    remaining: int
    limit: int
    reset_seconds: int
    is_allowed: bool = True

    def headers(self, name: str = "Default") -> dict[str, str]:
        """The three headers of the limit of this name."""
        return {
            f"X-RateLimit-Limit-{name}": str(self.limit),
            f"X-RateLimit-Remaining-{name}": str(self.remaining),
            f"X-RateLimit-Reset-{name}": str(self.reset_seconds),
        }


class RateLimiter:
    """Counts requests per bucket; `now` is in seconds and never goes back."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def hit(
        self,
        name: str,
        limit: int,
        now: float,
        block_seconds: float = WINDOW_SECONDS,
    ) -> Verdict:
        """Count one request of the bucket `name` at `now` seconds."""
        bucket = self._buckets.get(name)
        if bucket is not None and bucket.blocked_until is not None and now < bucket.blocked_until:
            return Verdict(0, limit, math.ceil(bucket.blocked_until - now), is_allowed=False)
        if bucket is None or now >= bucket.ends_at or bucket.blocked_until is not None:
            bucket = self._buckets[name] = _Bucket(0, now + WINDOW_SECONDS)
        bucket.hits += 1
        if bucket.hits > limit:
            bucket.blocked_until = now + block_seconds
            return Verdict(0, limit, math.ceil(block_seconds), is_allowed=False)
        return Verdict(limit - bucket.hits, limit, math.ceil(bucket.ends_at - now))
