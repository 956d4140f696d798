"""Details that cost one request per booking: for which bookings they are due.

A booking's details are due when they were never read, or when the booking or its attendees have
changed since. The newest bookings come first; the rest waits for the next sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.warehouse import Warehouse

DEFAULT_DETAIL_REQUESTS: Final = 100

_VERSIONS: Final = (
    "select b.uid, b.start, md5(b._content_hash || coalesce(string_agg(a._content_hash, '' "
    "order by a.email, a.ordinal), '')) as version from raw.bookings as b left join "
    "raw.booking_attendees as a on a.booking_uid = b.uid group by b.uid, b.start, b._content_hash"
)


def bookings_without_details(warehouse: Warehouse, table: str, limit: int) -> list[str]:
    """Return the bookings whose details are due in a table, latest start first."""
    rows = warehouse.rows(
        f"select v.uid from ({_VERSIONS}) as v left join ops.detail_reads as d on "
        "d.resource = $table and d.booking_uid = v.uid where d.version is distinct from v.version "
        "order by v.start desc, v.uid limit $limit",
        {"table": table, "limit": limit},
    )
    return [row["uid"] for row in rows]


def remember_details(warehouse: Warehouse, table: str, run_id: str) -> None:
    """Keep for which version of a booking its details were read, or refused for good."""
    with warehouse.transaction():
        read = (
            "select replace(scope, 'booking:', '') as uid from ops.reads where run_id = $run "
            "and resource = $table and status in ('complete', 'partial', 'skipped')"
        )
        parameters = {"run": run_id, "table": table}
        warehouse.execute(
            f"delete from ops.detail_reads where resource = $table and booking_uid in ({read})",
            parameters,
        )
        warehouse.execute(
            "insert into ops.detail_reads (resource, booking_uid, version, run_id) "
            f"select $table, v.uid, v.version, $run from ({_VERSIONS}) as v "
            f"where v.uid in ({read})",
            parameters,
        )


def forget_details(warehouse: Warehouse) -> None:
    """Forget what was read of bookings that are gone; publishing has removed the rows."""
    if not warehouse.scalar("select count(*) from (select 1 from ops.detail_reads limit 1) as d"):
        return  # spares a walk through all bookings
    warehouse.execute(
        "delete from ops.detail_reads where booking_uid not in (select uid from raw.bookings)"
    )
