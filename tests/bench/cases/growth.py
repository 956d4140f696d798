"""How seconds, memory and requests grow with the account: load, changes, nothing new, marts."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from cal_source.bookings import PAGE_SIZE, SLICE_SIZE
from tests.bench.cases.startup import EMPTY, empty_pipeline
from tests.bench.server import Settings, running_server
from tests.bench.session import Session, work_folder

if TYPE_CHECKING:
    from tests.bench.measure import Cost

CHANGED: Final = 5000
LOAD, MERGE, UNCHANGED, MARTS = "load", "merge of 5,000 changed", "no change", "marts"
_NOWHERE: Final = "http://127.0.0.1:9"


def measure_growth(session: Session, size: int) -> None:
    """One account from its first load on; later runs use the warehouse of the earlier ones."""
    if not any(session.wants("growth", way, size, 0) for way in (LOAD, MERGE, UNCHANGED, MARTS)):
        return
    with running_server(Settings(bookings=size)) as server, work_folder() as folder:
        warehouse = folder / "w.duckdb"

        def sync() -> tuple[Cost, dict[str, Any]]:
            server.reset()
            cost = session.cal_warehouse(folder, server.url, str(warehouse), "sync")
            return cost, {
                "warehouse_mb": round(warehouse.stat().st_size / 2**20, 1),
                "pages": ceil(size / PAGE_SIZE),
                "windows": ceil(size / SLICE_SIZE),
                "server_cpu_seconds": round(server.stats()["cpu_seconds"], 2),
            }

        if session.note("growth", LOAD, size, sync) is None:
            return
        for _ in range(session.rounds):  # before any change: each is read again for ten minutes
            session.note("growth", UNCHANGED, size, sync)
            session.note("growth", EMPTY, size, lambda: empty_pipeline(session, folder))
        for _ in range(session.rounds):
            server.change(CHANGED)
            session.note("growth", MERGE, size, sync)
        session.note(
            "growth",
            MARTS,
            size,
            lambda: session.cal_warehouse(folder, _NOWHERE, str(warehouse), "transform"),
        )
