"""How one JSON value becomes a column's value, and what counts as equal content."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.tables.model import Column, ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MISFIT: Final = object()
"""Says that a value does not fit its column's type."""

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_MICROSECONDS_LENGTH = len("2026-01-01T00:00:00.000000+00:00")
_sorted_json = msgspec.json.Encoder(order="deterministic")
_blank_digest = hashlib.blake2b(digest_size=16)


def content_hash(value: Any) -> str:
    """Return a digest that is equal exactly for equal JSON values, whatever their key order."""
    return hashlib.blake2b(_sorted_json.encode(value), digest_size=16).hexdigest()


def content_hashes(values: Sequence[Any]) -> list[str]:
    """Return the `content_hash` of each value; msgspec 0.22 leaks what an iterator yields."""
    hashes = []
    for line in _sorted_json.encode_lines(values).split(b"\n")[:-1]:
        digest = _blank_digest.copy()  # a third quicker than to set up another one
        digest.update(line)
        hashes.append(digest.hexdigest())
    return hashes


def sorted_json_text(value: Any) -> str:
    """Return a value as JSON text, keys sorted."""
    return _sorted_json.encode(value).decode()


def json_text(value: Any) -> str:
    """Return a value as JSON text, keys in the order they have."""
    return msgspec.json.encode(value).decode()


def json_type(value: Any) -> str:
    """Return the name of a value's JSON type: text, number, boolean, object, list or null."""
    names = ((bool, "boolean"), (int | float, "number"), (str, "text"), (list, "list"))
    return next(
        (name for kind, name in names if isinstance(value, kind)),
        "null" if value is None else "object",
    )


def convert(column: Column, value: Any) -> Any:
    """Return the value as the column holds it, None for null, `MISFIT` when it does not fit."""
    if value is None or (isinstance(value, str) and value in column.null_words):
        return None
    return CONVERTERS[column.type](value)


def _to_text(value: Any) -> Any:
    return value if isinstance(value, str) else MISFIT


def _to_bigint(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return MISFIT
    return value if _INT64_MIN <= value <= _INT64_MAX else MISFIT


def _to_double(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return MISFIT
    try:
        return float(value) if float(value) == value else MISFIT
    except OverflowError:
        return MISFIT


def _to_boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else MISFIT


def to_timestamp(value: Any) -> Any:
    """Return an ISO 8601 text as an instant, UTC; `MISFIT` for everything else."""
    if not isinstance(value, str) or len(value) > _MICROSECONDS_LENGTH:
        return MISFIT  # finer than microseconds would be cut off silently
    try:
        instant = datetime.fromisoformat(value)
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return MISFIT


def _to_date(value: Any) -> Any:
    if not isinstance(value, str):
        return MISFIT
    try:
        return date.fromisoformat(value)
    except ValueError:
        return MISFIT


CONVERTERS: Mapping[ColumnType, Callable[[Any], Any]] = {
    ColumnType.TEXT: _to_text,
    ColumnType.BIGINT: _to_bigint,
    ColumnType.DOUBLE: _to_double,
    ColumnType.BOOLEAN: _to_boolean,
    ColumnType.TIMESTAMP: to_timestamp,
    ColumnType.DATE: _to_date,
    ColumnType.JSON: json_text,
}
