"""Whether what an apply brought about is still so in the warehouse, after a later sync.

The apply itself reads every target back. A sync is the second, independent witness: it reads by
other ways and at another time, and shows what somebody changed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.answer import Answer
from cal_source.catalogue import Paging, operation
from cal_source.errors import NotFoundError
from cal_source.tables import TABLES
from pipelines.reverse_sync.actions import ACTIONS, observe
from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.conditions import failures
from pipelines.reverse_sync.errors import MissingResultError, ReverseSyncError
from pipelines.reverse_sync.journal import Journal, progress
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import REFERENCE_PREFIX, RESULT_PREFIX
from pipelines.reverse_sync.references import references, with_results
from pipelines.reverse_sync.store import insert_rows, read_plan
from pipelines.reverse_sync.tables import EFFECT_VERIFICATION
from pipelines.reverse_sync.unverified import Verified
from pipelines.reverse_sync.warehouse_world import records_by_key, records_of
from pipelines.sql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from cal_source.catalogue import Operation
    from cal_source.tables import Table
    from pipelines.reverse_sync.plan import Change
    from pipelines.warehouse import Warehouse


_AT_A_TIME: Final = 500
"""Changes whose records are read together."""


class _WarehouseReads:
    """Answers reads from the tables of `raw`, as Cal.com had answered them."""

    def __init__(self, warehouse: Warehouse, now: datetime) -> None:
        self._warehouse = warehouse
        self._now = now
        self._tables: dict[str, list[Any]] = {}
        self._prepared: dict[str, dict[str, Any]] = {}

    def prepare(self, changes: Iterable[Change]) -> None:
        """Read what single reads of these changes will show, with few queries."""
        keys: dict[str, dict[Any, None]] = {}
        for change in changes:
            row = None if change.read is None else operation(change.read.operation)
            key = None if row is None or change.read is None else _key(row, change.read.path)
            if row is not None and key is not None and not _is_open(key):
                keys.setdefault(row.table or "", {})[key] = None
        self._prepared = {
            name: dict.fromkeys(map(str, found))
            | records_by_key(self._warehouse, TABLES[name], list(found))
            for name, found in keys.items()
        }

    def request(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        body: object = None,
        priority: bool = False,
    ) -> Answer:
        """Return a record, or a whole table where the read is a list.

        Raises:
            NotFoundError: The warehouse has no such record.
        """
        del params, body, priority  # a table has all that narrower reads show
        key = _key(operation, path or {})
        data: Any = self._records(TABLES[operation.table or ""], key)
        data = [one for one in data if _belongs(one, path or {})]
        if key is not None and not data:
            raise NotFoundError(method="GET", path=operation.path, status=404)
        return Answer(
            status=200,
            data=data if key is None else data[0],
            pagination=None,
            content=b"",
            request_id=None,
            fetched_at=self._now,
            headers={},
        )

    def _records(self, table: Table, key: object) -> list[Any]:
        if key is not None:
            known = self._prepared.get(table.name, {})
            if str(key) not in known:
                known = records_by_key(self._warehouse, table, [key])
            record = known.get(str(key))
            return [] if record is None else [record]
        if table.name not in self._tables:
            self._tables[table.name] = records_of(self._warehouse, table)
        return self._tables[table.name]


def _key(row: Operation, path: Mapping[str, object]) -> object:
    """Return the key of the one record that a read shows; None where it is a list."""
    names = row.path_parameters
    return path.get(names[-1]) if row.paging is Paging.ONE and names else None


def _is_open(key: object) -> bool:
    """Whether a key is the result of another change."""
    return isinstance(key, str) and key.startswith(RESULT_PREFIX)


def _belongs(record: Mapping[str, Any], path: Mapping[str, object]) -> bool:
    """Whether a record is of the team or event type that a path names, where it says of which."""
    return all(record.get(name, value) == value for name, value in path.items())


def verify(
    warehouse: Warehouse,
    unverified: Mapping[str, Collection[str]],
    run_id: str,
    now: datetime,
    *,
    is_read: frozenset[str],
) -> list[Verified]:
    """Compare applied changes with the warehouse, and keep the result in `ops.effect_verification`.

    Args:
        warehouse: The warehouse after a sync.
        unverified: The changes to look at, by plan.
        run_id: The sync.
        now: The present instant.
        is_read: Tables that the sync has read.
    """
    found = list(_verified(warehouse, unverified, now, is_read))
    rows = [
        {
            "plan_digest": one.plan_digest,
            "change_id": one.change_id,
            "run_id": run_id,
            "is_verified": not one.difference,
            "difference": one.difference,
            "verified_at": now,
        }
        for one in found
    ]
    with warehouse.transaction():
        insert_rows(warehouse, EFFECT_VERIFICATION, rows)
    return found


def _verified(
    warehouse: Warehouse,
    unverified: Mapping[str, Collection[str]],
    now: datetime,
    is_read: frozenset[str],
) -> Iterator[Verified]:
    reads = _WarehouseReads(warehouse, now)
    journal = Journal(warehouse, clock=lambda: now)
    for digest, open_ids in unverified.items():
        known = progress(journal.entries(digest))
        results = {change_id: one.result for change_id, one in known.items()}
        try:
            plan = read_plan(warehouse, digest)
        except ReverseSyncError:  # the plan was cleared away, or edited: the audit tells
            continue
        wanted = [
            change
            for change in plan
            if change.id in open_ids
            and known[change.id].outcome is Outcome.DONE
            and _table_of(change) in is_read
        ]
        for first in range(0, len(wanted), _AT_A_TIME):
            some = wanted[first : first + _AT_A_TIME]
            reads.prepare(some)
            for change in some:
                difference = _difference(warehouse, change, reads, results, now)
                yield Verified(plan_digest=digest, change_id=change.id, difference=difference)


def _table_of(change: Change) -> str:
    """Return the table that shows a change; empty where the warehouse cannot show it."""
    holds_secret = any(references([one.value for one in change.done], REFERENCE_PREFIX))
    if change.read is None or not change.done or holds_secret:
        return ""
    return operation(change.read.operation).table or ""


def _difference(
    warehouse: Warehouse,
    change: Change,
    reads: _WarehouseReads,
    results: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> str:
    is_made = _is_made(warehouse, change, results[change.id])
    if is_made is not None:
        return "" if is_made else "what was made is not there"
    try:
        filled = with_results(change, results)
    except MissingResultError as error:
        return str(error)
    image = observe(reads, filled, results)
    return "; ".join(failures(filled.done, image, now=now, secret=str))


def _is_made(warehouse: Warehouse, change: Change, result: Mapping[str, Any]) -> bool | None:
    """Whether the warehouse has the very object that a change made; None of other changes.

    What it holds is not looked at: a later change of the same plan may have changed it.
    """
    action, table = ACTIONS[change.action], TABLES[_table_of(change)]
    made = action.made(result) if isinstance(action, Creation) else None
    if made is None or len(table.key) > 1:
        return None
    name, key = quoted("raw", table.name), quoted(table.key[0])
    sql = f"select count(*) from {name} where {key} = $made"
    return bool(warehouse.scalar(sql, {"made": made}))
