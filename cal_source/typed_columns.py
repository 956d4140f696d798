"""Typed records become Arrow tables a column at a time: the fast way of `cal_source.records`.

What comes out is what `parse_records` makes of the same records, property-tested in
`tests/cal_source/test_typed_records_properties.py`.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import UNSET

from cal_source.columns import Drift, hashed_columns
from cal_source.exploders import scalar_text
from cal_source.records import ARROW_TYPES, arrow_schema
from cal_source.tables.model import ColumnType
from cal_source.typed_records import attrgetter_or_unset
from cal_source.values import MISFIT, content_hashes, json_type, sorted_json_text, to_timestamp

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from cal_source.records import Stamp
    from cal_source.tables.model import Child, Column, Table
    from cal_source.typed_records import Form, Shape

Values: TypeAlias = "Sequence[Any]"

_INSTANT: Final = ARROW_TYPES[ColumnType.TIMESTAMP]
_INSTANT_LENGTH: Final = len("2026-01-01T00:00:00.000Z")
_FIRST_INSTANT: Final = pa.scalar("0001-01-01T00:00:00.000Z").cast(_INSTANT)
_json = msgspec.json.Encoder()


class MisfitError(Exception):
    """A text is no instant: its record has to take the plain path."""


def build_tables(
    form: Form, records: Values, stamp: Stamp, drift: Counter[Drift]
) -> dict[str, pa.Table]:
    """Return the rows of typed records as Arrow tables by name; tables without rows are left out.

    Args:
        form: The form that decoded them.
        records: Their structs.
        stamp: Where and when they were read.
        drift: Counts the unknown fields that the form kept.

    Raises:
        MisfitError: A record has an instant that is none; nothing was counted.
    """
    table = form.table
    fields = _fields(table, records)
    parts = {table.name: _Rows(table, form.shape, records, fields)}
    parent_keys = {name: fields[table.column(name).paths[0]] for name in table.key}
    for child in table.children:
        parts[child.table.name] = _child_rows(child, form.shape, fields, parent_keys)
    built = {name: rows.arrow(stamp) for name, rows in parts.items() if rows.count}
    for name, rows in parts.items():
        rows.count_drift(name, drift)
    return built


def _fields(table: Table, records: Values) -> dict[str, Values]:
    """Return the values of every path of a table's columns, in the order of the records."""
    paths = [path for column in table.columns for path in column.paths]
    found: dict[str, Values] = {
        path: list(map(attrgetter_or_unset(path), records))
        for path in paths
        if not path.startswith("$")
    }
    for child in table.children:
        found.setdefault(child.path, [getattr(record, child.path) for record in records])
    return found


class _Rows:
    """The rows of one table, still as columns of values.

    Args:
        table: The table.
        shape: Shape of the structs the rows are made of; None where they are not made of any.
        structs: Those structs.
        fields: Values by path.
    """

    def __init__(
        self,
        table: Table,
        shape: Shape | None,
        structs: Values,
        fields: Mapping[str, Values],
    ) -> None:
        self._table = table
        self._columns = {c.name: _column_values(c, fields) for c in table.columns}
        self.count = len(self._columns[table.key[0]])
        self._extras = [_extra(shape, one) for one in structs] if shape and _keeps(shape) else None

    def arrow(self, stamp: Stamp) -> pa.Table:
        """Return the rows with their bookkeeping columns.

        Raises:
            MisfitError: A text is no instant.
        """
        extras = self._extras or repeat(None)
        said = [self._columns[column.name] for column in hashed_columns(self._table)]
        hashes = content_hashes([*zip(*said, extras, strict=False)])
        texts = [extra and sorted_json_text(extra) for extra in self._extras or ()]
        arrays = [_array(column, self._columns[column.name]) for column in self._table.columns]
        meta = [
            _constant(stamp.scope, pa.string(), self.count),
            _constant(stamp.run_id, pa.string(), self.count),
            _constant(stamp.page, pa.int64(), self.count),
            _constant(stamp.loaded_at, _INSTANT, self.count),
            pa.array(hashes, pa.string()),
            pa.array(texts, pa.string()) if texts else pa.nulls(self.count, pa.string()),
        ]
        return pa.Table.from_arrays([*arrays, *meta], schema=arrow_schema(self._table))

    def count_drift(self, name: str, drift: Counter[Drift]) -> None:
        """Count the unknown fields that were kept."""
        for extra in self._extras or ():
            for path, value in _leaves(extra or {}, self._objects()):
                drift[Drift(name, path, "unknown", json_type(value))] += 1

    def _objects(self) -> set[str]:
        paths = (path for column in self._table.columns for path in column.paths)
        return {path.partition(".")[0] for path in paths if "." in path}


