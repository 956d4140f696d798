"""Small tables that a run read as they stand in the warehouse: nothing of them has to be landed.

Every row of such a table, nested lists included, has the key, the view and the content that was
read, and no row more is there. What publishing would do is then to say that it was read again.
A row that stands there but was not read, for whatever reason, sends its table the ordinary way.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cal_source.booking_walk import read_bookings
from cal_source.tables import DETAIL_TABLES, TABLES
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pyarrow as pa

    from cal_source.batches import Batch
    from cal_source.bookings import BookingReads
    from cal_source.extraction import Extraction
    from cal_source.tables import Table
    from pipelines.warehouse import Warehouse

_MOST_ROWS: Final = 20_000
"""Rows of a table that are compared in memory; a larger one is landed."""

_MOST_BOOKINGS: Final = 2_500
_NOT_SMALL: Final = {"bookings", *(table.name for table in DETAIL_TABLES)}


def set_unchanged_aside(
    warehouse: Warehouse, extraction: Extraction, bookings: BookingReads, resources: Collection[str]
) -> list[str]:
    """Read the small tables of a run, and keep those that are unchanged out of its landing.

    Args:
        warehouse: The open warehouse.
        extraction: The run; the reads of unchanged tables are marked in its ledger.
        bookings: Which bookings to read.
        resources: Root tables to read.

    Returns:
        The root tables that are left to land, in the order given.

    Raises:
        CalError: Reading failed in a way that ends the run.
    """
    held = {row["resource"] for row in warehouse.rows("select resource from ops.held_losses")}
    left = []
    for name in resources:
        if name == "bookings" and _is_small(warehouse, bookings):
            batches = read_bookings(extraction, bookings)
        elif name in _NOT_SMALL or name in extraction.keys:
            left.append(name)
            continue
        else:
            batches = extraction.read(name)
        read = extraction.prepare(name, batches)
        if name not in held and _stand(warehouse, TABLES[name], read):
            extraction.set_aside(name)
        else:
            left.append(name)
    return left


def _is_small(warehouse: Warehouse, bookings: BookingReads) -> bool:
    """Tell whether all bookings are read, and there were few when they were read last."""
    if not bookings.is_whole or bookings.created_from is not None or bookings.supersedes:
        return False
    rows = warehouse.scalar(
        f"select count(*) from (select 1 from raw.bookings limit {_MOST_BOOKINGS + 1}) as b"
    )
    return 0 < int(rows) <= _MOST_BOOKINGS


def _stand(warehouse: Warehouse, root: Table, batches: Sequence[Batch]) -> bool:
    """Tell whether the tables of a family hold exactly the rows that were read."""
    for table in root.family():
        parts = [batch.tables[table.name] for batch in batches if table.name in batch.tables]
        if not _stands(warehouse, table, parts):
            return False
    return True


def _stands(warehouse: Warehouse, table: Table, parts: Sequence[pa.Table]) -> bool:
    names = [*table.key, "_scope", "_content_hash"]
    count = sum(part.num_rows for part in parts)
    if count > _MOST_ROWS:
        return False
    rows = warehouse.rows(f"select {quoted_list(names)} from raw.{table.name} limit {count + 1}")
    read = (row for part in parts for row in part.select(names).to_pylist())
    return _counted(rows) == _counted(read)


def _counted(rows: Iterable[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row.values()) for row in rows)


def touch(warehouse: Warehouse, table: Table, run_id: str) -> None:
    """Say of a table's rows, nested lists included, that a run has read them again."""
    for member in table.family():
        warehouse.execute(
            f"update raw.{member.name} as r set _run_id = $run, _loaded_at = x.finished_at "
            "from landing.reads as x where x.run_id = $run and x.resource = $resource "
            f"and x.{quoted('is_unchanged')} and x.scope = r._scope",
            {"run": run_id, "resource": table.name},
        )
