"""What `cal-warehouse apply` does last: read into the warehouse again what it has changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cal_source.extraction import Extraction
from pipelines.cli.sync import show_effects
from pipelines.exit_codes import MEANINGS, ExitCode
from pipelines.reverse_sync.refresh import refresh_options
from pipelines.sync import sync

if TYPE_CHECKING:
    from cal_source.client import CalClient
    from pipelines.cli.output import Output
    from pipelines.reverse_sync.apply import ApplyResult
    from pipelines.warehouse import Warehouse


def refresh(
    result: ApplyResult,
    warehouse: Warehouse,
    client: CalClient,
    organization_id: int | None,
    output: Output,
) -> None:
    """Read what was changed into the warehouse again.

    Args:
        result: How the apply ended.
        warehouse: The open warehouse.
        client: Client of the key.
        organization_id: Organisation to read; None takes the one of the key's user.
        output: Where it is told.
    """
    options = refresh_options(result, warehouse)
    if options is None:
        return
    extraction = partial(Extraction, client, organization_id=organization_id, strict=False)
    refreshed = sync(warehouse, extraction, options)
    show_effects(warehouse, refreshed, output)
    output.say(f"Read into the warehouse again what was changed: {refreshed.requests} requests.")
    if refreshed.exit_code is not ExitCode.DONE:
        output.warn(f"Not everything could be read again: {MEANINGS[refreshed.exit_code]}.")
