"""Cal.com as a dlt source: one resource per table, with keys, dispositions and incremental loading.

Per root table there is one unselected resource that reads pages, and one transformer per table
that takes its rows out of each page; so a page is fetched and decoded once, and every table keeps
dlt's ordinary hints. What was read, skipped or put into quarantine is loaded too: a table without
rows is never unexplained.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import dlt

from cal_source.batches import Batch
from cal_source.booking_walk import read_bookings
from cal_source.bookings import OVERLAP, BookingReads
from cal_source.errors import ConfigError
from cal_source.extraction import Extraction
from cal_source.settings import resolve_settings
from cal_source.tables import DETAIL_TABLES, ROOT_TABLES, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from dlt.extract import DltResource

    from cal_source.tables import Table

logger = logging.getLogger("cal_source")


@dlt.source(name="cal", section="cal", max_table_nesting=0)
def cal_source(  # noqa: PLR0913 - the public source: settings, then what to read of it
    api_key: str | None = None,
    base_url: str | None = None,
    *,
    organization_id: int | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    bookings: BookingReads | None = None,
    extraction: Extraction | None = None,
    only: Collection[str] | None = None,
) -> Any:
    """Everything a Cal.com key may see, as dlt resources.

    Args:
        api_key: Cal.com API key (`cal_…`). Default: `sources.cal.api_key` of dlt, then
            `CAL_API_KEY`.
        base_url: Address of the API. Default: `sources.cal.base_url`, `CAL_BASE_URL`, the hosted
            service.
        organization_id: Organisation to read. Default: `sources.cal.organization_id`,
            `CAL_ORG_ID`, the organisation of the key's user.
        client_id: Platform client id, with `client_secret` in place of an API key.
        client_secret: Platform client secret.
        bookings: Which bookings to read. Default: all on the first run, then what changed.
        extraction: A run that the caller has set up; the settings above are then not used.
        only: Root tables to make resources for, with their nested lists. Default: all.

    Returns:
        The source. Resources: one per table of the warehouse (`bookings`, `booking_attendees`,
        `event_types`, …), and `reads`, `coverage`, `quarantine`, `schema_drift` about the run.
        `booking_references`, `booking_attendee_ids`, `booking_recordings`,
        `booking_transcripts` and `conferencing_sessions` cost one request per booking the run
        reads, and are loaded only when they are selected.

    Raises:
        ConfigError: There is no key, or the pipeline cannot work as it is named.
    """
    _avoid_ambiguous_duckdb()
    run = extraction or _extraction({
        "api_key": api_key,
        "base_url": base_url,
        "organization_id": organization_id,
        "client_id": client_id,
        "client_secret": client_secret,
    })
    resources: list[DltResource] = []
    for table in (*ROOT_TABLES, *DETAIL_TABLES):
        if only is not None and table.name not in only:
            continue
        pages = _booking_pages(run, bookings) if table.name == "bookings" else _pages(run, table)
        rows = [_rows(pages, member) for member in table.family()]
        if table in DETAIL_TABLES:  # one request per booking: only where they are asked for
            for resource in rows:
                resource.selected = False
        resources += [pages, *rows]
    return [*_records_of_the_run(run), *resources]


def _extraction(given: dict[str, Any]) -> Extraction:
    settings = resolve_settings(given)
    return Extraction(settings.client(), organization_id=settings.organization_id)


def _pages(run: Extraction, table: Table) -> DltResource:
    def pages() -> Iterator[Batch | None]:
        with run.reading():
            if table in DETAIL_TABLES:
                yield from run.after_others()
            yield from run.read(table.name)

    return dlt.resource(pages, name=f"{table.name}_pages", selected=False)


def _booking_pages(run: Extraction, reads: BookingReads | None) -> DltResource:
    def pages(
        cursor: dlt.sources.incremental[str] = dlt.sources.incremental(  # noqa: B008 - dlt's way
            "updated_at", primary_key=(), on_cursor_value_missing="include"
        ),
    ) -> Iterator[dict[str, Any]]:
        wanted = reads or BookingReads(changed_since=_start(cursor.start_value))
        with run.reading():
            prepared = run.prepared("bookings")
            for batch in read_bookings(run, wanted) if prepared is None else prepared:
                yield {"updated_at": batch.updated_at, "tables": batch.tables}

    return dlt.resource(pages, name="bookings_pages", selected=False)


def _start(last_change: str | None) -> datetime | None:
    return datetime.fromisoformat(last_change) - OVERLAP if last_change else None


def _rows(pages: DltResource, table: Table) -> DltResource:
    """Return the resource of one table: its rows out of every page."""

    def rows(page: Any) -> Any:
        tables = page.tables if isinstance(page, Batch) else page["tables"]
        if table.name in tables:
            yield tables[table.name]

    keys: dict[str, Any] = (
        {"merge_key": list(table.parent_key)}  # all rows of a parent are replaced together
        if table.is_child
        else {"primary_key": list(table.key)}
    )
    resource: DltResource = dlt.transformer(
        rows,
        data_from=pages,
        name=table.name,
        write_disposition="merge",
        columns={c.name: {"description": c.description} for c in table.columns},
        **keys,
    )
    return resource


def _records_of_the_run(run: Extraction) -> list[DltResource]:
    """Return the resources about the run; they wait until all others have been read."""

    def waiting(rows: Callable[[], Iterator[dict[str, Any]]]) -> Callable[[], Iterator[Any]]:
        def wait() -> Iterator[Any]:
            yield None  # lets every other resource start first
            while run.open_readings:
                yield None
            yield from rows()

        return wait

    records = {
        "reads": run.ledger.iter_reads,
        "coverage": run.ledger.iter_coverage,
        "quarantine": lambda: run.ledger.iter_quarantined(run.run_id),
        "schema_drift": lambda: run.ledger.iter_drift(run.run_id),
    }
    return [
        dlt.resource(waiting(rows), name=name, write_disposition="append")
        for name, rows in records.items()
    ]


def _avoid_ambiguous_duckdb() -> None:
    """Keep DuckDB from taking the file and the dataset for one another.

    DuckDB cannot tell a file from a schema of the same name, and dlt's default file has the
    pipeline's name: a pipeline `cal` with dataset `cal` would fail in its load step, with all rows
    already fetched. A default file is therefore given another name; a file that the user named is
    refused before the download.

    Raises:
        ConfigError: The user named a file like the dataset.
    """
    try:
        pipeline = dlt.current.pipeline()
    except RuntimeError:  # no pipeline is active; the source may be used without one
        return
    destination = getattr(pipeline, "destination", None)
    if destination is None or destination.destination_name != "duckdb":
        return
    given = destination.config_params.get("credentials")
    dataset = pipeline.dataset_name
    if given is None and pipeline.pipeline_name == dataset:
        renamed = f"{dataset}_data.duckdb"
        destination.config_params["credentials"] = renamed
        logger.warning(
            "DuckDB cannot tell the file %s.duckdb from the dataset %s; this pipeline writes %s. "
            "Give the pipeline another name than the dataset to choose the file.",
            dataset,
            dataset,
            renamed,
        )
    elif isinstance(given, str) and PurePath(given).stem == dataset:
        raise ConfigError(
            f"dataset_name={dataset}",
            f"is also the name of the DuckDB file {PurePath(given).name}, and DuckDB cannot tell "
            "the two apart (Ambiguous reference)",
            "Rename the file or the dataset.",
        )


__all__ = ["TABLES", "cal_source"]
