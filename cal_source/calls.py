"""Reads, lookups and credential flows by key and parameters, checked before anything is sent.

    client.call("get_available_slots_info", eventTypeId=7, start="2026-12-01", end="2026-12-08")

A call never changes a booking, a user or a setting: writes are refused here and go through the
reverse sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from cal_source.call_errors import CallParameterError, WriteRefusedError
from cal_source.catalogue import Kind, operation
from cal_source.catalogue.parameters import Parameter, ValueKind
from cal_source.requests import CREDENTIAL_MODELS, check_body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cal_source.catalogue import Operation

_FLAGS: Final = {"true": True, "false": False}


class _WrongValueError(ValueError):
    """A value is not what its parameter takes."""


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call whose parameters fit.

    Attributes:
        operation: What is called.
        path: Values of the path's braces.
        query: Query parameters under their names on the wire.
        body: What is sent as JSON; None for nothing.
    """

    operation: Operation
    path: dict[str, object]
    query: dict[str, object]
    body: dict[str, Any] | None


def call_parameters(row: Operation) -> tuple[Parameter, ...]:
    """Return what a call of `row` may be given: its path's, query's and body's parameters."""
    model = CREDENTIAL_MODELS.get(row.key)
    fields = model.model_fields.values() if model else ()
    in_body = (Parameter(f.alias or "", required=f.is_required()) for f in fields)
    return (*row.parameters, *in_body)


def prepare_call(key: str, given: Mapping[str, object]) -> PreparedCall:
    """Return the request that a call makes; sends nothing.

    Args:
        key: A read, lookup or credential flow of the catalogue.
        given: Values by parameter name, as Python values or as text (`"7"`, `"true"`, an ISO 8601
            instant, a list joined by commas). None leaves a parameter out.

    Raises:
        UnknownOperationError: There is no such operation.
        WriteRefusedError: It would change something.
        CallParameterError: Parameters are missing, unknown or malformed; names each, and no value.
    """
    row = operation(key)
    if row.kind is Kind.WRITE:
        raise WriteRefusedError(key)
    known = {parameter.name: parameter for parameter in call_parameters(row)}
    given = {name: value for name, value in given.items() if value is not None and value != ""}
    parsed, problems = _parse(known, given)
    if problems:
        raise CallParameterError(
            key, problems, (f"{p.name}{'*' if p.required else ''}" for p in known.values())
        )
    path = {name: parsed.pop(name) for name in row.path_parameters}
    query = {p.sent_as or p.name: parsed.pop(p.name) for p in row.query if p.name in parsed}
    model = CREDENTIAL_MODELS.get(key)
    body = check_body(key, model, parsed) if model else None
    return PreparedCall(row, path, query, body)


def _parse(
    known: Mapping[str, Parameter], given: Mapping[str, object]
) -> tuple[dict[str, Any], list[str]]:
    parsed: dict[str, Any] = {}
    problems = list(_missing_and_unknown(known, given))
    for name, value in given.items():
        if name in known:
            try:
                parsed[name] = _parse_value(known[name], value)
            except _WrongValueError:
                problems.append(f"needs {name} to be {_wanted(known[name])}")
    return parsed, problems


def _missing_and_unknown(
    known: Mapping[str, Parameter], given: Mapping[str, object]
) -> Iterator[str]:
    missing = [p.name for p in known.values() if p.required and p.name not in given]
    if missing:
        yield f"needs {', '.join(missing)}"
    for name in given:
        if name not in known:
            similar = get_close_matches(name, known, n=1)
            hint = f" (did you mean {similar[0]}?)" if similar else ""
            yield f"knows no parameter {name}{hint}"


def _parse_value(parameter: Parameter, value: object) -> Any:
    """Return `value` as the parameter takes it."""
    if not parameter.is_list:
        return _parse_one(parameter, value)
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)):
        entries = [entries]
    return [_parse_one(parameter, entry) for entry in entries]


def _parse_one(parameter: Parameter, value: object) -> Any:
    match parameter.kind:
        case ValueKind.NUMBER:
            parsed: Any = _whole_number(value)
            if parsed < (parameter.minimum or 0) or parsed > (parameter.maximum or parsed):
                raise _WrongValueError
        case ValueKind.FLAG:
            parsed = value if isinstance(value, bool) else _FLAGS.get(str(value).lower())
            if parsed is None:
                raise _WrongValueError
        case ValueKind.INSTANT:
            parsed = _instant(value)
        case _:
            if not isinstance(value, (str, int)) or isinstance(value, bool):
                raise _WrongValueError
            parsed = str(value)
    if parameter.choices and parsed not in parameter.choices:
        raise _WrongValueError
    return parsed


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _WrongValueError
    try:
        return int(value)
    except ValueError:
        raise _WrongValueError from None


def _instant(value: object) -> datetime | str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _WrongValueError
        return value
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        raise _WrongValueError from None
    return str(value)


def _wanted(parameter: Parameter) -> str:
    if parameter.choices:
        wanted = f"one of {', '.join(parameter.choices)}"
    elif parameter.minimum is not None and parameter.maximum is not None:
        wanted = f"{parameter.kind} from {parameter.minimum} to {parameter.maximum}"
    elif parameter.minimum is not None:
        wanted = f"{parameter.kind} of at least {parameter.minimum}"
    else:
        wanted = str(parameter.kind)
    return f"{wanted}, or several" if parameter.is_list else wanted
