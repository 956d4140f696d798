"""Loading a run's rows with dlt: first into files, then into schema `landing`.

dlt works in a fresh folder and a fresh schema each time, so a run that was killed leaves nothing a
later one could mix with its own rows. Reading into files does not touch the warehouse, so that one
thread can read while another writes there. Imported only by runs that have rows to load: dlt takes
a second to import.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import dlt
import pyarrow as pa

from cal_source.errors import CalError
from cal_source.source import cal_source
from cal_source.tables import TABLES
from pipelines.errors import PipelineError
from pipelines.landed import LANDING
from pipelines.steps import Step, begin
from pipelines.unchanged import land_confirmed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dlt.common.destination import TLoaderFileFormat
    from dlt.extract import DltSource
    from dlt.pipeline.pipeline import Pipeline

    from cal_source.bookings import BookingReads
    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

_DESTINATIONS: Final = {
    "duckdb": dlt.destinations.duckdb,
    "postgres": dlt.destinations.postgres,
}
# dlt loads Arrow into Postgres as CSV, where it forces every empty text to NULL
_FILE_FORMATS: Final[dict[str, TLoaderFileFormat]] = {"postgres": "parquet"}
# into a file, several tables at a time gain a few percent and hold memory each
_LOADING_AT_A_TIME: Final = {"duckdb": 1, "postgres": 20}
_RUN_RECORDS: Final = ("reads", "coverage", "quarantine", "schema_drift")


def extract(
    warehouse: Warehouse,
    extraction: Extraction,
    bookings: BookingReads,
    resources: Collection[str],
    folder: str,
) -> None:
    """Read the rows of tables, and what was read, into files; the warehouse is not touched.

    Args:
        warehouse: Where the rows are to go.
        extraction: The run.
        bookings: Which bookings to read.
        resources: Root tables to read.
        folder: An empty folder for dlt.

    Raises:
        CalError: Reading failed in a way that ends the run.
        WarehouseError: The files could not be written.
        KeyboardInterrupt: The run was stopped.
        BaseException: Whatever else dlt raised.
    """
    with _pipeline(warehouse, folder) as pipeline:
        source = _source(extraction, bookings, resources)
        pipeline.extract(source, loader_file_format=_FILE_FORMATS.get(warehouse.dialect.name))
    pa.default_memory_pool().release_unused()  # else Arrow keeps what DuckDB could use


def load(warehouse: Warehouse, extraction: Extraction, folder: str) -> None:
    """Load what was extracted into schema `landing`.

    Args:
        warehouse: The open warehouse.
        extraction: The run.
        folder: The folder of its `extract`.

    Raises:
        WarehouseError: The warehouse could not be written.
        KeyboardInterrupt: The run was stopped.
        BaseException: Whatever else dlt raised.
    """
    workers = _LOADING_AT_A_TIME[warehouse.dialect.name]
    with (
        warehouse.lent_to_dlt() as credentials,
        _pipeline(warehouse, folder, credentials) as pipeline,
    ):
        begin(Step.NORMALIZE)
        pipeline.normalize()
        land_confirmed(warehouse, extraction)
        begin(Step.LOAD)
        pipeline.load(raise_on_failed_jobs=True, workers=workers)


@contextmanager
def _pipeline(warehouse: Warehouse, folder: str, credentials: Any = None) -> Iterator[Pipeline]:
    """Open dlt's pipeline of a folder in this thread; its errors become ones to act on.

    Yields:
        The pipeline.
    """
    pipeline = dlt.pipeline(
        pipeline_name="cal_warehouse",
        pipelines_dir=folder,
        destination=_DESTINATIONS[warehouse.dialect.name](credentials),
        dataset_name=LANDING,
    )
    try:
        yield pipeline
    except Exception as error:
        explained = _explained(error, warehouse)
        raise explained from error
    finally:
        pipeline.deactivate()


def _source(
    extraction: Extraction, bookings: BookingReads, resources: Collection[str]
) -> DltSource:
    """Return the source of what is to be landed; its rows are appended to an empty landing."""
    source = cal_source(extraction=extraction, bookings=bookings, only=resources)
    names = [member.name for root in resources for member in TABLES[root].family()]
    source = source.with_resources(*names, *_RUN_RECORDS)
    for name in names:
        source.resources[name].apply_hints(write_disposition="append", primary_key=[], merge_key=[])
    return source


def _explained(error: BaseException, warehouse: Warehouse) -> BaseException:
    """Return the error that lies beneath dlt's own, as one that people can act on."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, CalError | PipelineError | KeyboardInterrupt):
            return cause
    for cause in chain:
        if explanation := warehouse.explanation(cause):
            return explanation
    return error


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and everything it was raised from, deepest first."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        current = current.__cause__ or current.__context__
    return seen[::-1]
