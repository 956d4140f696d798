"""Plans, their rows and rejected requests in the warehouse."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipelines.reverse_sync.conditions import parse_instant
from pipelines.reverse_sync.errors import PlanFileError, UnknownPlanError
from pipelines.reverse_sync.plan import (
    Breach,
    canonical,
    digest_of,
    join_plan,
)
from pipelines.reverse_sync.tables import PLAN_CHANGES, PLAN_PEOPLE, PLANS, REJECTED_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from cal_source.tables.model import Table
    from pipelines.reverse_sync.change_requests import Rejected
    from pipelines.reverse_sync.plan import Change, Plan
    from pipelines.reverse_sync.policy import Policy
    from pipelines.warehouse import Warehouse

_DRAFT: Final = "draft"
_ROWS_PER_STATEMENT: Final = 100  # DuckDB keeps the memory of larger ones until the commit
_SHOWN_ROWS: Final = 5


def write_plan(warehouse: Warehouse, plan: Plan, now: datetime) -> str:
    """Keep a plan and return its digest; keeping it twice changes nothing.

    Args:
        warehouse: The open warehouse.
        plan: The plan.
        now: When it was made.
    """
    digest = digest_of(plan)
    known = warehouse.scalar(
        "select 1 from ops.plans where plan_digest = $digest", {"digest": digest}
    )
    if known:
        return digest
    row = {
        "plan_digest": digest,
        "created_at": now,
        "author": plan.author,
        "reason": plan.reason,
        "base_url": plan.account.base_url,
        "change_count": len(plan.changes),
        "breach_count": len(plan.breaches),
        "policy_digest": plan.policy_digest,
        "undoes": plan.undoes,
        "content": canonical(replace(plan, changes=())).decode(),
    }
    with warehouse.transaction():
        insert_rows(warehouse, PLANS, [row])
        _write_changes(warehouse, digest, plan.changes)
    return digest


def read_plan(warehouse: Warehouse, digest: str) -> Plan:
    """Return a plan by its digest, or by the first digits of it.

    Raises:
        UnknownPlanError: No plan's digest begins so, or several do.
        PlanFileError: What is stored is not what was stored.
    """
    rows = warehouse.rows(
        "select plan_digest, content from ops.plans where plan_digest like $digest",
        {"digest": f"{digest}%"},
    )
    if len(rows) != 1 or not digest:
        raise UnknownPlanError(digest, [row["plan_digest"] for row in rows])
    known = rows[0]["plan_digest"]
    source = f"ops.plans {known[:12]}"
    plan = join_plan(rows[0]["content"].encode(), _stored_changes(warehouse, known), source)
    if digest_of(plan) != known:
        raise PlanFileError(source, "has another digest: it is not what was stored")
    return plan


def _stored_changes(warehouse: Warehouse, digest: str) -> Iterator[bytes]:
    last = 0
    while rows := warehouse.rows(
        "select position, content from ops.plan_changes where plan_digest = $digest "
        f"and position > $last order by position limit {_ROWS_PER_STATEMENT}",
        {"digest": digest, "last": last},
    ):
        yield from (row["content"].encode() for row in rows)
        last = rows[-1]["position"]


def write_rejected(
    warehouse: Warehouse, run_id: str, rejected: Sequence[Rejected], now: datetime
) -> None:
    """Keep the faults of a run's change requests."""
    rows = [
        {
            "run_id": run_id,
            "number": number,
            "source": one.source,
            "action": one.action,
            "field": one.field,
            "value": one.value,
            "rule": one.rule,
            "rejected_at": now,
        }
        for number, one in enumerate(rejected, 1)
    ]
    with warehouse.transaction():
        insert_rows(warehouse, REJECTED_REQUESTS, rows)


