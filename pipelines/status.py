"""What state the warehouse is in: how much, how new, how well proved, and what is missing.

Everything is read from the warehouse itself; Cal.com is not asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cal_source.tables import ROOT_TABLES, TABLES

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.warehouse import Warehouse

_CHILDREN: Final = {member.name: root.name for root in ROOT_TABLES for member in root.family()}


@dataclass(slots=True)
class TableStatus:
    """The state of one raw table.

    Attributes:
        table: Its name.
        rows: Rows now.
        changed_at: When a row was last found new, changed or gone; None when never.
        read_at: When the row that was read longest ago was read: nothing is older than that.
        proved_at: Since when everything in it is known to be all there is: the oldest of the
            latest complete readings of its parts; of bookings, of the counts by month. None when
            a part was never read completely.
        lag_seconds: Of bookings: from the last change read to now.
        drift: Fields that differ from their declaration.
        held: Rows that vanished without a known cause and were kept.
        quarantined: Records of the latest run that could not be loaded.
        skipped: Parts that the latest run could not read, with the reason.
    """

    table: str
    rows: int
    changed_at: datetime | None = None
    read_at: datetime | None = None
    proved_at: datetime | None = None
    lag_seconds: float | None = None
    drift: int = 0
    held: int = 0
    quarantined: int = 0
    skipped: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class WarehouseStatus:
    """The state of a warehouse.

    Attributes:
        as_of: When it was looked at, UTC.
        tables: Every raw table.
        last_run: The latest sync: run, outcome, message and times; None before the first.
        unread_bookings: Bookings that the latest sync did not read, because they had no stamped
            change and the re-read budget was spent: what Cal.com does not stamp (absences, seats)
            may have changed in these.
        proofs: The latest count of every span of bookings, with what Cal.com said.
    """

    as_of: datetime
    tables: list[TableStatus]
    last_run: dict[str, Any] | None = None
    unread_bookings: int = 0
    proofs: list[dict[str, Any]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Return the state as `--json` prints it."""
        return asdict(self)


def warehouse_status(warehouse: Warehouse, now: datetime) -> WarehouseStatus:
    """Return the state of a warehouse.

    Args:
        warehouse: The open warehouse; nothing is written.
        now: The present instant, UTC.
    """
    tables = _row_facts(warehouse)
    for name, proved_at in read_proofs(warehouse).items():
        tables[name].proved_at = proved_at
    for child, root in _CHILDREN.items():
        tables[child].proved_at = tables[root].proved_at
    _add_doubts(warehouse, tables)
    bookings = tables["bookings"]
    cursor = warehouse.scalar("select min(cursor_at) from ops.cursors where resource = 'bookings'")
    bookings.lag_seconds = (now - cursor).total_seconds() if cursor else None
    runs = warehouse.rows(
        "select run_id, outcome, message, started_at, finished_at from ops.runs "
        "where command = 'sync' order by started_at desc, run_id desc limit 1"
    )
    return WarehouseStatus(
        as_of=now,
        tables=list(tables.values()),
        last_run=runs[0] if runs else None,
        unread_bookings=_unread_bookings(warehouse),
        proofs=_latest_proofs(warehouse),
    )


def _row_facts(warehouse: Warehouse) -> dict[str, TableStatus]:
    facts = " union all ".join(
        f"select '{name}' as name, (select count(*) from raw.{name}) as rows, "
        f"(select min(_loaded_at) from raw.{name}) as read_at, "
        f"(select max(greatest(valid_from, coalesce(valid_to, valid_from))) "
        f"from raw.{name}_history) as changed_at"
        for name in TABLES
    )
    return {
        row["name"]: TableStatus(row["name"], int(row["rows"]), row["changed_at"], row["read_at"])
        for row in warehouse.rows(facts)
    }


