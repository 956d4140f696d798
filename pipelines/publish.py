"""From `landing` to `raw` in one transaction: the step that has to be exact.

A run is in `landing` when dlt has recorded its load as complete. Publishing it moves rows, cursors
and the run's reads together, and empties the landing, or does nothing at all. Publishing twice
changes nothing, because the first time leaves no landing behind. The rules:

* Of several readings of one record in a run, the one of the highest page counts.
* A published record replaces its row and all rows of its nested lists, also when none are left.
* A complete read retires the rows of its scope that it did not bring; a partial, skipped or
  failed read retires nothing.
* Losses that nothing explains are held when they are many (`pipelines.retirement`).
* Every row that changed or went leaves its version in the table's history.
* Every current table holds each key once; a landing that would break this is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cal_source.ledger import END_OF_TIME
from cal_source.tables import DETAIL_TABLES, ROOT_TABLES, TABLES, Table
from pipelines.history import bury, unbury
from pipelines.key_proof import compare_child_keys, compare_keys
from pipelines.landed import LANDED, LANDING, landed_columns, landed_values, names_of
from pipelines.merge import Merge, collect_landed
from pipelines.ops import QUARANTINE, READS
from pipelines.retirement import GONE, find_gone, hold_unexplained
from pipelines.sql_text import quoted_list
from pipelines.unchanged import touch, touch_confirmed

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.landed import Columns
    from pipelines.warehouse import Warehouse

_BROUGHT: Final = "publish_brought"
# What happened to members and teams explains which bookings are gone; details follow bookings.
_IN_ORDER: Final = (*sorted(ROOT_TABLES, key=lambda t: t.name == "bookings"), *DETAIL_TABLES)


@dataclass(slots=True)
class Published:
    """What publishing a run did.

    Attributes:
        run_id: The run.
        written: Rows written, by table.
        changed: Rows that are new or differ from before, by table.
        retired: Rows that complete reads found gone, by table.
        held: Rows found gone that were kept because nothing explains it, by table.
        keys: Where it was asked for, the comparison of what was read with what stands, by table.
    """

    run_id: str
    written: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    retired: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    keys: dict[str, dict[str, int]] = field(default_factory=dict)


def complete_landings(warehouse: Warehouse) -> list[str]:
    """Return the runs whose landing is complete and not yet published, oldest first.

    A landing that another sync has begun after is left out: that one dropped parts of it, and a run
    that was paused meanwhile may have completed the rest.
    """
    tables = landed_tables(warehouse)
    if not {"reads", "_dlt_loads"} <= tables:
        return []
    rows = warehouse.rows(
        "select distinct r.run_id from landing.reads as r "
        "join landing._dlt_loads as l on l.load_id = r._dlt_load_id and l.status = 0 where "
        "not exists (select 1 from ops.runs as o where o.command = 'sync' and o.run_id > r.run_id) "
        "order by 1"
    )
    return [row["run_id"] for row in rows]


def landed_tables(warehouse: Warehouse) -> set[str]:
    """Return the names of the tables in the landing."""
    return set(landed_columns(warehouse))


def drop_landing(warehouse: Warehouse) -> None:
    """Remove the landing, published or broken off; every run lands from nothing."""
    for schema in (LANDING, f"{LANDING}_staging"):
        if warehouse.has_schema(schema):
            warehouse.execute(f"drop schema {schema} cascade")


def publish(
    warehouse: Warehouse,
    run_id: str,
    now: datetime,
    *,
    accepts_losses: bool = False,
    proves_keys: bool = False,
) -> Published:
    """Publish one complete landing in one transaction.

    Args:
        warehouse: The open warehouse.
        run_id: A run that `complete_landings` names.
        now: When rows that the run found gone are said to have gone, UTC.
        accepts_losses: Retire rows that are gone however many they are.
        proves_keys: Compare what was read with what stands, key by key.

    Raises:
        PublishError: A current table would hold a key twice; nothing was changed.
    """
    published = Published(run_id)
    landed = landed_columns(warehouse)
    with warehouse.transaction():
        publication = _Publication(warehouse, run_id, now, landed, published)
        for table in _IN_ORDER:
            publication.publish(table, accepts_losses=accepts_losses, proves_keys=proves_keys)
        _publish_records(warehouse, run_id, landed)
        _move_cursors(warehouse, run_id, landed)
        if "coverage" in landed:
            _drop_superseded_cursors(warehouse, run_id)
        drop_landing(warehouse)
    return published


class _Publication:
    """One landing on its way to `raw`."""

    def __init__(
        self,
        warehouse: Warehouse,
        run_id: str,
        now: datetime,
        landed: Columns,
        published: Published,
    ) -> None:
        self._warehouse = warehouse
        self._run_id = run_id
        self._now = now
        self._landed = landed
        self._published = published
        self._filled = _filled_tables(warehouse)
        self._doubted = _doubted_tables(warehouse)
        self._unchanged = _unchanged_tables(warehouse, run_id, landed)

    def publish(self, table: Table, *, accepts_losses: bool, proves_keys: bool) -> None:
        """Replace the landed rows of a table, retire those that are gone, keep their versions."""
        warehouse, published, name = self._warehouse, self._published, table.name
        has_landed = name in self._landed
        if not (has_landed or name in self._filled):
            return  # nothing came and there is nothing that could be gone
        if name in self._unchanged:
            touch(warehouse, table, self._run_id)
            return
        landing = (
            collect_landed(warehouse, table, self._run_id, self._landed) if has_landed else None
        )
        brought = self._brought(table, has_landed=has_landed)
        gone = 0
        if name in self._filled:
            gone = self._find_gone(table, brought, accepts_losses=accepts_losses)
        if brought and name in self._doubted:
            unbury(warehouse, table, brought)
        if landing is None and not gone:
            return
        if gone:
            published.retired[name] = gone
            bury(warehouse, table, GONE, self._run_id, self._now)
        merge = Merge(table, landing, GONE if gone else None, self._landed, self._filled)
        for member, (written, changed) in merge.run(warehouse, self._now).items():
            published.changed[member] = changed
            if has_landed and member in self._landed:
                published.written[member] = written
        if proves_keys and has_landed:
            _compare(warehouse, table, self._landed, published)

    def _brought(self, table: Table, *, has_landed: bool) -> str | None:
        """Return the scratch table with the keys of all records read; None where none was.

        Bookings that stand as they were read are not landed; that they were read is said here.
        """
        landed = LANDED if has_landed else None
        if table.name != "bookings" or "confirmed" not in self._landed:
            return landed
        touch_confirmed(self._warehouse, self._run_id)
        of_landed = f"select uid from {LANDED} union all " if has_landed else ""
        self._warehouse.execute(f"drop table if exists {_BROUGHT}")
        self._warehouse.execute(
            f"create temp table {_BROUGHT} as {of_landed}"
            f"select uid from {LANDING}.confirmed where _run_id = $run",
            {"run": self._run_id},
        )
        return _BROUGHT

    def _find_gone(self, table: Table, brought: str | None, *, accepts_losses: bool) -> int:
        """List the rows that are gone and are believed to be; returns how many."""
        gone = find_gone(self._warehouse, table, self._run_id, self._landed, brought)
        if not gone:
            return 0
        held = self._published.held[table.name] = hold_unexplained(
            self._warehouse, table, self._run_id, self._now, gone=gone, accepts=accepts_losses
        )
        return gone - held


def _filled_tables(warehouse: Warehouse) -> set[str]:
    """Return which tables of `raw` have rows."""
    asked = " union all ".join(
        f"select '{name}' as name where exists (select 1 from raw.{name})" for name in TABLES
    )
    return {row["name"] for row in warehouse.rows(asked)}


def _unchanged_tables(warehouse: Warehouse, run_id: str, landed: Columns) -> set[str]:
    """Return the root tables that a run read as they stand; it landed none of their rows."""
    if "is_unchanged" not in landed["reads"]:
        return set()
    rows = warehouse.rows(
        "select distinct resource from landing.reads where run_id = $run and is_unchanged",
        {"run": run_id},
    )
    return {row["resource"] for row in rows}


def _doubted_tables(warehouse: Warehouse) -> set[str]:
    """Return the tables that have tombstones or held losses."""
    rows = warehouse.rows(
        "select resource from ops.tombstones union select resource from ops.held_losses"
    )
    return {row["resource"] for row in rows}


def _compare(warehouse: Warehouse, table: Table, landed: Columns, published: Published) -> None:
    root, *children = table.family()
    published.keys[root.name] = compare_keys(
        warehouse, root, published.run_id, LANDED, has_quarantine="quarantine" in landed
    )
    for child in children:
        if child.name in landed:
            published.keys[child.name] = compare_child_keys(warehouse, child, LANDED)


def row_counts(warehouse: Warehouse) -> dict[str, int]:
    """Return how many rows each raw table has."""
    counts = " union all ".join(
        f"select '{name}' as name, count(*) as rows from raw.{name}" for name in TABLES
    )
    return {row["name"]: int(row["rows"]) for row in warehouse.rows(counts)}


def _publish_records(warehouse: Warehouse, run_id: str, landed: Columns) -> None:
    """Move the run's reads, quarantined records and schema drift to `ops`."""
    for table in (READS, QUARANTINE):
        if table.name in landed:
            _copy_records(warehouse, table, run_id, landed)
    if "schema_drift" in landed:
        warehouse.execute(
            "update ops.schema_changes as o set record_count = d.record_count, last_run_id = "
            "d.run_id from landing.schema_drift as d where d.run_id = $run and o.table_name = "
            "d.table_name and o.field = d.field and o.kind = d.kind and o.found = d.found",
            {"run": run_id},
        )
        warehouse.execute(
            "insert into ops.schema_changes select d.table_name, d.field, d.kind, d.found, "
            "d.record_count, d.run_id, d.run_id from landing.schema_drift as d "
            "where d.run_id = $run and not exists (select 1 from ops.schema_changes as o "
            "where o.table_name = d.table_name and o.field = d.field and o.kind = d.kind "
            "and o.found = d.found)",
            {"run": run_id},
        )