def policy_tests(
    warehouse: Warehouse, policy: Policy
) -> Callable[[Sequence[Change]], tuple[Breach, ...]]:
    """Return what runs a policy's SQL tests over changes.

    A test selects from `ops.plan_changes` and `ops.plan_people`, where `$plan` is the plan's mark,
    and whatever else the warehouse holds. Every row that it returns is a breach.
    """

    def run(changes: Sequence[Change]) -> tuple[Breach, ...]:
        if not policy.tests:
            return ()
        with warehouse.transaction():
            _forget(warehouse, _DRAFT)
            _write_changes(warehouse, _DRAFT, changes)
            found = [
                breach
                for test in policy.tests
                for breach in _broken(test.name, _test_rows(warehouse, test.sql))
            ]
            _forget(warehouse, _DRAFT)
        return tuple(found)

    return run


def _test_rows(warehouse: Warehouse, sql: str) -> list[dict[str, Any]]:
    return warehouse.rows(sql, {"plan": _DRAFT} if "$plan" in sql else {})


def _broken(name: str, rows: list[dict[str, Any]]) -> Iterator[Breach]:
    if not rows:
        return
    ids = tuple(dict.fromkeys(str(row["change_id"]) for row in rows if row.get("change_id")))
    yield Breach(
        guard=f"test: {name}",
        message=f"The policy's test '{name}' returned {len(rows)} rows and must return none. "
        "Leave those changes out, or change the test.",
        change_ids=tuple(sorted(ids)),
    )


def _forget(warehouse: Warehouse, mark: str) -> None:
    for table in (PLAN_CHANGES, PLAN_PEOPLE):
        warehouse.execute(f"delete from ops.{table.name} where plan_digest = $mark", {"mark": mark})


def _write_changes(warehouse: Warehouse, mark: str, changes: Sequence[Change]) -> None:
    rows = (_change_row(mark, position, one) for position, one in enumerate(changes, 1))
    insert_rows(warehouse, PLAN_CHANGES, rows)
    insert_rows(warehouse, PLAN_PEOPLE, (row for one in changes for row in _people_rows(mark, one)))


def _change_row(mark: str, position: int, change: Change) -> dict[str, Any]:
    starts_at = change.touched.starts_at
    return {
        "plan_digest": mark,
        "change_id": change.id,
        "position": position,
        "action": change.action,
        "target": change.target,
        "body": change.body,
        "booking_uid": change.touched.booking_uid,
        "starts_at": parse_instant(starts_at) if starts_at else None,
        "event_type_id": change.touched.event_type_id,
        "flags": ",".join(change.flags),
        "reason": change.reason,
        "requested_by": change.requested_by,
        "source": change.source,
        "content": canonical(change).decode(),
    }


def _people_rows(mark: str, change: Change) -> Iterator[dict[str, Any]]:
    mails = Counter(mail.to for mail in change.effects.mails)
    attendees = [person.email for person in change.touched.attendees]
    roles = [("host", email) for email in change.touched.hosts]
    roles += [("attendee", email) for email in attendees]
    known = {email for _, email in roles}
    roles += [("mailed", email) for email in mails if email not in known]
    for role, email in dict.fromkeys(roles):
        yield {
            "plan_digest": mark,
            "change_id": change.id,
            "role": role,
            "email": email,
            "email_domain": email.rpartition("@")[2].lower() if "@" in email else "",
            "mail_count": mails[email],
        }


def insert_rows(warehouse: Warehouse, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows as one JSON text: a parameter for each value takes a hundred times as long."""
    dialect, names = warehouse.dialect, [column.name for column in table.columns]
    columns = ", ".join(dialect.json_column.format(name=name) for name in names)
    values = [f"cast({c.name} as {dialect.types[c.type]})" for c in table.columns]
    sql = (
        f"insert into ops.{table.name} ({', '.join(names)}) select {', '.join(values)} "
        f"from {dialect.json_rows.format(columns=columns)} as given"
    )
    coming = map(dict, rows)
    while part := list(islice(coming, _ROWS_PER_STATEMENT)):
        warehouse.execute(sql, {"rows": msgspec.json.encode(part).decode()})
