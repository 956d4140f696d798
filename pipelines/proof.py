"""Independent proof: what Cal.com counts beside what the warehouse holds.

The totals of the bookings list honour the filter by start, so one request tells how many bookings
start at or after an instant, and two tell it of a month. Every page of a walk tells the number of
all. None of that shares anything with how rows were fetched, so it notices what the walk lost.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.bookings import RESOURCE, booking_view, count_bookings
from cal_source.catalogue import operation
from cal_source.errors import NotFoundError
from cal_source.ledger import BEGINNING, END_OF_TIME
from cal_source.walk import parse_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

ALL: Final = "all"
KEYS: Final = "keys"
MOST_PROBES: Final = 100


@dataclass(frozen=True, slots=True)
class Proof:
    """Two counts of the same rows.

    Attributes:
        resource: The raw table.
        scope: The view of Cal.com that was counted.
        window_name: Which of its rows: `all`, a month of starts such as `2026-03`, or those
            `before` or `from` a month on; `keys` where keys and contents were compared.
        start_at: First start that belongs to it.
        end_at: First start behind it.
        api_count: Rows by Cal.com's own total.
        warehouse_count: Rows in the raw table; of `keys` those equal to what was read, less those
            that were not read.
        quarantined_count: Records in quarantine; Cal.com's total includes them.
        proved_at: When Cal.com was asked, UTC.
    """

    resource: str
    scope: str
    window_name: str
    start_at: datetime
    end_at: datetime
    api_count: int
    warehouse_count: int
    quarantined_count: int
    proved_at: datetime

    @property
    def is_proved(self) -> bool:
        """True when every row that Cal.com counts is in the warehouse or in quarantine."""
        return self.api_count == self.warehouse_count + self.quarantined_count

    def row(self) -> dict[str, Any]:
        """Return the proof as a row of ops.proofs, without the run."""
        row = {**asdict(self), "is_proved": self.is_proved}
        del row["start_at"], row["end_at"]
        return row


class HeldBookings:
    """Counts what the warehouse has of one view's bookings, beside what is in quarantine."""

    def __init__(self, warehouse: Warehouse, scope: str) -> None:
        self._warehouse = warehouse
        self._scope = scope
        # A record that could not be loaded keeps its last good row, if it ever had one. What an
        # earlier run could not load still counts, until all bookings have been read again.
        rows = warehouse.rows(
            "select q.record_key, q.run_id, cast(q.record as varchar) as record "
            "from ops.quarantine as q where q.resource = 'bookings' and q.scope = $scope "
            "and q.run_id >= (select coalesce(max(r.run_id), '') from ops.reads as r where "
            "r.resource = 'bookings' and r.scope = $scope and r.status = 'complete') "
            "and not exists (select 1 from raw.bookings as b where b.uid = q.record_key)",
            {"scope": scope},
        )
        last_run = max((row["run_id"] for row in rows), default="")
        records = {
            row["record_key"] or number: row["record"]
            for number, row in enumerate(rows)
            if row["record_key"] or row["run_id"] == last_run
        }
        self._quarantined = [_start_of(record) for record in records.values()]

    def rows_from(self, at: datetime) -> int:
        """Return how many rows start at or after an instant."""
        return self.rows_from_each((at,))[at]

    def rows_from_each(self, instants: Collection[datetime]) -> dict[datetime, int]:
        """Return how many rows start at or after each instant, in one look at the table."""
        marks = {f"at{number}": at for number, at in enumerate(instants)}
        counts = ", ".join(
            f'count(*) filter (where "start" >= ${mark}) as {mark}' for mark in marks
        )
        (found,) = self._warehouse.rows(
            f"select {counts} from raw.bookings where _scope = $scope",
            {"scope": self._scope, **marks},
        )
        return {at: int(found[mark]) for mark, at in marks.items()}

    def quarantined_from(self, at: datetime) -> int:
        """Return how many records in quarantine start then or later; unknown is the beginning."""
        return sum((start or BEGINNING) >= at for start in self._quarantined)

    def starts_between(self, low: datetime, high: datetime) -> datetime | None:
        """Return the median start of the rows between two instants, None without rows."""
        found: datetime | None = self._warehouse.scalar(
            'select "start" from raw.bookings where _scope = $scope and "start" > $low '
            'and "start" < $high order by "start" limit 1 offset (select count(*) / 2 from '
            'raw.bookings where _scope = $scope and "start" > $low and "start" < $high)',
            {"scope": self._scope, "low": low, "high": high},
        )
        return found


