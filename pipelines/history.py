"""Versions of every row, and what became of rows that are gone.

`raw.<table>` has what is so now, each row with `_valid_from`: when the answer that first brought it
so was read. `raw.<table>_old_versions` has what was so, with `valid_to`: when it was found changed
or gone. The view `raw.<table>_history` shows both. So a row is written once however long it stays
as it is, and the open versions of a table are its current rows because nothing else could be shown.
As current rows change only by publishing a reading of them, a view of Cal.com that was lost or
skipped never writes a false version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.tables import META_COLUMNS, Column, ColumnType
from cal_source.tables.model import timestamp
from pipelines.landed import landed_values, names_of
from pipelines.sql_text import are_same, is_of, quoted, quoted_list

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.tables import Table
    from pipelines.landed import Columns
    from pipelines.warehouse import Warehouse

_STANDING: Final = "publish_standing"
_OPEN: Final = "publish_open"
VALID_FROM: Final = Column(
    "_valid_from",
    (),
    ColumnType.TIMESTAMP,
    "Since when the row is so: when the answer that first said it was read, UTC.",
)
VALIDITY: Final = (
    timestamp("valid_from", "When the answer that brought this version was read, UTC."),
    timestamp("valid_to", "When it was found changed or gone, UTC; NULL: it is so now."),
)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one table's rows, from before the touched ones are replaced to after it.

    Attributes:
        table: A root table or one of its children.
        source: FROM clause of the landed rows `s`, which are what the touched keys have now; None
            where nothing is left of them.
        landed: Tables and columns of the landing.
    """

    table: Table
    source: str | None
    landed: Columns

    def collect_open(self, warehouse: Warehouse, touched: str) -> bool:
        """Note what the touched rows are now, and whether they stay so.

        Args:
            warehouse: The open warehouse, inside the publish transaction.
            touched: Scratch table with the keys of the root's rows that will be written or retired.

        Returns:
            Whether there are any.
        """
        key = self.table.key
        names = quoted_list([*key, "_content_hash", VALID_FROM.name])
        warehouse.execute(f"drop table if exists {_STANDING}")
        warehouse.execute(
            f"create temp table {_STANDING} as select {names} from raw.{self.table.name} as r "
            f"where exists (select 1 from {touched} as t where {is_of(self.table, 'r', 't')})"
        )
        if not warehouse.has_rows(_STANDING):
            return False
        stays, ended_at, landed = "false", "cast(null as timestamptz)", ""
        if self.source is not None:
            there = quoted_list([*key, "_content_hash", "_loaded_at"])
            stays = "coalesce(n._content_hash = o._content_hash, false)"
            ended_at = "n._loaded_at"
            landed = (
                f"left join (select {there} from {self.source}) as n on {are_same(key, 'n', 'o')}"
            )
        warehouse.execute(f"drop table if exists {_OPEN}")
        warehouse.execute(
            f"create temp table {_OPEN} as select o.*, {stays} as stays, {ended_at} as ended_at "
            f"from {_STANDING} as o {landed}"
        )
        return True

    def keep_old(self, warehouse: Warehouse, now: datetime) -> None:
        """Keep the touched rows that are gone or have other content now, before they are replaced.

        Args:
            warehouse: The open warehouse, inside the publish transaction.
            now: End of versions whose row is gone; a version that has a successor ends where that
                begins.
        """
        if not warehouse.has_rows(f"(select 1 from {_OPEN} where not stays) as changed"):
            return
        names = [column.name for column in (*self.table.columns, *META_COLUMNS)]
        warehouse.execute(
            f"insert into raw.{self.table.name}_old_versions "
            f"({quoted_list(names)}, valid_from, valid_to) "
            f"select {', '.join(f'r.{quoted(name)}' for name in names)}, o.{VALID_FROM.name}, "
            f"coalesce(o.ended_at, $now) from raw.{self.table.name} as r join {_OPEN} as o "
            f"on {are_same(self.table.key, 'r', 'o')} where not o.stays",
            {"now": now},
        )

    def insert(self, warehouse: Warehouse, *, replaces: bool) -> tuple[int, int]:
        """Insert the landed rows; those that stay so keep the beginning of their version.

        Args:
            warehouse: The open warehouse, inside the publish transaction.
            replaces: Whether `collect_open` has found rows; they are deleted by now.

        Returns:
            How many rows were written, and how many of them are new or differ from before.
        """
        if self.source is None:
            return 0, 0
        names = names_of(self.table, self.landed)
        begun, joined, stay = "s._loaded_at", "", 0
        if replaces:
            begun = f"coalesce(o.{VALID_FROM.name}, s._loaded_at)"
            joined = f" left join {_OPEN} as o on {are_same(self.table.key, 'o', 's')} and o.stays"
            stay = int(warehouse.scalar(f"select count(*) from {_OPEN} where stays"))
        written = warehouse.execute(
            f"insert into raw.{self.table.name} ({quoted_list(names)}, {VALID_FROM.name}) "
            f"select {landed_values(warehouse, self.table, names)}, {begun} "
            f"from {self.source}{joined}"
        )
        return written, written - stay


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
