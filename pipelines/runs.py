"""The record of every run in `ops.runs`: opened before the work, closed whatever happens."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.errors import WarehouseError
from pipelines.exit_codes import ExitCode, exit_code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from pipelines.warehouse import Warehouse


@dataclass(slots=True)
class RunRecord:
    """How a run ended; its maker fills this in before it is done.

    Attributes:
        outcome: proved, unproved, incomplete, quarantined, built or check_failed.
        exit_code: Exit code of the command.
    """

    outcome: str = ""
    exit_code: ExitCode = ExitCode.DONE


@contextmanager
def recorded_run(
    warehouse: Warehouse,
    run_id: str,
    command: str,
    settings: Mapping[str, Any],
    *,
    clock: Callable[[], datetime],
    requests: Callable[[], int] = lambda: 0,
) -> Iterator[RunRecord]:
    """Keep the record of one run, also when it fails or is stopped.

    Args:
        warehouse: The open warehouse.
        run_id: Identifier of the run.
        command: The command's name.
        settings: What decided what was done, without secrets.
        clock: Gives the present instant, UTC.
        requests: Gives the number of HTTP requests so far.

    Yields:
        The record to fill in.
    """
    warehouse.execute(
        "insert into ops.runs (run_id, command, version, started_at, outcome, message, settings) "
        "values ($run, $command, $version, $now, 'running', '', $settings)",
        {
            "run": run_id,
            "command": command,
            "version": version("cal-warehouse"),
            "now": clock(),
            "settings": msgspec.json.encode(dict(settings)).decode(),
        },
    )
    record = RunRecord()

    def close(message: str) -> None:
        warehouse.execute(
            "update ops.runs set finished_at = $now, outcome = $outcome, exit_code = $code, "
            "message = $message, requests = $requests where run_id = $run",
            {
                "now": clock(),
                "outcome": record.outcome,
                "code": int(record.exit_code),
                "message": message,
                "requests": requests(),
                "run": run_id,
            },
        )

    try:
        yield record
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        record.outcome = "interrupted" if stopped else "failed"
        record.exit_code = exit_code_of(error)
        with suppress(warehouse.driver_error, WarehouseError):  # the warehouse may be what failed
            close("stopped by Ctrl-C" if stopped else str(error))
        raise
    close("")
