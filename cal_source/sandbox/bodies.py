"""Checks of request bodies, with the error entries that Cal.com's validation pipe answers.

A body is read field by field in the order in which Cal.com declares them. Unknown fields are
dropped without a word. A field that is missing breaks every rule it has, unless it is optional;
a field that is null counts as missing for optional ones, unless null is a value of it
(`is_nullable`).

Source: recordings `*__invalid`, `*__missing` and `*__unknown_field` of `recorded-actions`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.errors import BadRequestError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

# Rough on purpose: what the recordings show of class-validator's check.
_EMAIL: Final = re.compile(r"^[^\s@<>\"]+@[^\s@<>\".]+(\.[^\s@<>\".]+)+$")


class _Missing(Enum):
    """The value of a field that the body does not have."""

    MISSING = 0


MISSING: Final = _Missing.MISSING


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint: its name, and what it says of a value that breaks it (None: it holds)."""

    name: str
    complaint: Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class BodyField:
    """One field of a body; `nested` are the rules of the object, or of each object of a list."""

    name: str
    rules: tuple[Rule, ...] = ()
    is_optional: bool = False
    nested: BodyRules | None = None
    is_list: bool = False
    convert: Callable[[Any], Any] | None = None
    is_nullable: bool = False

    def is_void(self, value: Any) -> bool:
        """Whether the value stands for nothing: it breaks no rule, and says nothing."""
        return self.is_optional and (value is MISSING or value is None)


