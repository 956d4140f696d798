"""An invented account to sync, in the sandbox's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cal_source.client import CalClient
from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox, Timing, World
from pipelines.landing import land, read, working_folder
from pipelines.options import SyncOptions
from pipelines.sync import SyncResult, sync
from tests.conftest import InProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cal_source.bookings import BookingReads
    from pipelines.warehouse import Warehouse

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def new_sandbox(*, bookings: int, seed: int, timing: Timing | None = None) -> Sandbox:
    """Make an account of that many bookings; nothing limits the requests to it."""
    world = World.generate(bookings=bookings, seed=seed, now=NOW)
    return Sandbox(world, seed=seed, now=NOW, rate_limit_per_minute=10**6, timing=timing)


def client_for(sandbox: Sandbox, key: str = "owner") -> CalClient:
    """Make a client of one of the account's keys that never waits."""
    return CalClient(
        f"cal_sandbox_{key}",
        base_url="http://sandbox.test",
        transport=InProcess(sandbox),
        sleep=lambda _: None,
    )


def sync_now(
    warehouse: Warehouse,
    sandbox: Sandbox,
    *,
    key: str = "owner",
    client_skew: timedelta = timedelta(),
    **options: Any,
) -> SyncResult:
    """Sync an account at the present instant of its own clock.

    Args:
        warehouse: The warehouse.
        sandbox: Cal.com.
        key: The API key.
        client_skew: How far the clock of the machine that syncs is off.
        options: As for `SyncOptions`.
    """
    client = client_for(sandbox, key)
    return sync(
        warehouse,
        lambda **more: Extraction(
            client, strict=False, clock=lambda: sandbox.clock.now() + client_skew, **more
        ),
        SyncOptions(**options),
    )


def land_now(
    warehouse: Warehouse, extraction: Extraction, reads: BookingReads, resources: Sequence[str]
) -> None:
    """Read a run and land it, as a sync does before it publishes."""
    with working_folder(warehouse) as folder:
        has_rows = read(warehouse, extraction, reads, resources, folder)
        land(warehouse, extraction, folder, has_rows=has_rows)
