"""Names of runs, which sort by time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from itertools import count
from typing import Final

_RUNS: Final = count()  # tells the runs of one second apart, in their order


def new_run_id(now: datetime) -> str:
    """Return an identifier that sorts by time and is unique among runs started together."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{next(_RUNS):04d}{secrets.token_hex(3)}"


def utc_now() -> datetime:
    """Return the present instant, UTC."""
    return datetime.now(UTC)
