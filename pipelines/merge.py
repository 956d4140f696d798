"""One table family of a landing into `raw` and its history, inside the publish transaction.

Only the rows that a run touched are looked at: what it landed, and what it found gone. A large
table is gone through once by key, however little of it is touched, and never sorted or grouped.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.errors import PublishError
from pipelines.history import Versions
from pipelines.landed import LANDED
from pipelines.sql_text import is_of, literal, quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager
    from datetime import datetime

    from cal_source.tables import Table
    from pipelines.landed import Columns
    from pipelines.warehouse import Warehouse

_SUPERSEDED: Final = "publish_superseded"
_TOUCHED: Final = "publish_touched"
_MANY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Landing:
    """What of one root table a run landed, the latest reading of each record.

    Attributes:
        table: The root table.
        run_id: The run.
        records: How many records.
    """

    table: Table
    run_id: str
    records: int

    def source(self, member: Table) -> str:
        """Return the FROM clause of the rows `s` of the table or one of its children."""
        return (
            f"(select * from landing.{member.name} as x where x._run_id = {literal(self.run_id)}) "
            "as s"
        )


def collect_landed(warehouse: Warehouse, table: Table, run_id: str, landed: Columns) -> Landing:
    """Write every landed record into the scratch table `LANDED`; leave its latest reading only.

    Args:
        warehouse: The open warehouse, inside the publish transaction.
        table: The root table.
        run_id: The run.
        landed: Tables and columns of the landing.
    """
    key = quoted_list(table.key)
    columns = f"{key}, _page, _run_id, _scope, _content_hash"
    for scratch, rank in ((LANDED, "= 1"), (_SUPERSEDED, "> 1")):
        warehouse.execute(f"drop table if exists {scratch}")
        warehouse.execute(
            f"create temp table {scratch} as select {columns} from (select {columns}, "
            f"row_number() over (partition by {key} order by _page desc) as publish_rank "
            f"from landing.{table.name} where _run_id = $run) as ranked "
            f"where publish_rank {rank}",
            {"run": run_id},
        )
    # Taken out once, what was superseded need not be looked for whenever the rest is read.
    if warehouse.has_rows(_SUPERSEDED):
        for member in table.family():
            if member.name in landed:
                warehouse.execute(
                    f"delete from landing.{member.name} as x using {_SUPERSEDED} as p where "
                    f"{is_of(member, 'x', 'p')} and x._page = p._page and x._run_id = p._run_id"
                )
    return Landing(table, run_id, int(warehouse.scalar(f"select count(*) from {LANDED}")))


@dataclass(frozen=True, slots=True)
class Merge:
    """How a family is merged.

    Attributes:
        table: The root table.
        landing: What landed; None when only rows are gone.
        gone: Scratch table with the keys of the rows that are gone; None without any.
        landed: Tables and columns of the landing.
        filled: Tables of `raw` that have rows.
    """

    table: Table
    landing: Landing | None
    gone: str | None
    landed: Columns
    filled: Collection[str]

    def run(self, warehouse: Warehouse, now: datetime) -> dict[str, tuple[int, int]]:
        """Replace the touched rows by the landed ones and keep their versions.

        Args:
            warehouse: The open warehouse, inside the publish transaction.
            now: End of versions whose row is gone.

        Returns:
            By table: how many rows were written, and how many are new or differ.

        Raises:
            PublishError: A table would hold a key twice.
        """
        touched = self._touched(warehouse)
        return {m.name: self._merge(warehouse, m, touched, now) for m in self.table.family()}

    def _touched(self, warehouse: Warehouse) -> str:
        """Return the scratch table with the keys of the root's touched rows."""
        if self.gone is None:
            return LANDED
        if self.landing is None:
            return self.gone
        key = quoted_list(self.table.key)
        warehouse.execute(f"drop table if exists {_TOUCHED}")
        warehouse.execute(
            f"create temp table {_TOUCHED} as select {key} from {self.gone} "
            f"union all select {key} from {LANDED}"
        )
        return _TOUCHED

    def _merge(
        self, warehouse: Warehouse, member: Table, touched: str, now: datetime
    ) -> tuple[int, int]:
        source = None
        if self.landing is not None and member.name in self.landed:
            source = self.landing.source(member)
            self._refuse_double_keys(warehouse, member, source)
        versions = Versions(member, source, self.landed)
        # Most parts of a first load replace nothing of what the parts before them have brought.
        replaces = member.name in self.filled and versions.collect_open(warehouse, touched)
        if replaces:
            versions.keep_old(warehouse, now)
            warehouse.execute(
                f"delete from raw.{member.name} as r using {touched} as t "
                f"where {is_of(member, 'r', 't')}"
            )
        with self._filling(warehouse, member):
            return versions.insert(warehouse, replaces=replaces)

    def _filling(self, warehouse: Warehouse, member: Table) -> AbstractContextManager[None]:
        """Return what a table is filled in; a few rows are not worth building keys anew."""
        if member.name in self.filled or not self.landing or self.landing.records < _MANY:
            return nullcontext()
        return warehouse.keyed_afterwards([f"raw.{member.name}"])

    def _refuse_double_keys(self, warehouse: Warehouse, member: Table, source: str) -> None:
        """Refuse a landing that would break a key; no other row of such a key is left in `raw`.

        Raises:
            PublishError: It would.
        """
        key = ", ".join(f"s.{quoted(name)}" for name in member.key)
        # Numbers first: to group half a million keys of four texts takes more than --memory.
        for group in (warehouse.dialect.row_hash.format(key), key):
            double = warehouse.scalar(
                f"select count(*) from (select 1 from {source} group by {group} "
                "having count(*) > 1) as doubles"
            )
            if not double:
                return
        raise PublishError(
            member.name, f"{double} keys ({', '.join(member.key)}) would stand twice"
        )
