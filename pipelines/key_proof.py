"""After a full reading: every key and every content that was read is what the tables hold.

Called inside the publish transaction, while the landing is still there. It compares what came with
what stands, by key and content hash, so it notices a publish that lost, doubled or kept a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.sql_text import are_same, is_of, quoted

if TYPE_CHECKING:
    from cal_source.tables import Table
    from pipelines.warehouse import Warehouse


def compare_keys(
    warehouse: Warehouse, table: Table, run_id: str, landed: str, *, has_quarantine: bool
) -> dict[str, int]:
    """Count the rows of a root table that were read, are equal, and were not read.

    Args:
        warehouse: The open warehouse, inside the publish transaction.
        table: A root table that the run landed.
        run_id: The run.
        landed: Scratch table with the latest reading of every landed record.
        has_quarantine: Whether the landing has records in quarantine; their last good rows stay.

    Returns:
        `read`: records read. `equal`: those whose row has the same key and content. `other`: rows
        of scopes read completely that were not read.
    """
    same_key = are_same(table.key, "s", "r")
    brought = (
        f"and cast(r.{quoted(table.key[0])} as varchar) not in (select record_key from "
        "landing.quarantine where run_id = $run and resource = $resource)"
        if has_quarantine
        else ""
    )
    (counts,) = warehouse.rows(
        f"select (select count(*) from {landed}) as read, "
        f"(select count(*) from {landed} as s join raw.{table.name} as r on {same_key} "
        "and s._content_hash = r._content_hash and s._scope = r._scope) as equal, "
        f"(select count(*) from raw.{table.name} as r where r._scope in (select scope from "
        "landing.reads where run_id = $run and resource = $resource group by scope "
        f"having bool_and(status = 'complete')) and not exists (select 1 from {landed} as s "
        f"where {same_key}) {brought}) as other",
        {"run": run_id, "resource": table.name},
    )
    return {name: int(count) for name, count in counts.items()}


def compare_child_keys(warehouse: Warehouse, child: Table, landed: str) -> dict[str, int]:
    """Count the rows of a nested list likewise; its parents are those that were read.

    Args:
        warehouse: As above.
        child: A child of the table whose records `landed` holds.
        landed: As above; a landing of the child is expected.
    """
    of_parent, same_key = is_of(child, "x", "p"), are_same(child.key, "x", "r")
    read = (
        f"landing.{child.name} as x join {landed} as p on {of_parent} "
        "and x._page = p._page and x._run_id = p._run_id"
    )
    (counts,) = warehouse.rows(
        f"select (select count(*) from {read}) as read, "
        f"(select count(*) from {read} join raw.{child.name} as r on {same_key} "
        "and x._content_hash = r._content_hash) as equal, "
        f"(select count(*) from raw.{child.name} as x join {landed} as p on {of_parent}) as held"
    )
    return {
        "read": int(counts["read"]),
        "equal": int(counts["equal"]),
        "other": int(counts["held"]) - int(counts["equal"]),
    }