def _start_of(record: str) -> datetime | None:
    decoded = msgspec.json.decode(record)
    return parse_instant(decoded.get("start")) if isinstance(decoded, dict) else None


def prove_bookings(warehouse: Warehouse, extraction: Extraction) -> list[Proof]:
    """Compare Cal.com's counts of a run with the warehouse and keep the result in `ops.proofs`.

    Returns:
        The proof of the whole view, then those of the months that the run asked about.

    Raises:
        CalError: Cal.com does not answer.
    """
    view = booking_view(extraction)
    total = extraction.booking_total
    if total is None:
        total = count_bookings(extraction, view)
    held = HeldBookings(warehouse, view.scope)
    counted = {BEGINNING: total, **dict(sorted(extraction.booking_counts.items())), END_OF_TIME: 0}
    rows = held.rows_from_each(counted)
    ours = {at: (rows[at], held.quarantined_from(at)) for at in counted}
    spans = [(BEGINNING, END_OF_TIME)]
    if len(counted) > len(spans) + 1:
        spans += pairwise(counted)
    now = extraction.clock()
    proofs = [
        Proof(
            resource=RESOURCE,
            scope=view.scope,
            window_name=_name_of(low, high),
            start_at=low,
            end_at=high,
            api_count=counted[low] - counted[high],
            warehouse_count=ours[low][0] - ours[high][0],
            quarantined_count=ours[low][1] - ours[high][1],
            proved_at=now,
        )
        for low, high in spans
    ]
    _keep(warehouse, extraction.run_id, proofs)
    return proofs


def prove_keys(
    warehouse: Warehouse, extraction: Extraction, keys: Mapping[str, Mapping[str, int]]
) -> list[Proof]:
    """Keep the comparison of a full reading in `ops.proofs`, one row per table.

    Args:
        warehouse: The open warehouse.
        extraction: The run.
        keys: What publishing it found, by table; see `pipelines.key_proof`.
    """
    proofs = [
        Proof(
            resource=table,
            scope="*",
            window_name=KEYS,
            start_at=BEGINNING,
            end_at=END_OF_TIME,
            api_count=counts["read"],
            warehouse_count=counts["equal"] - counts["other"],
            quarantined_count=0,
            proved_at=extraction.clock(),
        )
        for table, counts in keys.items()
    ]
    _keep(warehouse, extraction.run_id, proofs)
    return proofs


def _keep(warehouse: Warehouse, run_id: str, proofs: Sequence[Proof]) -> None:
    if not proofs:
        return
    with warehouse.transaction():
        for proof in proofs:
            row = {"run_id": run_id, **proof.row()}
            warehouse.execute(
                f"insert into ops.proofs ({', '.join(row)}) values "
                f"({', '.join('$' + name for name in row)})",
                row,
            )


def _name_of(low: datetime, high: datetime) -> str:
    """Return what a span is called in `ops.proofs`."""
    if (low, high) == (BEGINNING, END_OF_TIME):
        return ALL
    if low == BEGINNING:
        return f"before {high:%Y-%m}"
    if high == END_OF_TIME:
        return f"from {low:%Y-%m}"
    months = (high.year - low.year) * 12 + high.month - low.month
    return f"{low:%Y-%m}" if months == 1 else f"{low:%Y-%m} to {high:%Y-%m}"


def probe_tombstones(
    warehouse: Warehouse, extraction: Extraction, limit: int = MOST_PROBES
) -> dict[str, int]:
    """Ask Cal.com for bookings that a complete read did not bring, oldest doubt first.

    A booking's uid is all that reading it needs, so 404 means deleted and an answer means that
    this key may not list it any more.

    Args:
        warehouse: The open warehouse.
        extraction: The run.
        limit: Most requests to spend.

    Returns:
        How many were found `deleted` and `hidden`.

    Raises:
        CalError: Cal.com does not answer.
    """
    doubted = warehouse.rows(
        "select row_key from ops.tombstones where resource = 'bookings' and reason = 'absent' "
        "order by gone_at, row_key limit $limit",
        {"limit": limit},
    )
    found = {"deleted": 0, "hidden": 0}
    for uid in (row["row_key"] for row in doubted):
        reason = "hidden"
        extraction.ledger.count_request("probe")
        try:
            extraction.client.get(
                operation("retrieve_booking_details_by_uid"), path={"bookingUid": uid}
            )
        except NotFoundError:
            reason = "deleted"
        found[reason] += 1
        warehouse.execute(
            "update ops.tombstones set reason = $reason where resource = 'bookings' "
            "and row_key = $uid",
            {"reason": reason, "uid": uid},
        )
    return found
