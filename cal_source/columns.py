"""The columns of one record: values where they fit, everything else kept beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cal_source.tables.model import ColumnType
from cal_source.values import CONVERTERS, MISFIT, convert, json_type

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from cal_source.tables.model import Column, Table

Record = dict[str, Any]
Row = dict[str, Any]

_NOTHING: Final = object()
AS_WRITTEN: Final = frozenset({ColumnType.TIMESTAMP, ColumnType.DATE, ColumnType.JSON})


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """A field that differs from its declaration.

    Attributes:
        table: Table concerned.
        field: Dotted path in Cal.com's record.
        kind: `unknown` (no column for it) or `retyped` (has a column of another type).
        found: JSON type that was found: text, number, boolean, object, list.
    """

    table: str
    field: str
    kind: str
    found: str


class UnusableError(Exception):
    """A required column has no usable value."""

    def __init__(self, column: Column, value: Any) -> None:
        found = "is missing" if value is None else f"is {json_type(value)}"
        super().__init__(f"'{column.paths[0]}' {found}; a usable {column.type} is required")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table's columns are taken from a record; made once per table.

    Attributes:
        plain: Columns of one top-level field, with the field and the conversion: nearly all.
        nested: The others.
        fields: Fields of the plain columns.
        objects: Top-level fields whose parts have columns.
    """

    plain: tuple[tuple[Column, str, Callable[[Any], Any]], ...]
    nested: tuple[Column, ...]
    fields: frozenset[str]
    objects: frozenset[str]


@cache
def _plan_of(table: Table) -> _Plan:
    plain = [c for c in table.columns if len(c.paths) == 1 and "." not in c.paths[0]]
    nested = tuple(c for c in table.columns if c not in plain)
    return _Plan(
        tuple((c, c.paths[0], CONVERTERS[c.type]) for c in plain),
        nested,
        frozenset(c.paths[0] for c in plain),
        frozenset(path.split(".")[0] for c in nested for path in c.paths if "." in path),
    )


@cache
def hashed_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns that say what Cal.com said of a row.

    Not those that say which row it is (parent, number among equals), nor its place in a list.
    """
    others = {*table.parent_key, "ordinal"}
    return tuple(c for c in table.columns if c.hashed and c.name not in others)


def hashed_values(table: Table, record: Record, row: Row, extra: Record) -> tuple[Any, ...]:
    """Return what a row's content hash is made of.

    These are its values, instants and JSON as Cal.com wrote them, and what is in no column.
    """
    return (
        *(
            _first_present(record, column)[0]
            if column.type in AS_WRITTEN and row[column.name] is not None
            else row[column.name]
            for column in hashed_columns(table)
        ),
        extra or None,
    )


def take_columns(table: Table, record: Record, drift: Counter[Drift]) -> tuple[Row, Record]:
    """Return the declared columns of a record, and everything that is not in one of them.

    Args:
        table: The table.
        record: A record of Cal.com's, with what we give it under names with `$`.
        drift: Counts the fields that differ from their declaration.

    Raises:
        UnusableError: A required column has no usable value.
    """
    plan = _plan_of(table)
    extra = {name: value for name, value in record.items() if name not in plan.fields}
    misfits: dict[str, Any] = {}
    row = _plain_columns(plan, record, misfits)
    extra |= misfits
    if plan.nested:
        row |= _nested_columns(plan, record, extra := _deep_copy_of_objects(extra), misfits)
    for path, value in misfits.items():
        drift[Drift(table.name, path, "retyped", json_type(value))] += 1
    for path, value in _leaves(extra, plan.objects):
        if path not in misfits:
            drift[Drift(table.name, path, "unknown", json_type(value))] += 1
    return row, extra


def _plain_columns(plan: _Plan, record: Record, misfits: Record) -> Row:
    row: Row = {}
    for column, name, convert_value in plan.plain:
        value = record.get(name)
        if value is None or (column.null_words and value in column.null_words):
            converted = None
        else:
            converted = convert_value(value)
            if converted is MISFIT:
                misfits[name] = value
                converted = None
        if converted is None and column.required:
            raise UnusableError(column, value)
        row[column.name] = converted
    return row


def _nested_columns(plan: _Plan, record: Record, extra: Record, misfits: Record) -> Row:
    """Return the columns with aliases or inside objects, taking their values out of `extra`.

    Raises:
        UnusableError: A required column has no usable value.
    """
    row: Row = {}
    for column in plan.nested:
        value, path = _first_present(record, column)
        converted = convert(column, value)
        if converted is MISFIT:
            misfits[path] = value
            converted = None
        else:
            _consume(extra, column, value)
        if converted is None and column.required:
            raise UnusableError(column, value)
        row[column.name] = converted
    return row


def _first_present(record: Record, column: Column) -> tuple[Any, str]:
    for path in column.paths:
        value = _value_at(record, path)
        if value is not _NOTHING:
            return value, path
    return None, column.paths[0]


def _value_at(record: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(record, dict) or part not in record:
            return _NOTHING
        record = record[part]
    return record


def _consume(extra: Record, column: Column, value: Any) -> None:
    """Remove the column's value from what is left over; aliases only while they agree with it."""
    for path in column.paths:
        *parents, last = path.split(".")
        holder: Any = extra
        trail = []
        for part in parents:
            trail.append((holder, part))
            holder = holder.get(part) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and last in holder and holder[last] == value:
            del holder[last]
        for owner, part in reversed(trail):
            if isinstance(owner, dict) and part in owner and owner[part] in ({}, None):
                del owner[part]


def _deep_copy_of_objects(value: Record) -> Record:
    return {k: _deep_copy_of_objects(v) if isinstance(v, dict) else v for k, v in value.items()}


def _leaves(extra: Record, objects: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield the leftover fields, going into objects only where the table declares their parts."""
    for name, value in extra.items():
        if name in objects and isinstance(value, dict):
            yield from ((f"{name}.{part}", inner) for part, inner in value.items())
        else:
            yield name, value