def read_proofs(warehouse: Warehouse) -> dict[str, datetime | None]:
    """Return since when each root table that has rows, or was read, is known to be complete.

    Of each part (scope) that has rows, or that the latest run with the table read, the latest
    complete reading counts; the oldest of these is the table's.
    """
    proved: dict[str, datetime | None] = {}
    complete: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for row in warehouse.rows(
        "select resource, scope, max(finished_at) as finished_at from ops.reads "
        "where status = 'complete' group by resource, scope"
    ):
        complete[row["resource"]][row["scope"]] = row["finished_at"]
    present: defaultdict[str, set[str]] = defaultdict(set)
    held = " union all ".join(
        f"select '{table.name}' as resource, _scope as scope from raw.{table.name} group by _scope"
        for table in ROOT_TABLES
    )
    for row in warehouse.rows(held):
        present[row["resource"]].add(row["scope"])
    for table in ROOT_TABLES:
        readings = complete[table.name]
        parts = present[table.name] or set(readings)
        if not parts:
            continue
        instants = [readings.get(scope) for scope in parts]
        known = [instant for instant in instants if instant is not None]
        proved[table.name] = min(known) if len(known) == len(instants) else None
    if "bookings" in proved:
        proved["bookings"] = _bookings_proved_at(warehouse, proved["bookings"])
    return proved


def _bookings_proved_at(warehouse: Warehouse, read_at: datetime | None) -> datetime | None:
    """Return the oldest among the months' latest agreeing counts; a whole reading counts all."""
    latest = {
        row["window_name"]: row["proved_at"]
        for row in warehouse.rows(
            "select window_name, max(proved_at) as proved_at from ops.proofs "
            "where resource = 'bookings' and is_proved group by window_name"
        )
    }
    months = warehouse.rows(
        "select distinct date_trunc('month', \"start\") as month from raw.bookings"
    )
    instants = []
    for row in months:
        counted = latest.get(f"{row['month']:%Y-%m}")
        candidates = [at for at in (counted, read_at) if at is not None]
        if not candidates:
            return None
        instants.append(max(candidates))
    return min(instants, default=read_at)


def _add_doubts(warehouse: Warehouse, tables: dict[str, TableStatus]) -> None:
    """Add what is held, in quarantine, skipped or of another shape than declared."""
    for row in warehouse.rows(
        "select resource, count(*) as rows from ops.held_losses group by resource"
    ):
        tables[row["resource"]].held = int(row["rows"])
    for row in warehouse.rows(
        "select table_name, count(*) as fields from ops.schema_changes group by table_name"
    ):
        tables[row["table_name"]].drift = int(row["fields"])
    latest = "select resource, max(run_id) as run_id from ops.reads group by resource"
    for row in warehouse.rows(
        "select q.resource, count(*) as rows from ops.quarantine as q join "
        f"({latest}) as l on l.resource = q.resource and l.run_id = q.run_id group by q.resource"
    ):
        tables[row["resource"]].quarantined = int(row["rows"])
    for row in warehouse.rows(
        "select r.resource, r.scope, r.status, r.reason from ops.reads as r join "
        f"({latest}) as l on l.resource = r.resource and l.run_id = r.run_id "
        "where r.status in ('skipped', 'failed') order by r.resource, r.scope"
    ):
        doubt = {name: row[name] for name in ("scope", "status", "reason")}
        tables[row["resource"]].skipped.append(doubt)


def _unread_bookings(warehouse: Warehouse) -> int:
    """Return how many bookings the latest ordinary sync of bookings left unread."""
    started = warehouse.scalar(
        "select max(r.started_at) from ops.reads as r where r.resource = 'bookings' "
        "and r.status in ('complete', 'partial') and r.run_id in (select run_id from ops.proofs)"
    )
    if started is None:
        return 0
    return int(
        warehouse.scalar(
            "select count(*) from raw.bookings where _loaded_at < $started", {"started": started}
        )
    )


def _latest_proofs(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows(
        "select p.resource, p.scope, p.window_name, p.api_count, p.warehouse_count, "
        "p.quarantined_count, p.is_proved, p.proved_at from ops.proofs as p join "
        "(select resource, scope, window_name, max(run_id) as run_id from ops.proofs "
        "group by resource, scope, window_name) as l on l.resource = p.resource "
        "and l.scope = p.scope and l.window_name = p.window_name and l.run_id = p.run_id "
        "order by p.resource, p.scope, p.window_name"
    )
