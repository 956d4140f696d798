"""What the service says about itself: health and time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cal_source.sandbox.call import Reply, success
from cal_source.sandbox.router import get

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call


def health(_: Call) -> Reply:
    """A word, as HTML."""
    return Reply(200, b"OK", {"Content-Type": "text/html; charset=utf-8"})


def timezones(call: Call) -> Any:
    """Cities with their time zones, in no order."""
    return success(call.world.cities)


ROUTES = (get("/health", health), get("/v2/timezones", timezones))
