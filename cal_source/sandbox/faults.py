"""Trouble on request: answers that a healthy Cal.com would not give, for tests of clients."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

DRIP_BYTES: Final = 64
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer.

    `delay_seconds`, `is_reset` and `drip_seconds` are effects of faults that only a socket can
    show: a wait before the answer, a connection that breaks off after half of the body, and a
    wait before every further piece of `DRIP_BYTES` of it.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    delay_seconds: float = 0.0
    is_reset: bool = False
    drip_seconds: float = 0.0

    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Fault:
    """Change some answers: those to `method` and `path`, from the `first`-th on, `times` times.

    Args:
        effect: Makes the wrong answer out of the right one; see the functions of this module.
        method: HTTP method to match; None for all.
        path: Path to match, without the query; None for all.
        first: Number of the first matching request to change, counted from 1.
        times: How many requests to change; None for all further ones.
    """

    effect: Callable[[Answer, Random], Answer]
    method: str | None = None
    path: str | None = None
    first: int = 1
    times: int | None = 1

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one of those this fault looks at."""
        return self.method in {None, method} and self.path in {None, path}


@dataclass(slots=True)
class Faults:
    """The faults in force, with the number of requests each has seen."""

    _seen: list[tuple[Fault, list[int]]] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._seen.append((fault, [0]))

    def clear(self) -> None:
        """Lift all faults."""
        self._seen.clear()

    def apply(self, method: str, path: str, answer: Answer, rng: Random) -> Answer:
        """Count a request and give the answer as the faults leave it."""
        for fault, count in self._seen:
            if not fault.matches(method, path):
                continue
            count[0] += 1
            nth = count[0] - fault.first
            if nth >= 0 and (fault.times is None or nth < fault.times):
                answer = fault.effect(answer, rng)
        return answer


def html(status: int = 502, text: str = "<html><body>Bad gateway</body></html>") -> Any:
    """Answer an HTML page, as a proxy in front of Cal.com does."""

    def effect(_: Answer, __: Random) -> Answer:
        return Answer(status, {"Content-Type": _HTML}, text.encode())

    return effect


def bare_error(status: int = 500, message: str = "Internal server error") -> Any:
    """Answer an error in the bare shape, as errors of Cal.com's shared library come out."""

    def effect(answer: Answer, _: Random) -> Answer:
        body = msgspec.json.encode({"statusCode": status, "message": message})
        return replace(answer, status=status, body=body)

    return effect


def rate_limited(*, has_headers: bool = True, reset_seconds: int = 60) -> Any:
    """Answer 429, with the throttler's headers or without any."""

    def effect(_: Answer, __: Random) -> Answer:
        names = ("Limit", "Remaining", "Reset")
        values = ("120", "0", str(reset_seconds))
        pairs = zip(names, values, strict=True)
        headers = {f"X-RateLimit-{name}-Default": value for name, value in pairs}
        text = "CustomThrottlerGuard - Too many requests. Please try again later."
        body = {
            "status": "error",
            "error": {"code": "ThrottlerException", "message": text, "details": text},
        }
        return Answer(
            429,
            {"Content-Type": "application/json; charset=utf-8"} | (headers if has_headers else {}),
            msgspec.json.encode(body),
        )

    return effect


def malformed_json(answer: Answer, _: Random) -> Answer:
    """Put text behind the JSON."""
    return replace(answer, body=answer.body + b"}oops")


def truncated(answer: Answer, _: Random) -> Answer:
    """Cut the body in half; its length header says so too."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def reset(answer: Answer, _: Random) -> Answer:
    """Break the connection after half of the body."""
    return replace(answer, is_reset=True)


def delayed(seconds: float) -> Any:
    """Answer late."""

    def effect(answer: Answer, _: Random) -> Answer:
        return replace(answer, delay_seconds=answer.delay_seconds + seconds)

    return effect


def dripping(seconds: float) -> Any:
    """Send the body in small pieces, that many seconds apart."""

    def effect(answer: Answer, _: Random) -> Answer:
        return replace(answer, drip_seconds=seconds)

    return effect


def answering(body: object, status: int = 200) -> Any:
    """Answer another JSON than was asked for."""

    def effect(answer: Answer, _: Random) -> Answer:
        return replace(answer, status=status, body=msgspec.json.encode(body))

    return effect


def duplicated(answer: Answer, _: Random) -> Answer:
    """List the first row of the page twice, in place of the last one."""
    return _with_rows(answer, lambda rows: [*rows[:1], *rows[:1], *rows[1:-1]])


def shuffled(answer: Answer, rng: Random) -> Answer:
    """List the rows of the page in another order."""
    return _with_rows(answer, lambda rows: rng.sample(rows, len(rows)))


def patched(key: str, value: object, patch: Mapping[str, object]) -> Any:
    """Change fields of the row whose field `key` is `value`; a new name adds a field."""

    def change(row: Any) -> Any:
        return row | patch if row.get(key) == value else row

    def effect(answer: Answer, _: Random) -> Answer:
        return _with_rows(answer, lambda rows: [change(row) for row in rows])

    return effect


def replaced(key: str, value: object, other: object) -> Any:
    """Put `other` in place of the row whose field `key` is `value`."""

    def effect(answer: Answer, _: Random) -> Answer:
        return _with_rows(
            answer, lambda rows: [other if row.get(key) == value else row for row in rows]
        )

    return effect


def _with_rows(answer: Answer, change: Callable[[list[Any]], list[Any]]) -> Answer:
    body = answer.json()
    is_list = isinstance(body["data"], list)
    rows = change(body["data"] if is_list else [body["data"]])
    body["data"] = rows if is_list else rows[0]
    return replace(answer, body=msgspec.json.encode(body))
