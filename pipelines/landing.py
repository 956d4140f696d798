"""Landing a run: what it brought stands in schema `landing`, complete or not at all.

dlt loads the rows (`pipelines.loading`). A run that found nothing new has no rows to load, only
the record of what it read; that is written here, and dlt is not even imported. A landing is never
resumed: what a killed run had loaded is published when dlt had recorded it as complete, and dropped
otherwise.
"""

from __future__ import annotations

import gc
import hashlib
import shutil
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from cal_source.tables import ColumnType
from pipelines.landed import LANDING
from pipelines.publish import drop_landing
from pipelines.sql_text import quoted
from pipelines.steps import Step, begin
from pipelines.unchanged import land_confirmed, set_unchanged_aside
from pipelines.warehouse import is_postgres

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cal_source.bookings import BookingReads
    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse

_TYPES: Final = (
    (bool, ColumnType.BOOLEAN),
    (int, ColumnType.BIGINT),
    (datetime, ColumnType.TIMESTAMP),
)


def read(
    warehouse: Warehouse,
    extraction: Extraction,
    bookings: BookingReads,
    resources: Collection[str],
    folder: str,
    *,
    lands_unchanged: bool = False,
) -> bool:
    """Read one run's rows into files.

    Args:
        warehouse: The open warehouse, which is asked what it holds.
        extraction: The run.
        bookings: Which bookings to read.
        resources: Root tables to read.
        folder: An empty folder for the files.
        lands_unchanged: Read into files also the tables that the warehouse holds as they are.

    Returns:
        Whether there are rows to land.

    Raises:
        CalError: Reading failed in a way that ends the run.
        WarehouseError: The warehouse or the files could not be written.
        KeyboardInterrupt: The run was stopped.
        BaseException: Whatever else dlt raised.
    """
    extraction.read_ahead(tuple(resources), bookings.workers)
    if not lands_unchanged:
        resources = set_unchanged_aside(warehouse, extraction, bookings, resources)
    if resources:
        from pipelines.loading import extract  # noqa: PLC0415 - dlt takes a second to import

        extract(warehouse, extraction, bookings, resources, folder)
    return bool(resources)


def land(warehouse: Warehouse, extraction: Extraction, folder: str, *, has_rows: bool) -> None:
    """Bring what one run has read into schema `landing`.

    Args:
        warehouse: The open warehouse; an earlier landing in it is dropped.
        extraction: The run.
        folder: The folder of its `read`; it is removed.
        has_rows: What `read` returned.

    Raises:
        WarehouseError: The warehouse could not be written.
        KeyboardInterrupt: The run was stopped.
        BaseException: Whatever else dlt raised.
    """
    with warehouse.transaction():
        drop_landing(warehouse)
    if not has_rows:
        _land_records(warehouse, extraction)
        return
    from pipelines.loading import load  # noqa: PLC0415 - dlt takes a second to import

    load(warehouse, extraction, folder)
    shutil.rmtree(folder, ignore_errors=True)
    gc.collect()  # dlt's pipelines are cycles; a load in parts would gather 8 MB with each


def _land_records(warehouse: Warehouse, extraction: Extraction) -> None:
    """Write the record of a run that has no rows to load, in the tables that dlt would make."""
    ledger, run_id = extraction.ledger, extraction.run_id
    records = {
        "reads": list(ledger.iter_reads()),
        "coverage": list(ledger.iter_coverage()),
        "quarantine": list(ledger.iter_quarantined(run_id)),
        "schema_drift": list(ledger.iter_drift(run_id)),
    }
    begin(Step.LOAD)
    land_confirmed(warehouse, extraction)
    with warehouse.transaction():
        warehouse.execute(f"create schema if not exists {LANDING}")
        for name, rows in records.items():
            if rows:
                _write_rows(warehouse, f"{LANDING}.{name}", rows)


def _write_rows(warehouse: Warehouse, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows into a new table; columns without any value are left out, as dlt does."""
    kinds = {
        column: _type_of(value)
        for row in reversed(rows)
        for column, value in row.items()
        if value is not None
    }
    types = warehouse.dialect.types
    typed = ", ".join(f"{quoted(column)} {types[kind]}" for column, kind in kinds.items())
    warehouse.execute(f"create table {name} ({typed})")
    table = pa.table({column: [row[column] for row in rows] for column in kinds})
    warehouse.append(name, list(kinds), table.to_reader())


def _type_of(value: Any) -> ColumnType:
    return next((kind for python, kind in _TYPES if isinstance(value, python)), ColumnType.TEXT)


def working_folder(warehouse: Warehouse) -> TemporaryDirectory[str]:
    """Return a new folder for files; what killed runs into this warehouse left is removed."""
    location = warehouse.location
    place = location if is_postgres(location) else str(Path(location).resolve())
    prefix = f"cal-warehouse-{hashlib.sha256(place.encode()).hexdigest()[:12]}-"
    for left in Path(gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    return TemporaryDirectory(prefix=prefix)
