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
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cal_source.columns import Drift, UnusableError, hashed_values, take_columns
from cal_source.exploders import EXPLODERS
from cal_source.tables.model import Child, ColumnType, Table
from cal_source.values import content_hash, json_text, json_type, sorted_json_text

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


@cache
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
        except UnusableError as problem:
            key = clean.get(table.column(table.key[0]).paths[0])
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
    row, extra = take_columns(table, own, drift)
    child_rows: list[tuple[str, Row]] = []
    for child in table.children:
        rows, rest = _child_rows(child, record, row, stamp, drift)
        child_rows += rows
        if rest is not _NOTHING:
            extra[child.path] = rest
    digest = content_hash(hashed_values(table, own, row, extra))
    yield table.name, _stamped(row, stamp, digest, extra)
    yield from child_rows


def _stamped(row: Row, stamp: Stamp, digest: str, extra: Record) -> Row:
    return {
        **row,
        "_scope": stamp.scope,
        "_run_id": stamp.run_id,
        "_page": stamp.page,
        "_loaded_at": stamp.loaded_at,
        "_content_hash": digest,
        "_extra": sorted_json_text(extra) if extra else None,
    }


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
            row, extra = take_columns(table, numbered, drift)
        except UnusableError:
            refused.append(element)
            continue
        digest = content_hash(hashed_values(table, numbered, row, extra))
        rows.append((table.name, _stamped(row, stamp, digest, extra)))
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
        if len(members) == 1:
            ordinals[members[0]] = 1
            continue
        ranked = sorted(members, key=lambda i: (content_hash(elements[i]), i))
        ordinals.update({index: rank for rank, index in enumerate(ranked, start=1)})
    return [(i, ordinals[i], element) for i, element in enumerate(elements)]
