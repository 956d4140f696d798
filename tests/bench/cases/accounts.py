"""Many accounts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.session import Session

TOGETHER, SLOWEST = "200 accounts together", "the slowest account alone"


def measure_accounts(session: Session, size: int) -> None:
    """Two hundred accounts beside the slowest one alone."""
