"""Change requests: what somebody asks for, read from tables, files or Python, and checked.

A request names an action, its target and its parameters. Every row that cannot be understood is
told with its place, field, value and rule; the others go on, or none does, as the caller chooses.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from cal_source.call_errors import RequestBodyError
from cal_source.catalogue import operation
from cal_source.catalogue.parameters import Parameter, ValueKind
from cal_source.errors import redact
from cal_source.requests import validate_body
from pipelines.reverse_sync.actions import ACTIONS
from pipelines.reverse_sync.actions.model import Asked
from pipelines.reverse_sync.plan import REFERENCE_PREFIX, RESULT_PREFIX, change_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ABOUT: Final = ("action", "name", "reason", "requested_by", "requested_at", "request_id")
_PARTS: Final = ("target", "query", "body")
_SECRETS: Final = frozenset({"secret", "calApiKey"})
_SHOWN: Final = 80
_ROUNDS: Final = 5
_STEP: Final = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """One write that somebody asks for.

    Attributes:
        action: Key of the write.
        target: Values of the path's braces, and further names that the read needs.
        query: Query parameters.
        body: Body under Cal.com's own field names. `secret:NAME` stands for a secret, and
            `result:NAME.FIELD` for a field of the result of the request called NAME.
        name: The request's own name; needed where another refers to its result.
        reason: Why.
        requested_by: Who asks.
        source: Where it stands: file and line, or table and key.
    """

    action: str
    target: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    name: str = ""
    reason: str = ""
    requested_by: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One fault of a request.

    Attributes:
        source: Where the request stands.
        action: The action asked for, as it was written.
        field: The field at fault; empty where it is the request as a whole.
        value: Its value, e-mail addresses masked; empty where it may be a secret.
        rule: What it breaks, as the end of a sentence that begins with the field.
    """

    source: str
    action: str
    field: str
    value: str
    rule: str

    def __str__(self) -> str:
        value = f" ({self.value})" if self.value else ""
        return f"{self.source}: {self.field or self.action}{value} {self.rule}"


def request_of(row: Mapping[str, Any], source: str, *, action: str = "") -> ChangeRequest:
    """Return the request that a row is, unchecked.

    Columns `target`, `query` and `body` hold objects or their JSON; a dotted column such as
    `body.attendees.0.email` one value in them. A column without a prefix goes where the action has
    a parameter of that name, else into the body. Empty cells are left out.

    Args:
        row: The row.
        source: Where it stands.
        action: The action, where the row names none.
    """
    given = {name: value for name, value in row.items() if value is not None and value != ""}
    key = str(given.get("action") or action)
    parts: dict[str, dict[str, Any]] = {name: {} for name in _PARTS}
    for name, value in given.items():
        if name in _PARTS:
            parts[name] |= _object(value)
        elif name not in _ABOUT:
            part, _, rest = name.partition(".")
            if part not in _PARTS:
                part, rest = _part_of(key, name), name
            _put(parts[part], rest.split("."), value)
    return ChangeRequest(
        action=key,
        target=parts["target"],
        query=parts["query"],
        body=_listed(parts["body"]) or None,
        name=str(given.get("name") or given.get("request_id") or ""),
        reason=str(given.get("reason") or ""),
        requested_by=str(given.get("requested_by") or ""),
        source=source,
    )


def check(request: ChangeRequest) -> tuple[Asked | None, list[Rejected]]:
    """Return what a request asks for, with its values as Cal.com takes them, or its faults.

    Texts stand for numbers, flags and lists where a file can hold nothing else.
    """
    faults = _Faults(request)
    if request.action not in ACTIONS:
        similar = get_close_matches(request.action, ACTIONS, n=1)
        hint = f"; did you mean {similar[0]}?" if similar else ""
        faults.add("action", request.action, f"is no write of the catalogue{hint}")
        return None, faults.found
    target = faults.parameters(_target_parameters(request.action), request.target, "target")
    query = faults.parameters(operation(request.action).query, request.query, "query")
    body = faults.body()
    if faults.found:
        return None, faults.found
    mark = change_id(request.action, target, query, body, _own_name(request))
    return (
        Asked(id=mark, action=request.action, target=target, query=query, body=body),
        [],
    )


def _own_name(request: ChangeRequest) -> str:
    """Return what tells two equal new bookings apart: the name, where they were given one."""
    return request.name if request.action == "create_a_new_booking" else ""


def _target_parameters(action: str) -> tuple[Parameter, ...]:
    row = operation(action)
    in_path = tuple(p for p in row.parameters if p.name in row.path_parameters)
    kinds = {"scheduleId": ValueKind.NUMBER}
    locators = tuple(
        Parameter(name, kinds.get(name, ValueKind.TEXT), required=True)
        for name in ACTIONS[action].locators
    )
    return (*in_path, *locators)


