"""Versions of every row, and what became of rows that are gone.

`raw.<table>_history` holds one row per version: `valid_from` is when the answer that brought it was
read, `valid_to` when it was found changed or gone; NULL means that it is current. The invariant is
that the open versions of a table are its current rows, key by key and hash by hash. As current
rows change only by publishing a reading of them, a view that was lost or skipped never writes a
false version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.tables import META_COLUMNS, Table
from cal_source.tables.model import timestamp
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.warehouse import Warehouse

VALIDITY: Final = (
    timestamp("valid_from", "When the answer that brought this version was read, UTC."),
    timestamp("valid_to", "When it was found changed or gone, UTC; NULL: it is so now."),
)


def keep_history(warehouse: Warehouse, table: Table, touched: str, now: datetime) -> int:
    """Make the open versions of the touched rows equal to their current rows.

    Called inside the publish transaction, after the current rows were written.

    Args:
        warehouse: The open warehouse.
        table: A root table or one of its children.
        touched: Scratch table with the keys of the root's rows that were written or retired.
        now: End of versions whose row is gone; a version that has a successor ends where that
            begins.

    Returns:
        How many rows are new or differ from their last version.
    """
    history = f"raw.{table.name}_history"
    root = table.parent_key or {key: key for key in table.key}
    is_touched = f"exists (select 1 from {touched} as t where " + " and ".join(
        f"t.{quoted(parent)} = {{row}}.{quoted(column)}" for column, parent in root.items()
    )
    same_key = " and ".join(f"h.{quoted(k)} = r.{quoted(k)}" for k in table.key)
    same = f"{same_key} and h._content_hash = r._content_hash"
    names = [c.name for c in (*table.columns, *META_COLUMNS)]
    warehouse.execute(
        f"update {history} as h set valid_to = coalesce((select max(r._loaded_at) from "
        f"raw.{table.name} as r where {same_key}), $now) where h.valid_to is null "
        f"and {is_touched.format(row='h')}) and not exists "
        f"(select 1 from raw.{table.name} as r where {same})",
        {"now": now},
    )
    return warehouse.execute(
        f"insert into {history} ({quoted_list(names)}, valid_from, valid_to) "
        f"select {', '.join('r.' + quoted(n) for n in names)}, r._loaded_at, null "
        f"from raw.{table.name} as r where {is_touched.format(row='r')}) and not exists "
        f"(select 1 from {history} as h where h.valid_to is null and {same})"
    )


def row_key_of(table: Table, alias: str) -> str:
    """Return the expression for a row's key as one text, parts separated by `|`."""
    parts = [f"cast({alias}.{quoted(key)} as varchar)" for key in table.key]
    return parts[0] if len(parts) == 1 else f"concat_ws('|', {', '.join(parts)})"


def bury(warehouse: Warehouse, table: Table, gone: str, run_id: str, now: datetime) -> None:
    """Write tombstones for the rows listed in the scratch table `gone`."""
    warehouse.execute(
        "insert into ops.tombstones (resource, row_key, scope, gone_at, reason, run_id) "
        f"select $resource, row_key, _scope, $now, 'absent', $run from {gone}",
        {"resource": table.name, "now": now, "run": run_id},
    )


def unbury(warehouse: Warehouse, table: Table, landed: str) -> None:
    """Remove the tombstones and held losses of rows that a landing brought.

    Args:
        warehouse: The open warehouse.
        table: The root table.
        landed: Scratch table with the landed records.
    """
    for doubts in ("tombstones", "held_losses"):
        warehouse.execute(
            f"delete from ops.{doubts} where resource = $resource and row_key in "
            f"(select {row_key_of(table, 's')} from {landed} as s)",
            {"resource": table.name},
        )