def _child_rows(
    child: Child, shape: Shape, fields: Mapping[str, Values], parent_keys: Mapping[str, Values]
) -> _Rows:
    """Return the rows of a nested list; each of them is the only one of its identity."""
    if child.explode == "answers":
        counts, made = _answers(fields)
        elements: Values = ()
    else:
        lists = [elements or () for elements in fields[child.path]]
        counts = [len(elements) for elements in lists]
        elements = list(chain.from_iterable(lists))
        made = {}
        if child.explode == "guests":
            made["email"] = elements
        else:
            made |= _fields(child.table, elements)
    for column, parent in child.table.parent_key.items():
        path = child.table.column(column).paths[0]
        made[path] = [*chain.from_iterable(map(repeat, parent_keys[parent], counts))]
    made["$ordinal"] = [1] * sum(counts)
    made["$position"] = [*chain.from_iterable(map(range, counts))]
    element_shape = shape.lists.get(child.path)
    return _Rows(child.table, element_shape, elements if element_shape else (), made)


def _answers(fields: Mapping[str, Values]) -> tuple[list[int], dict[str, Values]]:
    """Return the answers of every record: how many, and their values by path."""
    emails: list[str] = []
    slugs: list[str] = []
    values: list[Any] = []
    counts: list[int] = []
    for responses, attendees in zip(
        fields["bookingFieldsResponses"], fields["attendees"], strict=True
    ):
        before = len(slugs)
        if isinstance(responses, dict):
            given = responses.get("email")
            emails += [given if isinstance(given, str) else ""] * len(responses)
            slugs += responses
            values += responses.values()
        for attendee in attendees or ():
            own = attendee.bookingFieldsResponses
            if isinstance(own, dict):
                emails += [attendee.email] * len(own)
                slugs += own
                values += own.values()
        counts.append(len(slugs) - before)
    texts = [value if type(value) is str else scalar_text(value) for value in values]
    return counts, {"email": emails, "slug": slugs, "value": values, "$valueText": texts}


def _column_values(column: Column, fields: Mapping[str, Values]) -> Values:
    first, *others = (fields[path] for path in column.paths)
    for other in others:
        first = [two if one is UNSET else one for one, two in zip(first, other, strict=True)]
    if others or "." in column.paths[0]:
        first = [None if value is UNSET else value for value in first]
    if column.null_words:
        first = [None if value in column.null_words else value for value in first]
    return first


def _array(column: Column, values: Values) -> pa.Array:
    if column.type is ColumnType.TIMESTAMP:
        return _instants(values)
    if column.type is ColumnType.JSON:
        return _json_texts(values)
    return pa.array(values, ARROW_TYPES[column.type])


def _json_texts(values: Values) -> pa.Array:
    """Return values as JSON texts: written one to a line all at once, and cut by Arrow."""
    lines = pa.array([_json.encode_lines(values)], pa.string())
    texts = pc.split_pattern(lines, "\n").flatten()[: len(values)]
    return pc.if_else(pc.equal(texts, "null"), None, texts)


def _instants(texts: Values) -> pa.Array:
    """Return texts as instants; those in Cal.com's own form all at once.

    Raises:
        MisfitError: One of them is none.
    """
    found = pa.array(texts, pa.string())
    if _are_in_usual_form(found):
        try:
            instants = found.cast(_INSTANT)
        except pa.ArrowInvalid:
            pass
        else:
            if pc.all(pc.greater_equal(instants, _FIRST_INSTANT)).as_py() is not False:
                return instants
    converted = [text if text is None else to_timestamp(text) for text in texts]
    if MISFIT in converted:
        raise MisfitError
    return pa.array(converted, _INSTANT)


def _are_in_usual_form(texts: pa.Array) -> bool:
    usual = pc.and_(
        pc.equal(pc.binary_length(texts), _INSTANT_LENGTH), pc.ends_with(texts, pattern="Z")
    )
    return pc.all(usual).as_py() is not False


def _constant(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def _keeps(shape: Shape) -> bool:
    return bool(shape.learned) or any(inner.learned for inner in shape.objects.values())


def _extra(shape: Shape, values: Any) -> dict[str, Any] | None:
    """Return the unknown fields of a struct, None without any."""
    extra = {f.name: value for f in shape.learned if (value := f.get(values)) is not UNSET}
    for name, inner in shape.objects.items():
        holder = getattr(values, name)
        if holder is not None and (parts := _extra(inner, holder)):
            extra[name] = parts
    return extra or None


def _leaves(extra: Mapping[str, Any], objects: set[str]) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for name, value in extra.items():
        if name in objects and isinstance(value, dict):
            leaves += [(f"{name}.{part}", inner) for part, inner in value.items()]
        else:
            leaves.append((name, value))
    return leaves