class _Faults:
    """Collects the faults of one request while its parts are read."""

    def __init__(self, request: ChangeRequest) -> None:
        self.request = request
        self.found: list[Rejected] = []

    def add(self, name: str, value: Any, rule: str) -> None:
        shown = "" if name.rpartition(".")[2] in _SECRETS else redact(_text(value))[:_SHOWN]
        self.found.append(
            Rejected(
                source=self.request.source,
                action=self.request.action,
                field=name,
                value=shown,
                rule=rule,
            )
        )

    def parameters(
        self, known: Iterable[Parameter], given: Mapping[str, Any], part: str
    ) -> dict[str, Any]:
        """Return values as their parameters take them."""
        by_name = {parameter.name: parameter for parameter in known}
        for name in sorted(set(given) - set(by_name)):
            similar = get_close_matches(name, by_name, n=1)
            hint = f"; did you mean {similar[0]}?" if similar else ""
            self.add(f"{part}.{name}", given[name], f"is not known to this action{hint}")
        taken: dict[str, Any] = {}
        for name, parameter in by_name.items():
            if name in given:
                taken[name] = self._parameter(parameter, given[name], part)
            elif parameter.required:
                self.add(f"{part}.{name}", "", "is required")
        return taken

    def _parameter(self, parameter: Parameter, value: Any, part: str) -> Any:
        if isinstance(value, str) and value.startswith(RESULT_PREFIX):
            return value
        if parameter.kind is ValueKind.NUMBER:
            try:
                return int(str(value))
            except ValueError:
                self.add(f"{part}.{parameter.name}", value, f"must be {parameter.kind}")
        elif parameter.choices and str(value) not in parameter.choices:
            rule = f"must be one of {', '.join(parameter.choices)}"
            self.add(f"{part}.{parameter.name}", value, rule)
        elif str(value).startswith(REFERENCE_PREFIX):
            self.add(f"{part}.{parameter.name}", "", "cannot be a secret; only bodies hold them")
        return str(value)

    def body(self) -> dict[str, Any] | None:
        """Return the body, checked by the action's model."""
        given = self.request.body
        for name, value in (given or {}).items():
            if name in _SECRETS and not str(value).startswith(REFERENCE_PREFIX):
                self.add(name, "", "must be given by name, as secret:NAME, and never as it is")
        body, error = given, _body_error(self.request.action, given)
        for _ in range(_ROUNDS):
            if error is None:
                return body
            parsed = _read_as_json(body, [rule.field for rule in error.rules])
            if parsed == body:
                break
            body, error = parsed, _body_error(self.request.action, parsed)
        for rule in error.rules if error else ():
            self.add(rule.field, _at(given, rule.field), rule.rule)
        return None


def _body_error(action: str, body: dict[str, Any] | None) -> RequestBodyError | None:
    """Return what is wrong with a body, references taken for what they will be."""
    last = None
    for stand_in in (1, "result"):
        try:
            validate_body(action, _with_stand_ins(body, stand_in))
        except RequestBodyError as error:
            last = error
        else:
            return None
    return last


def _read_as_json(body: dict[str, Any] | None, paths: list[str]) -> dict[str, Any] | None:
    """Return a body in which the texts at fault are read as the JSON that they may be."""
    changed: dict[str, Any] | None = deepcopy(body)
    for path in paths:
        *steps, last = _STEP.findall(path)
        place: Any = _at(changed, ".".join(steps)) if steps else changed
        key: Any = int(last) if isinstance(place, list) and last.isdigit() else last
        with suppress(LookupError, TypeError, ValueError):
            if isinstance(place[key], str):
                place[key] = json.loads(place[key])
    return changed


def _with_stand_ins(value: Any, stand_in: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_stand_ins(entry, stand_in) for name, entry in value.items()}
    if isinstance(value, list):
        return [_with_stand_ins(entry, stand_in) for entry in value]
    is_result = isinstance(value, str) and value.startswith(RESULT_PREFIX)
    return stand_in if is_result else value


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = {"": value}
    return dict(value) if isinstance(value, dict) else {"": value}


def _part_of(action: str, name: str) -> str:
    if action in ACTIONS:
        if name in {p.name for p in _target_parameters(action)}:
            return "target"
        if name in {p.name for p in operation(action).query}:
            return "query"
    return "body"


def _put(place: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        if not isinstance(place.get(step), dict):
            place[step] = {}
        place = place[step]
    place[steps[-1]] = value


def _listed(value: Any) -> Any:
    """Turn objects whose names are 0, 1, 2, … into lists."""
    if not isinstance(value, dict):
        return value
    entries = {name: _listed(entry) for name, entry in value.items()}
    if entries and all(name.isdigit() for name in entries):
        return [entries[name] for name in sorted(entries, key=int)]
    return entries


def _at(body: Any, path: str) -> Any:
    here = body
    for step in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(here, dict):
            here = here.get(step, "")
        elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return ""
    return here


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