def _copy_records(warehouse: Warehouse, table: Table, run_id: str, landed: Columns) -> None:
    names = names_of(table, landed)
    warehouse.execute(
        f"insert into ops.{table.name} ({quoted_list(names)}) "
        f"select {landed_values(warehouse, table, names)} "
        f"from landing.{table.name} as s where run_id = $run",
        {"run": run_id},
    )


def _move_cursors(warehouse: Warehouse, run_id: str, landed: Columns) -> None:
    """Advance the cursors of the run's reads; a cursor never moves backwards."""
    columns = landed["reads"]
    if "cursor_at" not in columns:
        return
    run = {"run": run_id}
    position = "position_at" if "position_at" in columns else "null::timestamptz"
    moved = (
        f"select resource, scope, max(cursor_at) as cursor_at, max({position}) as position_at "
        "from landing.reads where run_id = $run and cursor_at is not null "
        "group by resource, scope"
    )
    warehouse.execute(
        "update ops.cursors as c set cursor_at = greatest(c.cursor_at, m.cursor_at), "
        f"position_at = m.position_at, run_id = $run from ({moved}) as m "
        "where c.resource = m.resource and c.scope = m.scope",
        run,
    )
    warehouse.execute(
        "insert into ops.cursors (resource, scope, cursor_at, position_at, run_id) "
        "select m.resource, m.scope, m.cursor_at, m.position_at, $run from "
        f"({moved}) as m where not exists (select 1 from ops.cursors as c "
        "where c.resource = m.resource and c.scope = m.scope)",
        run,
    )


def _drop_superseded_cursors(warehouse: Warehouse, run_id: str) -> None:
    """Forget the cursors of views that another one has replaced."""
    warehouse.execute(
        "delete from ops.cursors where resource = 'bookings' and scope in (select scope from "
        "landing.coverage where run_id = $run and bound_by = 'created_at' and to_at = $end) "
        "and scope not in (select scope from landing.reads where run_id = $run "
        "and resource = 'bookings' and cursor_at is not null)",
        {"run": run_id, "end": END_OF_TIME},
    )
