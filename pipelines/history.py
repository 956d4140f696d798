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


def keep_history(warehouse: Warehouse, table: Table, now: datetime) -> None:
    """Make the open versions of a table equal to its current rows.

    Called inside the publish transaction, after the current rows were written.

    Args:
        warehouse: The open warehouse.
        table: The table.
        now: End of versions whose row is gone; a version that has a successor ends where that
            begins.
    """
    history = f"raw.{table.name}_history"
    same_key = " and ".join(f"h.{quoted(k)} = r.{quoted(k)}" for k in table.key)
    same = f"{same_key} and h._content_hash = r._content_hash"
    names = [c.name for c in (*table.columns, *META_COLUMNS)]
    warehouse.connection.execute(
        f"update {history} as h set valid_to = coalesce((select max(r._loaded_at) from "
        f"raw.{table.name} as r where {same_key}), $now) where h.valid_to is null and not exists "
        f"(select 1 from raw.{table.name} as r where {same})",
        {"now": now},
    )
    warehouse.connection.execute(
        f"insert into {history} ({quoted_list(names)}, valid_from, valid_to) "
        f"select {', '.join('r.' + quoted(n) for n in names)}, r._loaded_at, null "
        f"from raw.{table.name} as r where not exists "
        f"(select 1 from {history} as h where h.valid_to is null and {same})"
    )


def bury(warehouse: Warehouse, table: Table, condition: str, parameters: dict[str, object]) -> None:
    """Write tombstones for the rows of `raw.<table>` that are about to be retired."""
    key = ", ".join(f"{quoted(k)}::varchar" for k in table.key)
    warehouse.connection.execute(
        "insert into ops.tombstones (resource, row_key, scope, gone_at, reason, run_id) "
        f"select $resource, concat_ws('|', {key}), _scope, $now, 'absent', $run "
        f"from raw.{table.name} where {condition}",
        parameters,
    )


def unbury(warehouse: Warehouse, table: Table) -> None:
    """Remove the tombstones of rows that have come back."""
    key = ", ".join(f"{quoted(k)}::varchar" for k in table.key)
    warehouse.connection.execute(
        f"delete from ops.tombstones where resource = ? and row_key in "
        f"(select concat_ws('|', {key}) from raw.{table.name})",
        [table.name],
    )
