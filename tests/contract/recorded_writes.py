"""Recorded series of calls with writes in them, replayed in order against one sandbox.

The sandbox gives other ids and instants than the recorded server did. The first time an answer
shows an id or an instant, the recorded one is bound to ours; from then on they must go together.
Requests are sent with our ids in the place of the recorded ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cal_source.sandbox.clock import to_iso
from tests.contract.recorded_calls import CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cal_source.sandbox import Answer, Sandbox

HOST = "127.0.0.1:5555"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SHORT = r"[1-9A-HJ-NP-Za-km-z]{20,22}"
_STRING_ID = re.compile(rf"(?<![0-9A-Za-z])({_UUID}|{_SHORT})(?![0-9A-Za-z])")
_NUMBER = re.compile(r"(?<![0-9A-Za-z.:+-])\d{1,7}(?![0-9A-Za-z.:-])")
# The recordings were made within these hours; an instant of them is the recorder's clock.
_RECORDED_NOW = re.compile(r"2026-11-22T(?:08:[45]\d|09:\d\d|1[01]:\d\d):\d\d\.\d{3}Z")
_AN_INSTANT = r"\d{4}-\d\d-\d\dT[0-9:.]+Z"
_SECRETS = {"<token>", "<secret>"}
_NUMBERED_APART = {"steps", "destinationCalendar"}
_SEVERAL = re.compile(r"<(?:token|secret)>")


@dataclass(frozen=True)
class RecordedWrite:
    """One file of a series: request, answer and, for bookings, the row before and after."""

    name: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any
    row_after: dict[str, str] | None
    is_moved: bool | None


def read_writes(folder: Path) -> list[RecordedWrite]:
    """All calls of a folder, in the order in which they were made."""
    order = json.loads((folder / "_order.json").read_text("utf-8"))["order"]
    return [_read(folder / name) for name in order]


def _read(file: Path) -> RecordedWrite:
    recorded = json.loads(file.read_text("utf-8"))
    request = recorded["request"]
    url = urlsplit(request["url"])
    return RecordedWrite(
        name=file.stem,
        method=request["method"],
        path=unquote(url.path),
        query=url.query,
        headers=request["headers"],
        body=request.get("body"),
        status=recorded["status"],
        answer_headers=recorded["headers"],
        answer=recorded["body"],
        row_after=recorded.get("db_after"),
        is_moved=recorded.get("updatedAt_bumped"),
    )


def family(path: str) -> str:
    """Which numbering an id in an answer of this path belongs to; most ids never meet."""
    for name in ("calendars", "conferencing", "workflows", "ooo", "routing-forms"):
        if f"/{name}" in path:
            return name.replace("conferencing", "calendars")
    return ""


@dataclass
class Bindings:
    """Which of our ids and instants stands for which recorded one."""

    known: set[Any]
    words: dict[str, str] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    instants: dict[str, str] = field(default_factory=dict)

    def text(self, recorded: str, scope: str) -> str:
        """The text with our ids in the place of recorded ones."""
        swapped = _STRING_ID.sub(lambda match: self.words.get(match[0], match[0]), recorded)
        return _NUMBER.sub(lambda match: str(self.number(int(match[0]), scope)), swapped)

    def number(self, recorded: int, scope: str) -> int:
        """Our number for a recorded one."""
        return self.numbers.get((scope, recorded), recorded)

    def value(self, recorded: Any, scope: str) -> Any:
        """A JSON value with our ids in it."""
        if isinstance(recorded, dict):
            return {name: self._field(name, item, scope) for name, item in recorded.items()}
        if isinstance(recorded, list):
            return [self.value(item, scope) for item in recorded]
        return self.text(recorded, scope) if isinstance(recorded, str) else recorded

    def _field(self, name: str, recorded: Any, scope: str) -> Any:
        if isinstance(recorded, int) and not isinstance(recorded, bool) and _is_id(name):
            return self.number(recorded, scope)
        return self.value(recorded, scope)


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("Id")


class Replay:
    """A sandbox on which a series is played; `saved` keeps our answers by the name of the call."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.bindings = Bindings(_known_values(sandbox))
        self.saved: dict[str, Any] = {}
        self._started = sandbox.clock.now()

    def send(
        self, method: str, path: str, key: str, body: Any = None, version: str | None = None
    ) -> Any:
        """Make a call that the recorder made, but of which there is no file."""
        headers = {"Authorization": f"Bearer {key}", "Host": HOST}
        if version is not None:
            headers["cal-api-version"] = version
        if key == "client":
            del headers["Authorization"]
            headers |= {"x-cal-client-id": "cmlremhtume2m3shyouf11xq2"}
            headers |= {"x-cal-secret-key": CLIENT_SECRET}
        content = b"" if body is None else json.dumps(body).encode()
        path = self.bindings.text(path, family(path))
        answer = self.sandbox.respond(method, path, (), headers, content)
        return answer.json()

    def play(self, call: RecordedWrite, token: str | None = None) -> list[str]:
        """Send a recorded request and tell what is not as recorded, in words.

        `token` stands where the recording hides a secret.
        """
        self.sandbox.clock.advance(timedelta(seconds=1))
        scope = family(call.path)
        swap = self.bindings
        body = _filled(swap.value(call.body, scope), token)
        answer = self.sandbox.respond(
            call.method,
            _with_keys(swap.text(call.path, scope), token),
            _with_keys(swap.text(call.query, scope), token).encode(),
            {name: _header(name, value, token) for name, value in call.headers.items()}
            | {"Host": HOST},
            b"" if call.body is None else json.dumps(body).encode(),
        )
        self.saved[call.name] = _content(answer)
        return list(self._differences(call, answer, scope, token))

    def _differences(
        self, call: RecordedWrite, answer: Answer, scope: str, token: str | None
    ) -> Iterator[str]:
        if answer.status != call.status:
            yield f"status {answer.status} instead of {call.status}: {answer.body[:200]!r}"
            return
        limits = _limit_names(call.answer_headers)
        if _limit_names(answer.headers) != limits:
            yield f"rate headers {_limit_names(answer.headers)} instead of {limits}"
        expected = call.answer_headers.get("Location")
        if expected is not None:
            wanted = _with_keys(unquote(expected), token)
            if unquote(answer.headers.get("Location", "")) != wanted:
                yield f"Location {answer.headers.get('Location')} instead of {wanted}"
        # What a read shows may have been written a while ago, by a call that is in no file.
        since = self._started if call.method == "GET" else self.sandbox.clock.now()
        compare = _Comparison(self.bindings, scope, to_iso(since), token)
        yield from compare.find("", _without_timestamp(call.answer), self.saved[call.name])
        if call.row_after is not None:
            yield from compare.row(call, self.sandbox)


