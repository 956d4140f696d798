"""Which bookings to read again when Cal.com's counts and the warehouse's differ.

Counts by start are cut in halves, following the difference, until what is left fits one request.
Each cut costs one request, so one row among a million is found with about twelve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.bookings import Window, booking_view, count_bookings
from cal_source.ledger import BEGINNING, END_OF_TIME
from pipelines.proof import ALL, HeldBookings, Proof

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

MOST_CUTS: Final = 60
_SMALL: Final = 200  # rows that one request brings, with room for those that come meanwhile


def windows_to_repair(
    warehouse: Warehouse, extraction: Extraction, proofs: Sequence[Proof]
) -> tuple[Window, ...] | None:
    """Find the windows that hold the difference.

    Args:
        warehouse: The open warehouse.
        extraction: The run; its requests are used.
        proofs: The latest proofs, of which some failed.

    Returns:
        Windows to read completely; None when reading everything is the better way.

    Raises:
        CalError: Cal.com does not answer.
    """
    failed = [proof for proof in proofs if not proof.is_proved]
    parts = [proof for proof in failed if proof.window_name != ALL] or failed
    search = _Search(warehouse, extraction, parts)
    windows: list[Window] = []
    for proof in parts:
        found = search.within(proof.start_at, proof.end_at)
        if found is None:
            return None
        windows += found
    return tuple(windows)


class _Search:
    """Counts on both sides, each instant asked once."""

    def __init__(
        self, warehouse: Warehouse, extraction: Extraction, proofs: Sequence[Proof]
    ) -> None:
        self._extraction = extraction
        self._view = booking_view(extraction)
        self._held = HeldBookings(warehouse, self._view.scope)
        self._left = MOST_CUTS
        self._counted = {**extraction.booking_counts, END_OF_TIME: 0}
        self._counted[BEGINNING] = extraction.booking_total or max(p.api_count for p in proofs)

    def within(self, low: datetime, high: datetime) -> list[Window] | None:
        """Return the windows between two instants that differ; None when cuts run out."""
        theirs = self._theirs(low) - self._theirs(high)
        ours = self._ours(low) - self._ours(high)
        if theirs == ours:
            return []
        cut = self._held.starts_between(low, high) or low + (high - low) / 2
        if max(theirs, ours) <= _SMALL or not low < cut < high:
            return [Window(low, high)]
        if self._left == 0:
            return None
        self._left -= 1
        halves = [self.within(low, cut), self.within(cut, high)]
        if any(half is None for half in halves):
            return None
        return [window for half in halves if half for window in half]

    def _theirs(self, at: datetime) -> int:
        if at not in self._counted:
            self._counted[at] = count_bookings(self._extraction, self._view, at)
        return self._counted[at]

    def _ours(self, at: datetime) -> int:
        return self._held.rows_from(at) + self._held.quarantined_from(at)
