"""From `landing` to `raw` in one transaction: the step that has to be exact.

A run is in `landing` when dlt has recorded its load as complete. Publishing it moves rows, cursors
and the run's reads together, and empties the landing, or does nothing at all. Publishing twice
changes nothing, because the first time leaves no landing behind. The rules:

* Of several readings of one record in a run, the one of the highest page counts.
* A published record replaces its row and all rows of its nested lists, also when none are left.
* A complete read retires the rows of its scope that it did not bring; a partial, skipped or
  failed read retires nothing.
* Every row that changed or went leaves its version in the table's history.
* Every current table holds each key once; a landing that would break this is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cal_source.tables import DETAIL_TABLES, ROOT_TABLES, ColumnType, Table
from pipelines.errors import PublishError
from pipelines.history import bury, keep_history, unbury
from pipelines.ops import QUARANTINE, READS
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.warehouse import Warehouse

LANDING: Final = "landing"
_META: Final = ("_scope", "_run_id", "_loaded_at", "_content_hash", "_extra")
_SCRATCH: Final = "publish_parents"


@dataclass(slots=True)
class Published:
    """What publishing a run did.

    Attributes:
        run_id: The run.
        written: Rows written, by table.
        retired: Rows that complete reads found gone, by table.
    """

    run_id: str
    written: dict[str, int] = field(default_factory=dict)
    retired: dict[str, int] = field(default_factory=dict)


def complete_landings(warehouse: Warehouse) -> list[str]:
    """Return the runs whose landing is complete and not yet published, oldest first."""
    tables = landed_tables(warehouse)
    if not {"reads", "_dlt_loads"} <= tables:
        return []
    rows = warehouse.rows(
        "select distinct r.run_id from landing.reads as r "
        "join landing._dlt_loads as l on l.load_id = r._dlt_load_id and l.status = 0 order by 1"
    )
    return [row["run_id"] for row in rows]


def landed_tables(warehouse: Warehouse) -> set[str]:
    """Return the names of the tables in the landing."""
    rows = warehouse.rows(
        "select table_name from information_schema.tables where table_schema = ? "
        "and table_catalog = current_database()",
        [LANDING],
    )
    return {row["table_name"] for row in rows}


def drop_landing(warehouse: Warehouse) -> None:
    """Remove the landing, published or broken off; every run lands from nothing."""
    for schema in (LANDING, f"{LANDING}_staging"):
        if warehouse.has_schema(schema):
            warehouse.connection.execute(f"drop schema {schema} cascade")


def publish(warehouse: Warehouse, run_id: str, now: datetime) -> Published:
    """Publish one complete landing in one transaction.

    Args:
        warehouse: The open warehouse.
        run_id: A run that `complete_landings` names.
        now: When rows that the run found gone are said to have gone, UTC.

    Raises:
        PublishError: A current table would hold a key twice; nothing was changed.
    """
    published = Published(run_id)
    landed = landed_tables(warehouse)
    with warehouse.transaction():
        for table in (*ROOT_TABLES, *DETAIL_TABLES):
            if table.name in landed:
                _publish_family(warehouse, table, landed, published)
            _retire(warehouse, table, landed, published, now)
            if table.name in published.written or published.retired[table.name]:
                for member in table.family():
                    _refuse_double_keys(warehouse, member)
                    keep_history(warehouse, member, now)
                unbury(warehouse, table)
        _publish_records(warehouse, run_id, landed)
        _move_cursors(warehouse, run_id)
        drop_landing(warehouse)
    return published


def _publish_family(
    warehouse: Warehouse, table: Table, landed: set[str], published: Published
) -> None:
    """Replace the landed records and their nested lists."""
    key = quoted_list(table.key)
    warehouse.connection.execute(
        f"create or replace temp table {_SCRATCH} as select * from (select *, row_number() over "
        f"(partition by {key} order by _page desc) as publish_rank from landing.{table.name} "
        "where _run_id = ?) as ranked where publish_rank = 1",
        [published.run_id],
    )
    warehouse.connection.execute(
        f"delete from raw.{table.name} where ({key}) in (select ({key}) from {_SCRATCH})"
    )
    published.written[table.name] = _insert(warehouse, table, _SCRATCH, "")
    for child in table.family()[1:]:
        parent_columns = list(child.parent_key.items())
        warehouse.connection.execute(
            f"delete from raw.{child.name} as c using {_SCRATCH} as p where "
            + " and ".join(f"c.{quoted(c)} = p.{quoted(p)}" for c, p in parent_columns)
        )
        if child.name in landed:
            condition = " and ".join(
                f"s.{quoted(c)} = p.{quoted(p)}" for c, p in [*parent_columns, ("_page", "_page")]
            )
            source = f"landing.{child.name}"
            join = f"join {_SCRATCH} as p on {condition} and s._run_id = p._run_id"
            published.written[child.name] = _insert(warehouse, child, source, join)


def _insert(warehouse: Warehouse, table: Table, source: str, join: str) -> int:
    """Insert the landed rows, JSON as JSON; returns how many."""
    landed = set(warehouse.column_names(LANDING, table.name))
    columns = [c.name for c in table.columns if c.name in landed]
    json = {c.name for c in table.columns if c.type is ColumnType.JSON} | {"_extra"}
    names = [*columns, *_META]
    values = [f"s.{quoted(n)}::json" if n in json else f"s.{quoted(n)}" for n in names]
    inserted = warehouse.connection.execute(
        f"insert into raw.{table.name} ({quoted_list(names)}) "
        f"select {', '.join(values)} from {source} as s {join}"
    ).fetchone()
    return int(inserted[0]) if inserted else 0


def _retire(
    warehouse: Warehouse, table: Table, landed: set[str], published: Published, now: datetime
) -> None:
    """Delete what complete reads did not bring, with its nested lists.

    A record in quarantine was brought: its last good row stays.
    """
    gone = (
        "_scope in (select scope from landing.reads where run_id = $run and resource = $resource "
        "group by scope having bool_and(status = 'complete'))"
    )
    # A scope such as event_type:7 whose event type is gone is in no read any more; the read of
    # scope 'event_type:*' says that this run knew them all.
    vanished = (
        "exists (select 1 from landing.reads as r where r.run_id = $run and r.resource = $resource "
        "and r.status = 'complete' and r.scope like '%:*' "
        "and starts_with(_scope, replace(r.scope, '*', ''))) and _scope not in (select scope from "
        "landing.reads where run_id = $run and resource = $resource)"
    )
    key, first = quoted_list(table.key), quoted(table.key[0])
    kept = f"and ({key}) not in (select ({key}) from {_SCRATCH})" if table.name in landed else ""
    if "quarantine" in landed:
        kept += (
            f" and {first}::varchar not in (select record_key from landing.quarantine "
            "where run_id = $run and resource = $resource)"
        )
    condition = f"(({gone}) or ({vanished})) {kept}"
    parameters = {"run": published.run_id, "resource": table.name}
    bury(warehouse, table, condition, {**parameters, "now": now})
    for child in table.family()[1:]:
        ((child_column, parent_column),) = child.parent_key.items()
        warehouse.connection.execute(
            f"delete from raw.{child.name} where {quoted(child_column)} in "
            f"(select {quoted(parent_column)} from raw.{table.name} where {condition})",
            parameters,
        )
    deleted = warehouse.connection.execute(
        f"delete from raw.{table.name} where {condition}", parameters
    ).fetchone()
    published.retired[table.name] = int(deleted[0]) if deleted else 0


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
    connection = warehouse.connection
    for table in (READS, QUARANTINE):
        if table.name in landed:
            _copy_records(warehouse, table, run_id)
    if "schema_drift" in landed:
        connection.execute(
            "update ops.schema_changes as o set record_count = d.record_count, last_run_id = "
            "d.run_id from landing.schema_drift as d where d.run_id = ? and o.table_name = "
            "d.table_name and o.field = d.field and o.kind = d.kind and o.found = d.found",
            [run_id],
        )
        connection.execute(
            "insert into ops.schema_changes select d.table_name, d.field, d.kind, d.found, "
            "d.record_count, d.run_id, d.run_id from landing.schema_drift as d where d.run_id = ? "
            "and not exists (select 1 from ops.schema_changes as o where o.table_name = "
            "d.table_name and o.field = d.field and o.kind = d.kind and o.found = d.found)",
            [run_id],
        )


def _copy_records(warehouse: Warehouse, table: Table, run_id: str) -> None:
    landed = set(warehouse.column_names(LANDING, table.name))
    names = [c.name for c in table.columns if c.name in landed]
    warehouse.connection.execute(
        f"insert into ops.{table.name} ({quoted_list(names)}) select {quoted_list(names)} "
        f"from landing.{table.name} where run_id = ?",
        [run_id],
    )


def _move_cursors(warehouse: Warehouse, run_id: str) -> None:
    """Advance the cursors of the run's reads; a cursor never moves backwards."""
    if "cursor_at" not in warehouse.column_names(LANDING, "reads"):
        return
    run = {"run": run_id}
    moved = (
        "select resource, scope, max(cursor_at) as cursor_at from landing.reads "
        "where run_id = $run and cursor_at is not null group by resource, scope"
    )
    warehouse.connection.execute(
        "update ops.cursors as c set cursor_at = greatest(c.cursor_at, m.cursor_at), "
        f"run_id = $run from ({moved}) as m "
        "where c.resource = m.resource and c.scope = m.scope",
        run,
    )
    warehouse.connection.execute(
        "insert into ops.cursors select m.resource, m.scope, m.cursor_at, $run from "
        f"({moved}) as m where not exists (select 1 from ops.cursors as c "
        "where c.resource = m.resource and c.scope = m.scope)",
        run,
    )
