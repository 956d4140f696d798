"""Whether applied changes wait to be verified by a sync; only then are all actions imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One applied change, compared with the warehouse.

    Attributes:
        plan_digest: The plan.
        change_id: The change.
        difference: What is otherwise; empty where all is as the change left it.
    """

    plan_digest: str
    change_id: str
    difference: str


def verify_effects(
    warehouse: Warehouse, run_id: str, now: datetime, *, is_read: frozenset[str]
) -> list[Verified]:
    """Compare applied changes with the warehouse, and keep the result in `ops.effect_verification`.

    Changes that were found as they should be by an earlier sync are not looked at again.

    Args:
        warehouse: The warehouse after a sync.
        run_id: The sync.
        now: The present instant.
        is_read: Tables that the sync has read.
    """
    unverified = _unverified(warehouse)
    if not unverified:
        return []
    from pipelines.reverse_sync.verification import verify  # noqa: PLC0415 - half a second

    return verify(warehouse, unverified, run_id, now, is_read=is_read)


def _unverified(warehouse: Warehouse) -> dict[str, set[str]]:
    """Return the ids of the changes that are done and that no sync has verified yet, by plan."""
    rows = warehouse.rows(
        "select distinct plan_digest, change_id from ops.reverse_journal as j "
        "where (step = 'decided' or (step = 'settled' and content like $done)) and not exists ("
        "select 1 from ops.effect_verification as v where v.plan_digest = j.plan_digest "
        "and v.change_id = j.change_id and v.is_verified)",
        {"done": '%"outcome":"done"%'},
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["plan_digest"], set()).add(row["change_id"])
    return found
