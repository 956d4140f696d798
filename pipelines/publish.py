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
from cal_source.tables import DETAIL_TABLES, ROOT_TABLES, TABLES, ColumnType, Table
from pipelines.errors import PublishError
from pipelines.history import keep_history, unbury
from pipelines.key_proof import compare_child_keys, compare_keys
from pipelines.ops import QUARANTINE, READS
from pipelines.retirement import GONE, find_gone, hold_unexplained, retire
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipelines.warehouse import Warehouse

LANDING: Final = "landing"
_META: Final = ("_scope", "_run_id", "_loaded_at", "_content_hash", "_extra")
_LANDED: Final = "publish_landed"
_TOUCHED: Final = "publish_touched"
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
    rows = warehouse.rows(
        "select table_name from information_schema.tables where table_schema = $schema "
        "and table_catalog = current_database()",
        {"schema": LANDING},
    )
    return {row["table_name"] for row in rows}


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
    landed = landed_tables(warehouse)
    with warehouse.transaction():
        rows = row_counts(warehouse)
        for table in _IN_ORDER:
            if table.name in landed:
                _collect_landed(warehouse, table, run_id)
            elif not rows[table.name]:
                continue  # nothing came and there is nothing that could be gone
            find_gone(warehouse, table, run_id, landed, _LANDED)
            published.held[table.name] = hold_unexplained(
                warehouse, table, run_id, now, accepts=accepts_losses
            )
            _publish_table(warehouse, table, landed, published, now)
            if proves_keys and table.name in landed:
                _compare(warehouse, table, landed, published)
        _publish_records(warehouse, run_id, landed)
        _move_cursors(warehouse, run_id)
        if "coverage" in landed:
            _drop_superseded_cursors(warehouse, run_id)
        drop_landing(warehouse)
    return published


def _compare(warehouse: Warehouse, table: Table, landed: set[str], published: Published) -> None:
    root, *children = table.family()
    published.keys[root.name] = compare_keys(
        warehouse, root, published.run_id, _LANDED, has_quarantine="quarantine" in landed
    )
    for child in children:
        if child.name in landed:
            published.keys[child.name] = compare_child_keys(warehouse, child, _LANDED)


def row_counts(warehouse: Warehouse) -> dict[str, int]:
    """Return how many rows each raw table has."""
    counts = " union all ".join(
        f"select '{name}' as name, count(*) as rows from raw.{name}" for name in TABLES
    )
    return {row["name"]: int(row["rows"]) for row in warehouse.rows(counts)}


def _publish_table(
    warehouse: Warehouse, table: Table, landed: set[str], published: Published, now: datetime
) -> None:
    """Replace the landed rows of a table, retire those that are gone, keep their versions."""
    has_landed = table.name in landed
    key = quoted_list(table.key)
    gone = int(warehouse.scalar(f"select count(*) from {GONE}"))
    if not (has_landed or gone):
        return
    warehouse.execute(f"drop table if exists {_TOUCHED}")
    warehouse.execute(
        f"create temp table {_TOUCHED} as select {key} from {GONE}"
        + (f" union all select {key} from {_LANDED}" if has_landed else "")
    )
    if has_landed:
        _publish_family(warehouse, table, landed, published)
        unbury(warehouse, table, _LANDED)
    if gone:
        published.retired[table.name] = retire(warehouse, table, published.run_id, now)
    for member in table.family():
        _refuse_double_keys(warehouse, member)
        published.changed[member.name] = keep_history(warehouse, member, _TOUCHED, now)


def _collect_landed(warehouse: Warehouse, table: Table, run_id: str) -> None:
    """Write the latest reading of every landed record into a scratch table."""
    warehouse.execute(f"drop table if exists {_LANDED}")
    warehouse.execute(
        f"create temp table {_LANDED} as select * from (select *, row_number() over "
        f"(partition by {quoted_list(table.key)} order by _page desc) as publish_rank "
        f"from landing.{table.name} where _run_id = $run) as ranked where publish_rank = 1",
        {"run": run_id},
    )


def _publish_family(
    warehouse: Warehouse, table: Table, landed: set[str], published: Published
) -> None:
    """Replace the landed records and their nested lists."""
    same = " and ".join(f"r.{quoted(k)} = s.{quoted(k)}" for k in table.key)
    warehouse.execute(f"delete from raw.{table.name} as r using {_LANDED} as s where {same}")
    published.written[table.name] = _insert(warehouse, table, _LANDED, "")
    for child in table.family()[1:]:
        parent_columns = list(child.parent_key.items())
        warehouse.execute(
            f"delete from raw.{child.name} as c using {_LANDED} as p where "
            + " and ".join(f"c.{quoted(c)} = p.{quoted(p)}" for c, p in parent_columns)
        )
        if child.name in landed:
            condition = " and ".join(
                f"s.{quoted(c)} = p.{quoted(p)}" for c, p in [*parent_columns, ("_page", "_page")]
            )
            source = f"landing.{child.name}"
            join = f"join {_LANDED} as p on {condition} and s._run_id = p._run_id"
            published.written[child.name] = _insert(warehouse, child, source, join)


def _insert(warehouse: Warehouse, table: Table, source: str, join: str) -> int:
    """Insert the landed rows; returns how many."""
    landed = set(warehouse.column_names(LANDING, table.name))
    names = [*(c.name for c in table.columns if c.name in landed), *_META]
    return warehouse.execute(
        f"insert into raw.{table.name} ({quoted_list(names)}) "
        f"select {_landed_values(warehouse, table, names)} from {source} as s {join}"
    )


def _landed_values(warehouse: Warehouse, table: Table, names: Sequence[str]) -> str:
    """Return columns of the landed rows `s`; JSON lands as text and becomes JSON."""
    json = {c.name for c in table.columns if c.type is ColumnType.JSON} | {"_extra"}
    return ", ".join(
        warehouse.dialect.json(f"s.{quoted(n)}") if n in json else f"s.{quoted(n)}" for n in names
    )


def _refuse_double_keys(warehouse: Warehouse, table: Table) -> None:
    key = quoted_list(table.key)
    double = warehouse.scalar(
        f"select count(*) from (select 1 from raw.{table.name} group by {key} having count(*) > 1) "
        "as doubles"
    )
    if double:
        raise PublishError(table.name, f"{double} keys ({', '.join(table.key)}) would stand twice")


def _publish_records(warehouse: Warehouse, run_id: str, landed: set[str]) -> None:
    """Move the run's reads, quarantined records and schema drift to `ops`."""
    for table in (READS, QUARANTINE):
        if table.name in landed:
            _copy_records(warehouse, table, run_id)
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


def _copy_records(warehouse: Warehouse, table: Table, run_id: str) -> None:
    landed = set(warehouse.column_names(LANDING, table.name))
    names = [c.name for c in table.columns if c.name in landed]
    warehouse.execute(
        f"insert into ops.{table.name} ({quoted_list(names)}) "
        f"select {_landed_values(warehouse, table, names)} "
        f"from landing.{table.name} as s where run_id = $run",
        {"run": run_id},
    )


def _move_cursors(warehouse: Warehouse, run_id: str) -> None:
    """Advance the cursors of the run's reads; a cursor never moves backwards."""
    columns = warehouse.column_names(LANDING, "reads")
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
