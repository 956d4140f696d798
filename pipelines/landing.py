"""Landing a run: dlt loads the source's rows into schema `landing`, complete or not at all.

A landing is never resumed. dlt works in a fresh folder and a fresh schema each time, so a run that
was killed leaves nothing a later one could mix with its own rows; what it had loaded is published
when dlt had recorded it as complete, and dropped otherwise.
"""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import dlt
import duckdb

from cal_source.errors import CalError
from cal_source.source import cal_source
from cal_source.tables import TABLES
from pipelines.errors import PipelineError
from pipelines.publish import LANDING, drop_landing
from pipelines.warehouse import space_problem, warehouse_error

if TYPE_CHECKING:
    from collections.abc import Collection

    from cal_source.bookings import BookingReads
    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")  # we report; dlt would print tracebacks

_RUN_RECORDS: Final = ("reads", "quarantine", "schema_drift")


def land(
    warehouse: Warehouse,
    extraction: Extraction,
    bookings: BookingReads,
    resources: Collection[str],
) -> None:
    """Load one run's rows into schema `landing`.

    Args:
        warehouse: The open warehouse; an earlier landing in it is dropped.
        extraction: The run.
        bookings: Which bookings to read.
        resources: Root tables to read.

    Raises:
        CalError: Reading failed in a way that ends the run.
        WarehouseError: The warehouse could not be written.
        KeyboardInterrupt: The run was stopped.
        BaseException: Whatever else dlt raised.
    """
    drop_landing(warehouse)
    source = cal_source(extraction=extraction, bookings=bookings)
    names = [member.name for root in resources for member in TABLES[root].family()]
    source = source.with_resources(*names, *_RUN_RECORDS)
    for name in names:
        source.resources[name].apply_hints(write_disposition="append", primary_key=[], merge_key=[])
    with TemporaryDirectory(prefix="cal-warehouse-") as folder:
        pipeline = dlt.pipeline(
            pipeline_name="cal_warehouse",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(warehouse.connection),
            dataset_name=LANDING,
        )
        try:
            pipeline.run(source)
        except Exception as error:
            explained = _explained(error, warehouse)
            raise explained from error
        finally:
            pipeline.deactivate()


def _explained(error: BaseException, warehouse: Warehouse) -> BaseException:
    """Return the error that lies beneath dlt's own, as one that people can act on."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, CalError | PipelineError | KeyboardInterrupt):
            return cause
    for cause in chain:
        if isinstance(cause, OSError | duckdb.IOException) or space_problem(str(cause)):
            return warehouse_error(warehouse.path, str(cause))
    return error


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and everything it was raised from, deepest first."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        current = current.__cause__ or current.__context__
    return seen[::-1]
