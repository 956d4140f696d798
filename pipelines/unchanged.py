"""Small tables that a run read as they stand in the warehouse: nothing of them has to be landed.

Every row of such a table, nested lists included, has the key, the view and the content that was
read, and no row more is there. What publishing would do is then to say that it was read again.
Anything else, a record in quarantine or a list that could not be read among it, goes the ordinary
way.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cal_source.tables import DETAIL_TABLES, TABLES
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pyarrow as pa

    from cal_source.extraction import Extraction
    from cal_source.tables import Table
    from pipelines.warehouse import Warehouse

_MOST_ROWS: Final = 20_000
"""Rows of a table that are compared in memory; a larger one is landed."""

_NOT_SMALL: Final = {"bookings", *(table.name for table in DETAIL_TABLES)}


def set_unchanged_aside(
    warehouse: Warehouse, extraction: Extraction, resources: Collection[str]
) -> list[str]:
    """Read the small tables of a run, and keep those that are unchanged out of its landing.

    Args:
        warehouse: The open warehouse.
        extraction: The run; the reads of unchanged tables are marked in its ledger.
        resources: Root tables to read.

    Returns:
        The root tables that are left to land, in the order given.

    Raises:
        CalError: Reading failed in a way that ends the run.
    """
    held = {row["resource"] for row in warehouse.rows("select resource from ops.held_losses")}
    left = []
    for name in resources:
        if name in _NOT_SMALL or name in extraction.keys:
            left.append(name)
            continue
        batches = extraction.prepare(name)
        found = {
            m.name: [b.tables[m.name] for b in batches if m.name in b.tables]
            for m in TABLES[name].family()
        }
        if name in held or not extraction.ledger.is_clean(name) or not _stand(warehouse, found):
            left.append(name)
        else:
            extraction.set_aside(name)
    return left


def _stand(warehouse: Warehouse, found: dict[str, list[pa.Table]]) -> bool:
    """Tell whether the tables hold exactly the rows that were found."""
    if sum(part.num_rows for parts in found.values() for part in parts) > _MOST_ROWS:
        return False
    return all(_stands(warehouse, TABLES[name], parts) for name, parts in found.items())


def _stands(warehouse: Warehouse, table: Table, parts: Sequence[pa.Table]) -> bool:
    names = [*table.key, "_scope", "_content_hash"]
    rows = warehouse.rows(
        f"select {quoted_list(names)} from raw.{table.name} limit {_MOST_ROWS + 1}"
    )
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
