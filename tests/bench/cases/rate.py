"""Use of the allowed rate: requests made in every full window, beside what the window allows.

The server gives 25 bookings an answer, so that requests and not rows decide how long it takes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.bench.server import Settings, running_server
from tests.bench.session import KEY, Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WINDOW_SECONDS: Final = 60.0
_PAGE: Final = 25
_SETTINGS: Final = {
    "120 a minute, quick server": {"limit": 120},
    "500 a minute, quick server": {"limit": 500},
    "500 a minute, 150 ms an answer": {"limit": 500, "latency_ms": 150.0},
}


def measure_rate(session: Session, size: int) -> None:
    """First loads against real limits in real time; at 500 a minute of four times the bookings."""
    for way, settings in _SETTINGS.items():
        bookings = size * (4 if settings["limit"] == 500 else 1)
        if session.wants("rate", way, size, 0):
            with running_server(
                Settings(bookings=bookings, largest_page=_PAGE, **settings)
            ) as server:
                measure = partial(_load, session, server, settings["limit"])
                session.rounds_of("rate", size, {way: measure})


def _load(session: Session, server: Any, limit: int, folder: Path) -> Any:
    server.reset()
    cost = session.cal_warehouse(folder, server.url, str(folder / "w.duckdb"), "sync")
    stats = server.stats(arrivals=True)
    windows = full_windows(stats["arrivals"][KEY], _WINDOW_SECONDS)
    return cost, {
        "limit": limit,
        "full_windows": windows,
        "use": round(sum(windows) / (limit * len(windows)), 4) if windows else None,
        "refused": stats["refused"],
    }


def full_windows(arrivals: Sequence[float], window_seconds: float) -> list[int]:
    """Count requests by window, as Cal.com cuts them: the first request begins one.

    The last window is left out, because the work ended in it.
    """
    windows: list[int] = []
    ends_at = float("-inf")
    for at in arrivals:
        if at >= ends_at:
            ends_at = at + window_seconds
            windows.append(0)
        windows[-1] += 1
    return windows[:-1]
