"""Independent proof: what Cal.com counts beside what the warehouse holds.

The totals of the bookings list honour every filter but the created and updated ones, so one
request that reads a single booking gives the number of all. It shares nothing with the walk that
fetched the rows, so it notices what the walk lost.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from cal_source.bookings import booking_view, count_bookings
from cal_source.catalogue import operation
from cal_source.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

MOST_PROBES: Final = 100


@dataclass(frozen=True, slots=True)
class Proof:
    """Two counts of the same thing.

    Attributes:
        resource: The raw table.
        scope: The view of Cal.com that was counted.
        api_count: Rows by Cal.com's own total.
        warehouse_count: Rows of that scope in the raw table.
        quarantined_count: Records of this run in quarantine; Cal.com's total includes them.
        proved_at: When Cal.com was asked, UTC.
    """

    resource: str
    scope: str
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
        return {**asdict(self), "is_proved": self.is_proved}


def prove_bookings(warehouse: Warehouse, extraction: Extraction) -> Proof:
    """Compare Cal.com's total of bookings with the warehouse and keep the result in `ops.proofs`.

    Raises:
        CalError: Cal.com does not answer.
    """
    view = booking_view(extraction)
    api_count = count_bookings(extraction, view)
    # A record that could not be loaded keeps its last good row, if it ever had one.
    quarantined = warehouse.scalar(
        "select count(*) from ops.quarantine as q where q.run_id = ? and q.resource = 'bookings' "
        "and not exists (select 1 from raw.bookings as b where b.uid = q.record_key)",
        [extraction.run_id],
    )
    held = warehouse.scalar("select count(*) from raw.bookings where _scope = ?", [view.scope])
    proof = Proof(
        resource="bookings",
        scope=view.scope,
        api_count=api_count,
        warehouse_count=int(held),
        quarantined_count=int(quarantined),
        proved_at=extraction.clock(),
    )
    row = {"run_id": extraction.run_id, **proof.row()}
    warehouse.connection.execute(
        f"insert into ops.proofs ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
        list(row.values()),
    )
    return proof


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
        "order by gone_at, row_key limit ?",
        [limit],
    )
    found = {"deleted": 0, "hidden": 0}
    for uid in (row["row_key"] for row in doubted):
        reason = "hidden"
        try:
            extraction.client.get(
                operation("retrieve_booking_details_by_uid"), path={"bookingUid": uid}
            )
        except NotFoundError:
            reason = "deleted"
        found[reason] += 1
        warehouse.connection.execute(
            "update ops.tombstones set reason = ? where resource = 'bookings' and row_key = ?",
            [reason, uid],
        )
    return found
