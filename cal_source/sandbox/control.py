"""Control of a running sandbox by another process: clock, requests received, state.

    GET  /_sandbox/clock              {"now"}
    POST /_sandbox/clock              {"advance_seconds"} -> {"now"}
    GET  /_sandbox/requests           [{"method", "path", "query", "caller", "status"}]
    GET  /_sandbox/outbox             {"mails", "webhooks"} sent so far
    GET  /_sandbox/state/{entity}     rows of a table, for example `bookings`

These are not Cal.com's: they need no key, count towards no limit and are not among the requests.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.faults import Answer

if TYPE_CHECKING:
    from cal_source.sandbox.sandbox import Sandbox

PREFIX: Final = "/_sandbox/"


def control(sandbox: Sandbox, method: str, path: str, body: bytes) -> Answer:
    """Answer a control request."""
    subject = path.removeprefix(PREFIX).strip("/")
    if subject == "clock":
        return _clock(sandbox, method, body)
    if subject == "requests":
        return _json(200, sandbox.requests)
    if subject == "outbox":
        return _json(200, sandbox.outbox.as_json())
    kind, _, entity = subject.partition("/")
    tables = dict(sandbox.world)
    if kind == "state" and entity in tables:
        return _json(200, tables[entity])
    known = ", ".join(["clock", "requests", "outbox", *(f"state/{name}" for name in tables)])
    return _json(404, {"error": f"Unknown control {subject!r}. Known: {known}."})


def _clock(sandbox: Sandbox, method: str, body: bytes) -> Answer:
    if method == "POST":
        try:
            seconds = float(msgspec.json.decode(body)["advance_seconds"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            text = 'POST a JSON body such as {"advance_seconds": 60}.'
            return _json(400, {"error": text})
        sandbox.clock.advance(timedelta(seconds=seconds))
    return _json(200, {"now": to_iso(sandbox.clock.now())})


def _json(status: int, body: Any) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status, headers, msgspec.json.encode(body))
