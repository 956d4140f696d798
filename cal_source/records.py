"""API records become rows: typed columns, child rows, content hashes; nothing is lost.

Three rules hold for every record, property-tested in `tests/cal_source/test_records*.py`:

* A value that has a column of its type is in that column; every other value of the record is in
  `_extra`, in the place where Cal.com had it. Only declared secrets are dropped.
* A record without a usable value in a required column is not loaded; it is quarantined whole.
* Rows do not depend on the order of the lists inside a record (`position` apart).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cal_source.exploders import EXPLODERS
from cal_source.tables.model import Child, Column, ColumnType, Table
from cal_source.values import MISFIT, content_hash, convert, json_text, json_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

Record = dict[str, Any]
Row = dict[str, Any]

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.BIGINT: pa.int64(),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ColumnType.DATE: pa.date32(),
    ColumnType.JSON: pa.string(),
}
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where and when a page of records was read.

    Attributes:
        scope: The view of Cal.com that brought it, e.g. `organization:101`.
        run_id: The run it belongs to.
        page: Number of the page within the run, growing; of two readings of one record in one
            run the higher page is the newer.
        loaded_at: When the answer was read, UTC.
    """

    scope: str
    run_id: str
    page: int
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not become a row.

    Attributes:
        table: Table it was meant for.
        key: Its key as text where it has one, else the empty string.
        reason: Which rule it broke, without its values.
        record: The record as JSON, without secrets.
    """

    table: str
    key: str
    reason: str
    record: str


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


@dataclass(slots=True)
class Parsed:
    """What a page of records became.

    Attributes:
        rows: Rows by table name; every table of the family is present.
        quarantined: Records that could not be loaded.
        drift: Fields that differ from their declaration, with the number of records.
    """

    rows: dict[str, list[Row]]
    quarantined: list[Quarantined] = field(default_factory=list)
    drift: Counter[Drift] = field(default_factory=Counter)

    def arrow(self, tables: Iterable[Table]) -> dict[str, pa.Table]:
        """Return the rows as Arrow tables by name; tables without rows are left out."""
        return {
            table.name: pa.Table.from_pylist(self.rows[table.name], schema=arrow_schema(table))
            for table in tables
            if self.rows.get(table.name)
        }


class _UnusableError(Exception):
    """A required value is missing or of another type."""


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table's rows, bookkeeping columns included."""
    declared = [
        pa.field(c.name, ARROW_TYPES[c.type], nullable=c.name not in table.key)
        for c in table.columns
    ]
    meta = [
        pa.field("_scope", pa.string(), nullable=False),
        pa.field("_run_id", pa.string(), nullable=False),
        pa.field("_page", pa.int64(), nullable=False),
        pa.field("_loaded_at", ARROW_TYPES[ColumnType.TIMESTAMP], nullable=False),
        pa.field("_content_hash", pa.string(), nullable=False),
        pa.field("_extra", pa.string()),
    ]
    return pa.schema([*declared, *meta])


def parse_records(table: Table, records: Sequence[Any], stamp: Stamp) -> Parsed:
    """Turn one page of API records into rows of `table` and its children.

    Args:
        table: A table that is nobody's child.
        records: Elements of the answer's list, as decoded from JSON.
        stamp: Where and when they were read.

    Returns:
        Rows, quarantined records and drift. Never raises for what a record contains.
    """
    parsed = Parsed({member.name: [] for member in table.family()})
    for record in records:
        if not isinstance(record, dict):
            parsed.quarantined.append(
                Quarantined(
                    table.name, "", f"is {json_type(record)}, not an object", json_text(record)
                )
            )
            continue
        clean = _without_secrets(table, record)
        drift: Counter[Drift] = Counter()
        try:
            family_rows = list(_family_rows(table, clean, stamp, drift))
        except _UnusableError as problem:
            key = clean.get(table.key[0])
            text_key = str(key) if isinstance(key, str | int) else ""
            parsed.quarantined.append(
                Quarantined(table.name, text_key, str(problem), json_text(clean))
            )
            continue
        parsed.drift.update(drift)
        for name, row in family_rows:
            parsed.rows[name].append(row)
    return parsed


def _family_rows(
    table: Table, record: Record, stamp: Stamp, drift: Counter[Drift]
) -> Iterator[tuple[str, Row]]:
    consumed_by_children = {c.path for c in table.children if not c.keeps_source}
    own = {k: v for k, v in record.items() if k not in consumed_by_children}
    row, extra = _columns(table, own, drift)
    child_rows: list[tuple[str, Row]] = []
    for child in table.children:
        rows, rest = _child_rows(child, record, row, stamp, drift)
        child_rows += rows
        if rest is not _NOTHING:
            extra[child.path] = rest
    hashed = dict(own)
    for path in extra.keys() & consumed_by_children:
        hashed[path] = extra[path]
    yield table.name, _stamped(row, stamp, content_hash(hashed), extra)
    yield from child_rows


