"""What is done with each operation of the catalogue, for the coverage table and its tests.

Nothing here is declared: the way of an operation follows from its catalogue row, the feeds of
`cal_source.targets` and the tables. Loads neither dlt nor DuckDB.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import OPERATIONS, Kind, Operation
from cal_source.tables import DETAIL_TABLES, ROOT_TABLES
from cal_source.targets import FEEDS, by_key_targets

if TYPE_CHECKING:
    from collections.abc import Iterable

_FED: Final = {feed.operation for feeds in FEEDS.values() for feed in feeds}
_ROOT_OF: Final = {
    member.name: root.name for root in (*ROOT_TABLES, *DETAIL_TABLES) for member in root.family()
}
_DETAILS: Final = {table.name for table in DETAIL_TABLES}


class Way(StrEnum):
    """How an operation is put to use."""

    SYNC = "sync"  # a read of every sync
    DETAIL = "detail"  # one request per booking, so a sync reads it only when asked
    CALL = "call"  # asked for by key and parameters; its rows come with another read
    V2 = "v2"  # of API v1, which is switched off: v2 does the same
    PLAN = "plan"  # a change, and changes go through plan, approval and apply


@dataclass(frozen=True, slots=True)
class Coverage:
    """One operation and what is done with it.

    Attributes:
        row: The catalogue row.
        way: How it is put to use.
        root: Root table whose sync brings its rows; None where no table has them.
        whole_reads: Keys of the reads that bring that table's rows in a sync.
    """

    row: Operation
    way: Way
    root: str | None
    whole_reads: tuple[str, ...]

    @property
    def table_or_call(self) -> str:
        """The table that holds the operation's rows, or `call`, as the coverage table shows it."""
        if self.row.table is None:
            return "call"
        named = f"raw.{self.row.table}" if self.root else self.row.table
        return {
            Way.SYNC: named,
            Way.DETAIL: f"{named}, when asked for",
            Way.CALL: f"call; {named} has its rows",
            Way.V2: f"v2: {named}" if self.root else "v2",
            Way.PLAN: f"plan; changes {named}" if self.root else "plan",
        }[self.way]

    @property
    def refreshes_one_row(self) -> bool:
        """True for a read by id that a sync makes for `--only TABLE:KEY`."""
        by_key = by_key_targets(self.root, "KEY", 0) if self.root else []
        return self.row.key in {target.operation for target in by_key}

    @property
    def how_to_run(self) -> str:
        """What to type, or which way to take instead."""
        needed = "".join(f" --param {p.name}=…" for p in self.row.parameters if p.required)
        call = f"cal-warehouse call {self.row.key}{needed}"
        if self.way is Way.SYNC:
            return f"cal-warehouse sync --only {self.root}"
        if self.way is Way.DETAIL:
            return f"cal-warehouse sync --details {self.root}"
        if self.way is Way.V2:
            return self.row.v2_way
        if self.way is Way.PLAN:
            return "through the reverse sync only: plan, approve, apply"
        if self.refreshes_one_row:
            return f"{call}; cal-warehouse sync --only {self.root}:KEY brings the row up to date"
        return call

    def as_json(self) -> dict[str, Any]:
        """Return every field of the row, and how it is put to use."""
        return {
            **asdict(self.row),
            "way": self.way,
            "feeds": f"raw.{self.row.table}" if self.way in {Way.SYNC, Way.DETAIL} else None,
            "how_to_run": self.how_to_run,
        }


def coverage_of(row: Operation) -> Coverage:
    """Return what is done with an operation."""
    root = _ROOT_OF.get(row.table or "")
    whole = tuple(feed.operation for feed in FEEDS.get(root or "", ()))
    return Coverage(row, _way(row), root, whole)


def _way(row: Operation) -> Way:
    if row.is_v1:
        return Way.V2
    if row.kind is Kind.WRITE:
        return Way.PLAN
    if row.key not in _FED:
        return Way.CALL
    return Way.DETAIL if row.table in _DETAILS else Way.SYNC


def covered(*, with_further_reads: bool) -> list[Coverage]:
    """Return the 176 published actions in the catalogue's order, or all rows."""
    return [coverage_of(row) for row in OPERATIONS.values() if row.is_action or with_further_reads]


def evidence_counts(rows: Iterable[Coverage]) -> Counter[str]:
    """Count rows by how well their statements are founded, the commonest first."""
    counts = Counter(str(entry.row.evidence) for entry in rows)
    return Counter(dict(counts.most_common()))
