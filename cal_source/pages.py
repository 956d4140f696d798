"""One page of records, typed or as they came, becomes Arrow tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cal_source.ledger import ReadStatus
from cal_source.records import Quarantined, parse_records
from cal_source.typed_columns import MisfitError, build_tables
from cal_source.typed_records import TypedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cal_source.columns import Drift
    from cal_source.records import Stamp
    from cal_source.tables import Table
    from cal_source.typed_records import Form


@dataclass(slots=True)
class Page:
    """What a page of records became.

    Attributes:
        tables: Rows by table; tables without rows are left out.
        quarantined: Records that could not be loaded.
        drift: Fields that differ from their declaration, with the number of records.
    """

    tables: dict[str, pa.Table]
    quarantined: list[Quarantined] = field(default_factory=list)
    drift: Counter[Drift] = field(default_factory=Counter)

    def row_count(self, name: str) -> int:
        """Return how many rows of a table the page brought."""
        return self.tables[name].num_rows if name in self.tables else 0


def parse_page(table: Table, records: Sequence[Any], stamp: Stamp) -> Page:
    """Turn records into Arrow tables of `table` and its children.

    Args:
        table: A table that is nobody's child.
        records: Typed records of forms of this table, or records as decoded from JSON, mixed.
        stamp: Where and when they were read.

    Returns:
        The same as `parse_records` gives for the records as they came.
    """
    typed: dict[Form, list[TypedRecord]] = defaultdict(list)
    plain: list[Any] = []
    for record in records:
        if isinstance(record, TypedRecord):
            typed[record.form].append(record)
        else:
            plain.append(record)
    drift: Counter[Drift] = Counter()
    parts = []
    for form, members in typed.items():
        try:
            parts.append(build_tables(form, [m.values for m in members], stamp, drift))
        except MisfitError:
            plain += [member.plain() for member in members]
    quarantined: list[Quarantined] = []
    if plain:
        parsed = parse_records(table, plain, stamp)
        parts.append(parsed.arrow(table.family()))
        drift.update(parsed.drift)
        quarantined = parsed.quarantined
    found = {
        member.name: [p[member.name] for p in parts if member.name in p]
        for member in table.family()
    }
    tables = {name: pa.concat_tables(pieces) for name, pieces in found.items() if pieces}
    return Page(tables, quarantined, drift)


def status_of(page: Page) -> ReadStatus:
    """Return complete, or partial where a quarantined record does not say which one it is."""
    nameless = any(not entry.key for entry in page.quarantined)
    return ReadStatus.PARTIAL if nameless else ReadStatus.COMPLETE