@dataclass(frozen=True)
class BodyRules:
    """The fields of a body in Cal.com's order; `defaults` stand in, and are echoed by errors."""

    fields: tuple[BodyField, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def read(self, call: Call) -> Json:
        """Give the known fields of the request's body.

        Raises:
            InvalidInputError: A field breaks a rule; every broken field is named.
        """
        return self.check(json_body(call))

    def check(self, body: Json) -> Json:
        """Give the known fields of `body`, defaults included.

        Raises:
            InvalidInputError: A field breaks a rule; every broken field is named.
        """
        target = self.target_of(body)
        errors = self.errors_of(target)
        if errors:
            raise InvalidInputError(errors)
        void = {
            item.name
            for item in self.fields
            if item.is_void(target.get(item.name)) and not item.is_nullable
        }
        return {name: value for name, value in target.items() if name not in void}

    def target_of(self, body: Json) -> Json:
        """The known fields of a body over the defaults, as errors echo them."""
        target = dict(self.defaults)
        for item in self.fields:
            if item.name in body:
                value = body[item.name]
                target[item.name] = value if item.convert is None else item.convert(value)
        return target

    def errors_of(self, target: Json) -> list[Json]:
        """One entry for each field that breaks a rule."""
        found = (_error(item, target) for item in self.fields)
        return [error for error in found if error is not None]


def json_body(call: Call) -> Json:
    """The body as an object; an empty one, or one that is no object, has no fields.

    Raises:
        BadRequestError: It is not JSON.
    """
    if not call.body:
        return {}
    try:
        body = msgspec.json.decode(call.body)
    except msgspec.DecodeError:
        text = "Unexpected token in JSON at position 0"
        raise BadRequestError(text) from None
    return body if isinstance(body, dict) else {}


def _error(item: BodyField, target: Json) -> Json | None:
    value = target.get(item.name, MISSING)
    if item.is_void(value):
        return None
    broken = {rule.name: text for rule in item.rules if (text := rule.complaint(value)) is not None}
    children = [] if broken or item.nested is None else _children(item.nested, item, value)
    if not broken and not children:
        return None
    entry: Json = {"target": target, "property": item.name, "children": children}
    if value is not MISSING:
        entry["value"] = value
    return entry | ({"constraints": broken} if broken else {})


def _children(rules: BodyRules, item: BodyField, value: Any) -> list[Json]:
    if not item.is_list:
        return rules.errors_of(rules.target_of(value)) if isinstance(value, dict) else []
    found = []
    for number, element in enumerate(value):
        entry: Json = {"target": value, "value": element, "property": str(number)}
        if not isinstance(element, dict):
            text = f"each value in nested property {item.name} must be either object or array"
            found.append(entry | {"children": [], "constraints": {"nestedValidation": text}})
        elif errors := rules.errors_of(rules.target_of(element)):
            found.append(entry | {"children": errors})
    return found


# Rules -------------------------------------------------------------------------------------


def _rule(name: str, text: str, holds: Callable[[Any], bool]) -> Rule:
    return Rule(name, lambda value: None if holds(value) else text)


def each(rule: Rule) -> Rule:
    """The rule for each element of a list; for what is no list, the rule itself."""

    def complaint(value: Any) -> str | None:
        values = value if isinstance(value, list) else [value]
        found = next((text for one in values if (text := rule.complaint(one)) is not None), None)
        return None if found is None else f"each value in {found}"

    return Rule(rule.name, complaint)


def said(rule: Rule, text: str) -> Rule:
    """The rule with words of its own."""
    return Rule(rule.name, lambda value: None if rule.complaint(value) is None else text)


def is_string(name: str) -> Rule:
    """A text."""
    return _rule("isString", f"{name} must be a string", lambda value: isinstance(value, str))


def is_boolean(name: str) -> Rule:
    """True or false."""
    text = f"{name} must be a boolean value"
    return _rule("isBoolean", text, lambda value: isinstance(value, bool))


def is_int(name: str) -> Rule:
    """A whole number."""
    return _rule("isInt", f"{name} must be an integer number", _is_whole)


def is_number(name: str) -> Rule:
    """A number."""
    text = f"{name} must be a number conforming to the specified constraints"
    return _rule("isNumber", text, _is_number)


def at_least(name: str, minimum: float) -> Rule:
    """A number not below a minimum."""
    text = f"{name} must not be less than {minimum}"
    return _rule("min", text, lambda value: _is_number(value) and value >= minimum)


def is_enum(name: str, values: Sequence[Any]) -> Rule:
    """One of the values of an enumeration."""
    text = f"{name} must be one of the following values: {', '.join(map(str, values))}"
    return _rule("isEnum", text, lambda value: value in values)


def is_in(name: str, values: Sequence[Any]) -> Rule:
    """One of some values."""
    text = f"{name} must be one of the following values: {', '.join(map(str, values))}"
    return _rule("isIn", text, lambda value: not isinstance(value, bool) and value in values)


def is_not_empty(name: str) -> Rule:
    """Neither missing nor null nor an empty text."""
    text = f"{name} should not be empty"
    return _rule("isNotEmpty", text, lambda value: value not in (MISSING, None, ""))


def is_array(name: str) -> Rule:
    """A list."""
    return _rule("isArray", f"{name} must be an array", lambda value: isinstance(value, list))


def is_object(name: str) -> Rule:
    """An object."""
    return _rule("isObject", f"{name} must be an object", lambda value: isinstance(value, dict))


def array_not_empty(name: str) -> Rule:
    """A list with at least one element."""
    text = f"{name} should not be empty"
    return _rule("arrayNotEmpty", text, lambda value: isinstance(value, list) and bool(value))


def is_nested_list(name: str) -> Rule:
    """A list of objects, as far as the field itself is concerned."""
    text = f"each value in nested property {name} must be either object or array"
    return _rule("nestedValidation", text, lambda value: isinstance(value, list | dict))


def is_email(name: str) -> Rule:
    """An e-mail address."""
    text = f"{name} must be an email"
    return _rule("isEmail", text, lambda value: _matches(_EMAIL, value))


def is_time_zone(name: str) -> Rule:
    """A time zone of the IANA database."""
    text = f"{name} must be a valid IANA time-zone"
    return _rule("isTimeZone", text, _is_time_zone)


def is_date_string(name: str) -> Rule:
    """An ISO 8601 date or instant."""
    text = f"{name} must be a valid ISO 8601 date string"
    return _rule("isDateString", text, _is_instant)


def is_iso_date(name: str) -> Rule:
    """An ISO 8601 date or instant, in the words of the stricter check."""
    text = f"{name} must be a valid ISO 8601 date string"
    return _rule("isIso8601", text, _is_instant)


def matches(name: str, pattern: str, text: str | None = None) -> Rule:
    """A text that matches a pattern."""
    message = text or f"{name} must match /{pattern}/ regular expression"
    compiled = re.compile(pattern)
    return _rule("matches", message, lambda value: _matches(compiled, value))


def is_at_least_long(name: str, minimum: int) -> Rule:
    """A text of at least some length; the words depend on what is there instead."""
    start = f"{name} must be longer than or equal to {minimum}"

    def complaint(value: Any) -> str | None:
        if isinstance(value, str) and len(value) >= minimum:
            return None
        if value is MISSING or not value or isinstance(value, str):
            return f"{start} characters"
        return f"{start} and shorter than or equal to undefined characters"

    return Rule("isLength", complaint)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _is_instant(value: Any) -> bool:
    return isinstance(value, str) and parse_iso(value) is not None


def _is_time_zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return False


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None