@dataclass
class _Comparison:
    bindings: Bindings
    scope: str
    since: str
    token: str | None

    def find(self, where: str, recorded: Any, ours: Any) -> Iterator[str]:
        """Yield what is not the same, binding ids and instants seen for the first time."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            yield from self._objects(where, recorded, ours)
        elif isinstance(recorded, list) and isinstance(ours, list):
            yield from self._lists(where, recorded, ours)
        elif not self._same(where, recorded, ours):
            yield f"{where}: {str(ours)[:160]!r} instead of {str(recorded)[:160]!r}"

    def _objects(self, where: str, recorded: Any, ours: Any) -> Iterator[str]:
        yield from (f"{where}: missing {name}" for name in recorded if name not in ours)
        yield from (f"{where}: extra {name}" for name in ours if name not in recorded)
        for name in recorded:
            if name in ours:
                yield from self.find(f"{where}.{name}", recorded[name], ours[name])

    def _lists(self, where: str, recorded: list[Any], ours: list[Any]) -> Iterator[str]:
        if len(recorded) != len(ours):
            yield f"{where}: {len(ours)} elements instead of {len(recorded)}"
            return
        for number, (one, other) in enumerate(
            zip(recorded, self._matched(recorded, ours), strict=True)
        ):
            yield from self.find(f"{where}[{number}]", one, other)

    def _matched(self, recorded: list[Any], ours: list[Any]) -> list[Any]:
        """Our elements in the recorded order, where random ids decide the order."""
        if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in ours):
            return ours
        rows = {row["id"]: row for row in ours}
        names = [self.bindings.words.get(row["id"], row["id"]) for row in recorded]
        if len(rows) != len(ours):
            return ours
        found = [rows.pop(name, None) for name in names]
        rest = iter(rows.values())
        return [next(rest) if row is None else row for row in found]

    def _same(self, where: str, recorded: Any, ours: Any) -> bool:
        if type(recorded) is not type(ours):
            return False
        if isinstance(recorded, str):
            return self._same_text(recorded, ours)
        if isinstance(recorded, int) and not isinstance(recorded, bool):
            return self._same_number(where, recorded, ours)
        return bool(recorded == ours)

    def _same_number(self, where: str, recorded: int, ours: int) -> bool:
        parent, _, name = where.rpartition(".")
        if name.endswith("ExpiresAt"):
            return True
        if not _is_id(name) or (recorded == ours and recorded in self.bindings.known):
            return recorded == ours
        if recorded in self.bindings.known:
            return False
        # Parts of an answer, such as the steps of a workflow, are numbered by themselves.
        part = re.sub(r"\[\d+\]", "", parent).rpartition(".")[2]
        scope = part if name == "id" and part in _NUMBERED_APART else self.scope
        return self.bindings.numbers.setdefault((scope, recorded), ours) == ours

    def _same_text(self, recorded: str, ours: str) -> bool:
        if recorded in _SECRETS:
            return bool(ours)
        if _SEVERAL.search(recorded):
            pattern = ".+".join(map(re.escape, _SEVERAL.split(_with_keys(recorded, self.token))))
            return re.fullmatch(pattern, ours) is not None
        if _RECORDED_NOW.fullmatch(recorded) and recorded != ours:
            is_new = recorded not in self.bindings.instants
            bound = self.bindings.instants.setdefault(recorded, ours)
            return bound == ours and (not is_new or ours >= self.since)
        self._bind_words(recorded, ours)
        wanted = _with_keys(self.bindings.text(recorded, self.scope), self.token)
        if _RECORDED_NOW.search(wanted):
            pattern = _AN_INSTANT.join(map(re.escape, _RECORDED_NOW.split(wanted)))
            return re.fullmatch(pattern, ours) is not None
        return wanted == ours or unquote(wanted) == unquote(ours)

    def _bind_words(self, recorded: str, ours: str) -> None:
        pairs = zip(_STRING_ID.findall(recorded), _STRING_ID.findall(ours), strict=False)
        for one, other in pairs:
            if one not in self.bindings.known and one not in self.bindings.words:
                self.bindings.words[one] = other

    def row(self, call: RecordedWrite, sandbox: Sandbox) -> Iterator[str]:
        """Compare the row of the booking after the call, and whether `updatedAt` moved."""
        recorded = call.row_after or {}
        number = self.bindings.number(int(recorded["id"]), self.scope)
        row = next((row for row in sandbox.world.bookings if row.id == number), None)
        if row is None:
            yield f"row {number} is not there"
            return
        ours = {
            "status": row.status,
            "startTime": f"{row.start:%Y-%m-%d %H:%M:%S}",
            "userId": "" if row.user_id is None else str(row.user_id),
            "noShowHost": "t" if row.is_host_absent else "f",
            "rescheduled": "t" if row.is_rescheduled else "",
            "location": row.location or "",
            "attendees": ",".join(
                f"{person.email}:{'true' if person.is_absent else 'false'}"
                for person in row.attendees
            ),
        }
        for name, value in ours.items():
            # A null flag and a false one are stored differently and shown alike.
            wanted = recorded[name].replace("f", "") if name == "rescheduled" else recorded[name]
            if value != wanted:
                yield f"row.{name}: {value!r} instead of {wanted!r}"
        is_moved = row.updated_at is not None and to_iso(row.updated_at) >= self.since
        if call.is_moved is not None and is_moved != call.is_moved:
            yield f"row.updatedAt moved: {is_moved} instead of {call.is_moved}"


def _known_values(sandbox: Sandbox) -> set[Any]:
    """Everything in the world that looks like an id: those are never bound to another."""
    world = sandbox.world
    tables = (world.users, world.teams, world.memberships, world.event_types, world.schedules)
    found: set[Any] = {key for table in tables for key in table}
    for _, rows in world:
        for row in rows:
            names = getattr(type(row), "__slots__", ())
            found |= {getattr(row, name) for name in names if isinstance(getattr(row, name), str)}
    return found


def _without_timestamp(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: value for name, value in body.items() if name != "timestamp"}
    return body


def _content(answer: Answer) -> Any:
    if answer.body and answer.headers.get("Content-Type", "").startswith("application/json"):
        return _without_timestamp(answer.json())
    return answer.body.decode()


def _limit_names(headers: dict[str, str]) -> list[str]:
    return sorted(name for name in headers if name.startswith("X-RateLimit"))


def _with_keys(text: str, token: str | None) -> str:
    """The text with the sandbox's keys where the recorder hid the real ones."""
    text = text.replace("<key:<token>>", token or "nobody").replace(
        "<key:token>", token or "nobody"
    )
    text = re.sub(r"<key:(\w+)>", lambda match: f"cal_sandbox_{match[1]}", text)
    return text if token is None else text.replace("<token>", token)


def _filled(body: Any, token: str | None) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, token) for name, value in body.items()}
    return (token or "nobody") if body == "<token>" else body


def _header(name: str, value: str, token: str | None) -> str:
    if name == "x-cal-secret-key":
        return value.replace("<oauth-secret>", CLIENT_SECRET)
    return f"Bearer {_with_keys(value, token)}" if name == "Authorization" else value