def _stamped(row: Row, stamp: Stamp, digest: str, extra: Record) -> Row:
    return {
        **row,
        "_scope": stamp.scope,
        "_run_id": stamp.run_id,
        "_page": stamp.page,
        "_loaded_at": stamp.loaded_at,
        "_content_hash": digest,
        "_extra": json_text(extra) if extra else None,
    }


def _columns(table: Table, record: Record, drift: Counter[Drift]) -> tuple[Row, Record]:
    """Return the declared columns of a record and everything that is not in one of them.

    Raises:
        _UnusableError: A required column has no usable value.
    """
    extra: Record = _deep_copy_of_objects(record)
    row: Row = {}
    for column in table.columns:
        value, found_path = _first_present(record, column)
        converted = convert(column, value)
        if converted is MISFIT:
            if column.required:
                raise _UnusableError(_why_unusable(column, value))
            drift[Drift(table.name, found_path, "retyped", json_type(value))] += 1
            converted = None
        else:
            _consume(extra, column, value)
            if converted is None and column.required:
                raise _UnusableError(_why_unusable(column, value))
        row[column.name] = converted
    retyped = {entry.field for entry in drift if entry.kind == "retyped"}
    for path, value in _leaves(extra, table):
        if path not in retyped:
            drift[Drift(table.name, path, "unknown", json_type(value))] += 1
    return row, extra


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


def _leaves(extra: Record, table: Table) -> Iterator[tuple[str, Any]]:
    """Yield the leftover fields, going into objects only where the table declares their parts."""
    objects = {path.split(".")[0] for c in table.columns for path in c.paths if "." in path}
    for name, value in extra.items():
        if name in objects and isinstance(value, dict):
            yield from ((f"{name}.{part}", inner) for part, inner in value.items())
        else:
            yield name, value


def _why_unusable(column: Column, value: Any) -> str:
    found = "is missing" if value is None else f"is {json_type(value)}"
    return f"'{column.paths[0]}' {found}; a usable {column.type} is required"


def _without_secrets(table: Table, record: Record) -> Record:
    """Return the record without its secrets; `hasSecret` says whether there was one."""
    if not table.secrets:
        return record
    clean = dict(record)
    for name in table.secrets:
        if name in clean:
            clean[f"has{name[0].upper()}{name[1:]}"] = bool(clean.pop(name))
    return clean


def _child_rows(
    child: Child, record: Record, parent_row: Row, stamp: Stamp, drift: Counter[Drift]
) -> tuple[list[tuple[str, Row]], Any]:
    """Return the rows of a nested list, and what of it could not become rows."""
    elements = record.get(child.path)
    if child.explode is not None:
        elements, unusable = EXPLODERS[child.explode](record)
    elif elements is None:
        return [], _NOTHING
    elif isinstance(elements, list):
        unusable = [e for e in elements if not isinstance(e, dict)]
        elements = [e for e in elements if isinstance(e, dict)]
    else:
        elements, unusable = [], elements
    parent_key = {name: parent_row[source] for name, source in child.table.parent_key.items()}
    rows, refused = _element_rows(child.table, elements, parent_key, stamp, drift)
    left_over = [*unusable, *refused] if isinstance(unusable, list) else unusable
    if left_over in ([], None) or child.keeps_source:
        return rows, _NOTHING
    drift[Drift(child.table.name, child.path, "retyped", json_type(left_over))] += 1
    return rows, left_over


def _element_rows(
    table: Table,
    elements: Sequence[Record],
    parent_key: Row,
    stamp: Stamp,
    drift: Counter[Drift],
) -> tuple[list[tuple[str, Row]], list[Record]]:
    rows: list[tuple[str, Row]] = []
    refused: list[Record] = []
    ours = {*parent_key, "ordinal", "position"}
    given_paths = {c.name: c.paths[0] for c in table.columns if c.name in ours}
    for position, ordinal, element in _numbered(table, elements):
        given = {**parent_key, "ordinal": ordinal, "position": position}
        numbered = {**element, **{p: given[n] for n, p in given_paths.items()}}
        try:
            row, extra = _columns(table, numbered, drift)
        except _UnusableError:
            refused.append(element)
            continue
        rows.append((table.name, _stamped(row, stamp, content_hash(element), extra)))
    return rows, refused


def _numbered(table: Table, elements: Sequence[Record]) -> list[tuple[int, int, Record]]:
    """Give equal elements the numbers 1, 2, … by their content, so that list order is no matter."""
    if not table.identity:  # the exploder has numbered them
        return [(i, int(e["$ordinal"]), e) for i, e in enumerate(elements)]
    paths = [table.column(name).paths[0] for name in table.identity]
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, element in enumerate(elements):
        groups[tuple(json_text(element.get(path)) for path in paths)].append(index)
    ordinals = {}
    for members in groups.values():
        ranked = sorted(members, key=lambda i: (content_hash(elements[i]), i))
        ordinals.update({index: rank for rank, index in enumerate(ranked, start=1)})
    return [(i, ordinals[i], element) for i, element in enumerate(elements)]
