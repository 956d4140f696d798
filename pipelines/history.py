"""Versions of every row, and what became of rows that are gone.

`raw.<table>_history` holds one row per version: `valid_from` is when the answer that brought it was
read, `valid_to` when it was found changed or gone; NULL means that it is current. The invariant is
that the open versions of a table are its current rows, key by key and hash by hash. As current
rows change only by publishing a reading of them, a view that was lost or skipped never writes a
false version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.tables.model import timestamp
from pipelines.landed import landed_values, names_of
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.tables import Table
    from pipelines.landed import Columns
    from pipelines.warehouse import Warehouse

_OPEN: Final = "publish_open"
_ENDED: Final = "publish_ended"
VALIDITY: Final = (
    timestamp("valid_from", "When the answer that brought this version was read, UTC."),
    timestamp("valid_to", "When it was found changed or gone, UTC; NULL: it is so now."),
)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one table's rows.

    Attributes:
        table: A root table or one of its children.
        source: FROM clause of the landed rows `s`, which are what the touched keys have now; None
            where nothing is left of them.
        landed: Tables and columns of the landing.
    """

    table: Table
    source: str | None
    landed: Columns

    @property
    def _history(self) -> str:
        return f"raw.{self.table.name}_history"

    def collect_open(self, warehouse: Warehouse, touched: str) -> bool:
        """Note what the touched rows are now; returns whether there are any.

        Call it before they are replaced.

        The open versions of a table are its current rows, and those are found sooner.

        Args:
            warehouse: The open warehouse, inside the publish transaction.
            touched: Scratch table with the keys of the root's rows that will be written or retired.
        """
        root = self.table.parent_key or {key: key for key in self.table.key}
        is_touched = " and ".join(f"t.{quoted(p)} = r.{quoted(c)}" for c, p in root.items())
        warehouse.execute(f"drop table if exists {_OPEN}")
        warehouse.execute(
            f"create temp table {_OPEN} as select {quoted_list(self.table.key)}, _content_hash "
            f"from raw.{self.table.name} as r "
            f"where exists (select 1 from {touched} as t where {is_touched})"
        )
        return warehouse.has_rows(_OPEN)

    def keep(self, warehouse: Warehouse, now: datetime, *, replaces: bool) -> int:
        """Make the open versions of the touched rows equal to their current rows.

        Args:
            warehouse: The open warehouse, inside the publish transaction.
            now: End of versions whose row is gone; a version that has a successor ends where that
                begins.
            replaces: Whether `collect_open` has found open versions.

        Returns:
            How many rows are new or differ from their last version.
        """
        if not replaces:
            return self._begin(warehouse, but=None)
        self._end(warehouse, now)
        return self._begin(warehouse, but=_OPEN)

    def _end(self, warehouse: Warehouse, now: datetime) -> None:
        """End the open versions whose row is gone or has other content now."""
        keys = ", ".join(f"o.{quoted(key)}" for key in self.table.key)
        ended = f"select {keys}, cast(null as timestamptz) as ended_at from {_OPEN} as o"
        if self.source is not None:
            there = (*self.table.key, "_content_hash", "_loaded_at")
            ended = (
                f"select {keys}, n._loaded_at as ended_at from {_OPEN} as o left join "
                f"(select {', '.join(f's.{quoted(name)}' for name in there)} from {self.source}) "
                f"as n on {self._same('n', 'o')} "
                "where n._content_hash is null or n._content_hash <> o._content_hash"
            )
        warehouse.execute(f"drop table if exists {_ENDED}")
        warehouse.execute(f"create temp table {_ENDED} as {ended}")
        if warehouse.scalar(f"select count(*) from {_ENDED}"):
            warehouse.execute(
                f"update {self._history} as h set valid_to = coalesce(e.ended_at, $now) "
                f"from {_ENDED} as e where h.valid_to is null and {self._same('h', 'e')}",
                {"now": now},
            )

    def _begin(self, warehouse: Warehouse, but: str | None) -> int:
        """Begin a version for every landed row, except for those that have it open already."""
        if self.source is None:
            return 0
        names = names_of(self.table, self.landed)
        known = (
            f" where not exists (select 1 from {but} as o where {self._same('o', 's')} "
            "and o._content_hash = s._content_hash)"
            if but
            else ""
        )
        return warehouse.execute(
            f"insert into {self._history} ({quoted_list(names)}, valid_from) "
            f"select {landed_values(warehouse, self.table, names)}, s._loaded_at "
            f"from {self.source}{known}"
        )

    def _same(self, one: str, other: str) -> str:
        key = self.table.key
        return " and ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in key)


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
