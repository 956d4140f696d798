"""The report as one HTML file: no scripts, no outside references, everything escaped."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import jinja2

from pipelines.errors import ReportNotWritten
from pipelines.report import charts, tables, wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.report.model import NoShows, Report

ROWS_SHOWN: Final = 100
"""Rows of a table in the file; the marts hold the others, and `--json` prints them all."""

_ROWS_OPEN: Final = 20  # the rest is behind "more"


def render_html(report: Report) -> str:
    """Return the report as one HTML document that opens without a network."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": wording.count_text,
        "date": wording.date_text,
        "moment": wording.moment_text,
    }
    return environment.get_template("template.html.j2").render(**_content(report))


def write_html(report: Report, path: Path) -> None:
    """Write the report to a file, whole or not at all; an older one is replaced.

    Raises:
        ReportNotWritten: The file cannot be written.
    """
    text = render_html(report)
    # In the same folder, so that the last step is a rename within one file system.
    draft = path.with_name(f".report-{secrets.token_hex(4)}.tmp")
    try:
        _refuse_special(path)
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise ReportNotWritten(str(path), error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _refuse_special(path: Path) -> None:
    # a rename onto a folder fails, onto a device takes its place
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "not an ordinary file"
        raise ReportNotWritten(str(path), f"it is {kind}")


def _content(report: Report) -> dict[str, Any]:
    """Return what the template shows; texts come from `tables`, drawings from `charts`."""
    return {
        "report": report,
        "span": tables.span_text(report),
        "headline": tables.headline_rows(report),
        "periods": tables.PERIODS,
        "week_chart": charts.week_chart(report.weeks),
        "volume_map": charts.volume_map(report.hours),
        "no_show_map": charts.no_show_map(report.hours),
        "month_chart": charts.month_chart(report.months),
        "outcomes": tables.OUTCOMES,
        "week_rows": tables.week_rows(report),
        "hour_rows": tables.hour_rows(report),
        "month_rows": tables.month_rows(report),
        "host_rows": _no_show_rows(report, report.no_show_by_host),
        "event_type_rows": _no_show_rows(report, report.no_show_by_event_type),
        "no_show_columns": tables.NO_SHOW_COLUMNS,
        "load_rows": [
            (row.name, row.time_zone, charts.load_bar(row.past), tables.load_cells(row))
            for row in report.utilisation_by_host[:ROWS_SHOWN]
        ],
        "load_columns": tables.LOAD_COLUMNS,
        "rows_shown": ROWS_SHOWN,
        "rows_open": _ROWS_OPEN,
        "quality_rows": tables.quality_rows(report.quality),
        "definitions": wording.DEFINITIONS,
    }


def _no_show_rows(
    report: Report, rows: Sequence[NoShows]
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return name, drawing and cells of each row that is shown."""
    ceiling = charts.interval_ceiling([row.booking_no_show for row in rows])
    everybody = report.headline.all_time.booking_no_show
    average = everybody.rate if everybody.is_enough else None
    return [
        (
            row.name,
            charts.interval_plot(row.booking_no_show, ceiling=ceiling, average=average),
            tables.no_show_cells(row),
        )
        for row in rows[:ROWS_SHOWN]
    ]
