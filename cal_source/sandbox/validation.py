"""Checks of query parameters, with the error entries that Cal.com's validation pipe answers.

Unknown parameters are dropped without a word; a broken value is a 400 that echoes the input.

Source: recordings `bookings_take251`, `bookings_skip_abc`, `bookings_sort_bad`,
`bookings_status_bad`, `bookings_after_updated_bad`, `webhooks_take251`, `org_users_take1001`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Constraints = dict[str, str]
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: how its text becomes a value, and which rules the value breaks."""

    name: str
    parse: Callable[[str], Any]
    broken: Callable[[Any], Constraints]


def _no_rules(_: Any) -> Constraints:
    return {}


def text(name: str) -> Field:
    """Any text."""
    return Field(name, str, _no_rules)


def texts(name: str) -> Field:
    """Texts separated by commas."""
    return Field(name, lambda value: value.split(","), _no_rules)


def number(name: str, *, minimum: int, maximum: int | None = None) -> Field:
    """A number within bounds, read like JavaScript's `parseInt`: leading digits count."""

    def broken(value: float) -> Constraints:
        rules: Constraints = {}
        if maximum is not None and not value <= maximum:
            rules["max"] = f"{name} must not be greater than {maximum}"
        if not value >= minimum:
            rules["min"] = f"{name} must not be less than {minimum}"
        if math.isnan(value):
            rules["isNumber"] = f"{name} must be a number conforming to the specified constraints"
        return rules

    return Field(name, _parse_int, broken)


def integer(name: str) -> Field:
    """A whole number."""
    rule = {"isInt": f"{name} must be an integer number"}
    return Field(name, _to_number, lambda value: {} if float(value).is_integer() else rule)


def integers(name: str) -> Field:
    """Whole numbers separated by commas."""
    message = f"each value in {name} must be a number conforming to the specified constraints"

    def broken(values: list[float]) -> Constraints:
        return {"isNumber": message} if any(math.isnan(value) for value in values) else {}

    return Field(name, lambda value: [_parse_int(part) for part in value.split(",")], broken)


def instant(name: str, label: str) -> Field:
    """An ISO 8601 instant; `label` is the name the message gives it."""
    rule = {"isIso8601": f"{label} must be a valid ISO 8601 date."}
    return Field(name, str, lambda value: rule if parse_iso(value) is None else {})


def choice(name: str, label: str) -> Field:
    """`asc` or `desc`; `label` is the name the message gives the parameter."""
    rule = {"isEnum": f'{label} must be either "asc" or "desc".'}
    return Field(name, str, lambda value: {} if value in {"asc", "desc"} else rule)


def words(name: str, allowed: Sequence[str]) -> Field:
    """Words of a fixed set, separated by commas."""
    rule = {"isEnum": f"Invalid {name}. Allowed are {', '.join(allowed)}"}
    return Field(
        name,
        lambda value: [part.strip() for part in value.split(",")],
        lambda values: {} if set(values) <= set(allowed) else rule,
    )


def is_in(name: str, allowed: Sequence[str]) -> Field:
    """One word of a fixed set."""
    rule = {"isIn": f"{name} must be one of the following values: {', '.join(allowed)}"}
    return Field(name, str, lambda value: {} if value in allowed else rule)


@dataclass(frozen=True)
class QueryRules:
    """The parameters one operation knows; `defaults` are those its errors always echo."""

    fields: tuple[Field, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def read(self, query: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Give the known parameters as values, instants still as text.

        Raises:
            InvalidInputError: A value breaks a rule; every broken parameter is named.
        """
        known = {rule.name: rule for rule in self.fields}
        values = dict(self.defaults)
        for name, raw in query:
            if name in known:
                values[name] = known[name].parse(raw)
        target = {name: _as_json(value) for name, value in values.items()}
        errors = [
            {
                "target": target,
                "value": target[name],
                "property": name,
                "children": [],
                "constraints": constraints,
            }
            for name, rule in known.items()
            if name in values and (constraints := rule.broken(values[name]))
        ]
        if errors:
            raise InvalidInputError(errors)
        return values


class _Keyed(Protocol):
    @property
    def id(self) -> Any: ...


_KeyedRow = TypeVar("_KeyedRow", bound=_Keyed)


def page_by_id(rows: Iterable[_KeyedRow], values: Mapping[str, Any]) -> Sequence[_KeyedRow]:
    """Cut one page out of a list that the database pages: those come in the order of their ids.

    Source: recordings `*_webhook*__readback_list`; lists without paging come in storage order
    instead (`patch_organization_attribute_option__readback_unknown_field`).
    """
    return page(sorted(rows, key=lambda row: row.id), values)


def page(rows: Sequence[_Row], values: Mapping[str, Any]) -> Sequence[_Row]:
    """Cut one page out of a list: `skip` rows passed over, at most `take` kept."""
    skip = int(values.get("skip", 0))
    return rows[skip : skip + int(values.get("take", 250))]


def _parse_int(raw: str) -> float:
    match = re.match(r"\s*([+-]?\d+)", raw)
    return int(match.group(1)) if match else math.nan


def _to_number(raw: str) -> float:
    try:
        value = float(raw)
    except ValueError:
        return math.nan
    return int(value) if value.is_integer() else value


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


SKIP_TAKE = QueryRules(
    (number("take", minimum=1, maximum=250), number("skip", minimum=0)),
    {"take": 250, "skip": 0},
)
