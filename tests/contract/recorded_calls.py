"""Recorded calls of a real server, replayed against the sandbox and compared."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cal_source.sandbox.render.bookings import booking_json

if TYPE_CHECKING:
    from pathlib import Path

    from cal_source.sandbox import Answer, Sandbox

CLIENT_SECRET = "sandbox-oauth-secret"
# Random parts of an answer: the id and the stamp in a calendar file.
_VOLATILE = re.compile(r"(0AUID%3A|DTSTAMP%3A)[0-9A-Za-z_-]+")
_SORTS = {
    "sortStart": "start",
    "sortEnd": "end",
    "sortCreated": "createdAt",
    "sortUpdatedAt": "updatedAt",
}


@dataclass(frozen=True)
class RecordedCall:
    """One file of a series: the request, and the answer the real server gave."""

    name: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int
    rate_headers: frozenset[str]
    limit: str | None
    body: Any


def read_series(folder: Path) -> list[RecordedCall]:
    """All calls of a folder, in the order in which they were made."""
    order = json.loads((folder / "_order.json").read_text("utf-8"))["order"]
    return [_read(folder / name) for name in order]


def _read(file: Path) -> RecordedCall:
    recorded = json.loads(file.read_text("utf-8"))
    request = recorded["request"]
    url = urlsplit(request["url"])
    return RecordedCall(
        name=file.stem,
        method=request["method"],
        path=unquote(url.path),
        query=url.query,
        headers=request["headers"],
        status=recorded["status"],
        rate_headers=frozenset(h for h in recorded["headers"] if h.startswith("X-RateLimit")),
        limit=recorded["headers"].get("X-RateLimit-Limit-Default"),
        body=recorded["body"],
    )


def replay(sandbox: Sandbox, call: RecordedCall) -> Answer:
    """Send a recorded request to the sandbox, with the sandbox's own credentials."""
    headers = {name: _credential(name, value) for name, value in call.headers.items()}
    return sandbox.respond(call.method, call.path, call.query.encode(), headers)


def _credential(name: str, value: str) -> str:
    if name == "x-cal-secret-key":
        return value.replace("<oauth-secret>", CLIENT_SECRET)
    if name != "Authorization":
        return value
    return "Bearer " + re.sub(r"^<key:(.*)>$", lambda match: _token(match[1]), value)


def _token(key_name: str) -> str:
    """`None` was the owner's key without the word Bearer; odd names stand for bad credentials."""
    known = {"None": "cal_sandbox_owner", "<key>": "cal_nobody", "nonsense": "nonsense"}
    return known.get(key_name, f"cal_sandbox_{key_name}")


def differences(call: RecordedCall, answer: Answer, sandbox: Sandbox) -> list[str]:
    """What is not the same, in words; empty where the sandbox answered like the real server."""
    found = []
    if answer.status != call.status:
        found.append(f"status {answer.status} instead of {call.status}")
    limits = frozenset(name for name in answer.headers if name.startswith("X-RateLimit"))
    if limits != call.rate_headers:
        found.append(f"rate headers {sorted(limits)} instead of {sorted(call.rate_headers)}")
    limit = answer.headers.get("X-RateLimit-Limit-Default")
    if limit != call.limit:
        found.append(f"limit {limit} instead of {call.limit}")
    expected, got = _comparable(call.body), _comparable(_body(answer))
    if _is_booking_page(expected) and _is_booking_page(got):
        found += _compare_rows(call, expected.pop("data"), got.pop("data"), sandbox)
    return found + _compare("", expected, got)


def _body(answer: Answer) -> Any:
    if answer.body and answer.headers["Content-Type"].startswith("application/json"):
        return answer.json()
    return answer.body.decode()


def _comparable(body: Any) -> Any:
    """The body without its volatile parts: times of answering and random names."""
    if not isinstance(body, dict):
        return body
    text = json.dumps({name: value for name, value in body.items() if name != "timestamp"})
    return json.loads(_VOLATILE.sub(r"\1*", text))


def _is_booking_page(body: Any) -> bool:
    return isinstance(body, dict) and "pagination" in body and isinstance(body["data"], list)


def _compare_rows(
    call: RecordedCall,
    expected: list[Any],
    got: list[Any],
    sandbox: Sandbox,
) -> list[str]:
    """Compare a page whose rows of equal sort value come in any order.

    The sort values must be the same in the same order. Every recorded row must be on the page, or
    be tied with rows that took its place; either way the sandbox must know it field by field.
    """
    column = next((c for name, c in _SORTS.items() if f"{name}=" in call.query), "start")
    found = _compare(f".data[].{column}", [r[column] for r in expected], [r[column] for r in got])
    shown = {row["uid"]: row for row in got}
    values = [row[column] for row in got]
    for row in expected:
        own = shown.get(row["uid"]) or _row(sandbox, row["uid"])
        found += _compare(f".data[{row['uid']}]", row, own)
        is_at_edge = row[column] in {values[0], values[-1]} if values else False
        if row["uid"] not in shown and not is_at_edge:
            found.append(f".data: row {row['uid']} is not on the page")
    return found


def _row(sandbox: Sandbox, uid: str) -> Any:
    world = sandbox.world
    booking = world.bookings.by_uid(uid)
    return None if booking is None else booking_json(world, booking)


def _compare(where: str, expected: Any, got: Any) -> list[str]:
    if isinstance(expected, dict) and isinstance(got, dict):
        found = [f"{where}: missing {name}" for name in expected if name not in got]
        found += [f"{where}: extra {name}" for name in got if name not in expected]
        for name in expected:
            if name in got:
                found += _compare(f"{where}.{name}", expected[name], got[name])
        return found
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        found = []
        for number, (one, other) in enumerate(zip(expected, got, strict=True)):
            found += _compare(f"{where}[{number}]", one, other)
        return found
    if expected == "<secret>" and isinstance(got, str):
        return []
    if expected != got or type(expected) is not type(got):
        return [f"{where}: {str(got)[:120]!r} instead of {str(expected)[:120]!r}"]
    return []
