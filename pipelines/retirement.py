"""Rows that a run found gone: which they are, why, and whether that can be believed.

A row is gone when a complete reading of its scope, or of the part of it that holds the row, did
not bring it. A record in quarantine was brought: its last good row stays. The details of a booking
go with it.

Losses have causes: a member left, a role or a team went, a user was deleted. What such an observed
change explains is retired whatever its number. The rest is retired while it is few; when it is
more than `MOST_UNEXPLAINED` rows and `LARGEST_SHARE` of the table, it is held: a key that lost a
right without a word, or a server that answers with half a list, must not empty a warehouse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.tables import DETAIL_TABLES
from pipelines.history import row_key_of
from pipelines.sql_text import are_same, quoted, quoted_list

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.tables import Table
    from pipelines.landed import Columns
    from pipelines.warehouse import Warehouse

MOST_UNEXPLAINED: Final = 20
LARGEST_SHARE: Final = 0.05

GONE: Final = "publish_gone"
_CHANGES: Final = "publish_changes"

# What of its own id is a cause where it is gone: kind and table.
_THINGS: Final = {"team": "teams", "event_type": "event_types", "attribute": "attributes"}
_THINGS_GONE: Final = "".join(
    f"""\
union all
select '{kind}', cast(h.id as varchar), null, max(h.valid_to)
from raw.{table}_old_versions as h
where not exists (select 1 from raw.{table} as r where r.id = h.id)
group by h.id
"""
    for kind, table in _THINGS.items()
)
# Who and what went, and since when: the last version of each that has no current row. A key
# whose own role changed sees other things than before, all of them.
_CHANGES_SQL: Final = f"""
select 'user' as kind, cast(h.id as varchar) as id, h.email, max(h.valid_to) as changed_at
from raw.users_old_versions as h
where not exists (select 1 from raw.users as r where r.id = h.id)
group by h.id, h.email
union all
select 'user', cast(h.user_id as varchar), h.user_email, max(h.valid_to)
from raw.memberships_old_versions as h
where not exists (select 1 from raw.memberships as r where r.id = h.id)
group by h.user_id, h.user_email
{_THINGS_GONE}union all
select 'everything', null, null, max(h.valid_to)
from raw.memberships_old_versions as h join raw.me on raw.me.id = h.user_id
where not exists (
    select 1 from raw.memberships as r where r.id = h.id and r.role = h.role
)
having max(h.valid_to) is not null
"""


def find_gone(
    warehouse: Warehouse, table: Table, run_id: str, landed: Columns, scratch: str | None
) -> int:
    """Write the rows of a table that a landing found gone into the scratch table `GONE`.

    Args:
        warehouse: The open warehouse, inside the publish transaction.
        table: A root table.
        run_id: The run in the landing.
        landed: Tables and columns of the landing.
        scratch: Scratch table with the landed records; None where there are none.

    Returns:
        How many rows are gone. `GONE` is made only where there can be any.
    """
    conditions, parameters = _conditions(warehouse, table, run_id, landed)
    if not conditions:
        return 0
    kept = ["true"]
    if scratch is not None:
        kept.append(
            f"not exists (select 1 from {scratch} as s where {are_same(table.key, 's', 'r')})"
        )
    if table not in DETAIL_TABLES and "quarantine" in landed:
        kept.append(
            f"cast(r.{quoted(table.key[0])} as varchar) not in (select record_key from "
            "landing.quarantine where run_id = $run and resource = $resource)"
        )
        parameters |= {"run": run_id, "resource": table.name}
    warehouse.execute(f"drop table if exists {GONE}")
    warehouse.execute(
        f"create temp table {GONE} as select {quoted_list(table.key)}, "
        f"{row_key_of(table, 'r')} as row_key, _scope "
        f"from raw.{table.name} as r where ({' or '.join(conditions)}) and {' and '.join(kept)}",
        parameters,
    )
    return int(warehouse.scalar(f"select count(*) from {GONE}"))


def _conditions(
    warehouse: Warehouse, table: Table, run_id: str, landed: Columns
) -> tuple[list[str], dict[str, Any]]:
    """Return what makes a row `r` gone unless it was brought; nothing where no row can be."""
    if table in DETAIL_TABLES:
        return ["r.booking_uid not in (select uid from raw.bookings)"], {}
    of_run = {"run": run_id, "resource": table.name}
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    reads = warehouse.scalar(
        "select count(*) from landing.reads where run_id = $run and resource = $resource "
        "and status = 'complete'",
        of_run,
    )
    if reads:
        conditions += [_COMPLETE, _VANISHED]
        parameters |= of_run
    if table.name == "bookings" and "coverage" in landed:
        _add_coverage(warehouse, of_run, conditions, parameters)
    return conditions, parameters


def _add_coverage(
    warehouse: Warehouse, of_run: dict[str, Any], conditions: list[str], parameters: dict[str, Any]
) -> None:
    """Add the parts of the bookings that the run read completely: each by its own bounds."""
    parts = warehouse.rows(
        "select distinct scope, bound_by, from_at, to_at from landing.coverage "
        "where run_id = $run and resource = $resource order by 1, 2, 3",
        of_run,
    )
    for number, part in enumerate(parts):
        if part["bound_by"] == "uid":
            continue
        column = '"start"' if part["bound_by"] == "start" else "created_at"
        names = {name: f"{name}_{number}" for name in ("scope", "from_at", "to_at")}
        parameters |= {names[name]: part[name] for name in names}
        conditions.append(
            f"(r._scope = ${names['scope']} and r.{column} >= ${names['from_at']} "
            f"and r.{column} < ${names['to_at']})"
        )
    if any(part["bound_by"] == "uid" for part in parts):
        conditions.append(
            "exists (select 1 from landing.coverage as c where c.run_id = $run and c.resource = "
            "$resource and c.scope = r._scope and c.bound_by = 'uid' and c.row_key = r.uid)"
        )
        parameters |= of_run


_COMPLETE: Final = (
    "r._scope in (select scope from landing.reads where run_id = $run and resource = $resource "
    "group by scope having bool_and(status = 'complete'))"
)
# A scope such as event_type:7 whose event type is gone is in no read any more; the read of scope
# 'event_type:*' says that this run knew them all.
_VANISHED: Final = (
    "(exists (select 1 from landing.reads as x where x.run_id = $run and x.resource = $resource "
    "and x.status = 'complete' and x.scope like '%:*' "
    "and starts_with(r._scope, replace(x.scope, '*', ''))) and r._scope not in (select scope from "
    "landing.reads where run_id = $run and resource = $resource))"
)


def hold_unexplained(
    warehouse: Warehouse, table: Table, run_id: str, now: datetime, *, gone: int, accepts: bool
) -> int:
    """Keep losses that nothing explains, when they are too many to believe.

    Rows that are held are taken off the list of those gone and written to `ops.held_losses`.

    Args:
        warehouse: The open warehouse; `find_gone` has run for the table.
        table: The root table.
        run_id: The run.
        now: When they were found gone, UTC.
        gone: How many rows are gone, at least one.
        accepts: Whether the user accepts all losses.

    Returns:
        How many rows are held.
    """
    where = {"resource": table.name}
    rows = int(warehouse.scalar(f"select count(*) from raw.{table.name}"))
    limit = max(MOST_UNEXPLAINED, LARGEST_SHARE * rows)
    if gone > limit and not accepts and table not in DETAIL_TABLES:
        warehouse.execute(f"drop table if exists {_CHANGES}")
        warehouse.execute(f"create temp table {_CHANGES} as {_CHANGES_SQL}")
        unexplained = (
            f"select g.row_key from {GONE} as g join raw.{table.name} as r "
            f"on {are_same(table.key, 'r', 'g')} where not ({_explained(table)})"
        )
        held = int(warehouse.scalar(f"select count(*) from ({unexplained}) as u"))
    else:
        held = 0
    # What was held before and is gone now, or came back, is no longer held.
    warehouse.execute(
        "delete from ops.held_losses where resource = $resource and row_key in "
        f"(select row_key from {GONE})",
        where,
    )
    if held <= limit:
        return 0
    warehouse.execute(
        "insert into ops.held_losses (resource, row_key, scope, found_at, run_id) "
        f"select $resource, g.row_key, g._scope, $now, $run from {GONE} as g "
        f"where g.row_key in ({unexplained})",
        {**where, "now": now, "run": run_id},
    )
    warehouse.execute(f"delete from {GONE} where row_key in ({unexplained})")
    return held


def _explained(table: Table) -> str:
    """Return the condition that an observed change explains why row `r` is gone."""
    same = ["c.kind = 'everything'", "r._scope = c.kind || ':' || c.id"]
    columns = {column.name for column in table.columns}
    for column, kind in (("user_id", "user"), ("owner_id", "user"), ("team_id", "team")):
        if column in columns:
            same.append(f"(c.kind = '{kind}' and c.id = cast(r.{column} as varchar))")
    if "event_type_id" in columns and table.name != "bookings":
        same.append("(c.kind = 'event_type' and c.id = cast(r.event_type_id as varchar))")
    if table.name == "bookings":
        same += [
            f"(c.kind = 'user' and exists (select 1 from raw.{child} as p "
            "where p.booking_uid = r.uid and p.email = c.email))"
            for child in ("booking_hosts", "booking_attendees")
        ]
        same.append(
            "(c.kind = 'team' and exists (select 1 from raw.event_types_history as t where "
            "t.id = r.event_type_id and cast(t.team_id as varchar) = c.id))"
        )
    return (
        f"exists (select 1 from {_CHANGES} as c where c.changed_at >= r._loaded_at "
        f"and ({' or '.join(same)}))"
    )
