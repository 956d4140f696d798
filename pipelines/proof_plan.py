"""Which months of bookings a run counts: those whose proof is oldest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.warehouse import Warehouse

DEFAULT_PROOF_REQUESTS: Final = 12


def instants_to_count(warehouse: Warehouse, scope: str, requests: int) -> tuple[datetime, ...]:
    """Return the starts of the months to count next, and the end of the last of them.

    Months lie beside one another, so that each instant serves two of them; what lies before and
    behind is thereby counted too, as one number each.

    Args:
        warehouse: The open warehouse.
        scope: The view of bookings.
        requests: Most instants.
    """
    months = _months(warehouse, scope)
    if not months or requests < len(("start", "end")):
        return ()
    rows = warehouse.rows(
        "select window_name, max(proved_at) as proved_at from ops.proofs where "
        "resource = 'bookings' and scope = $scope and is_proved group by window_name",
        {"scope": scope},
    )
    proved = {row["window_name"]: row["proved_at"] for row in rows}
    never = datetime.min.replace(tzinfo=UTC)
    number = min(requests - 1, len(months))
    oldest = min(range(len(months)), key=lambda n: (proved.get(f"{months[n]:%Y-%m}", never), n))
    first = min(oldest, len(months) - number)
    chosen = months[first : first + number]
    return (*chosen, next_month(chosen[-1]))


def next_month(month: datetime) -> datetime:
    """Return the first instant of the month after."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _months(warehouse: Warehouse, scope: str) -> list[datetime]:
    """Return the first instants, UTC, of the months from the first booking to the last."""
    (row,) = warehouse.rows(
        'select min("start") as first, max("start") as last from raw.bookings '
        "where _scope = $scope",
        {"scope": scope},
    )
    if row["first"] is None:
        return []
    month = row["first"].astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    while month <= row["last"]:
        months.append(month)
        month = next_month(month)
    return months
