"""The report as one HTML file: no scripts, no outside references, everything escaped."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import jinja2

from pipelines.errors import ReportNotWritten
from pipelines.report import charts, tables, wording
from pipelines.report.definitions import definitions
from pipelines.report.quality_rows import quality_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.report.model import NoShows, Report
    from pipelines.report.statistics import Rate

ROWS_SHOWN: Final = 100
"""Rows of a table in the file; the marts hold the others, and `--json` prints them all."""

_ROWS_OPEN: Final = 20  # the rest is behind "more"
_Row = tuple[str, str, str, tuple[str, ...]]
"""Name, what stands small beside it, drawing, cells."""


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
        "slices": {
            dimension: _slice_rows(report, dimension)
            for dimension in dict.fromkeys(row.dimension for row in report.slices)
        },
        "no_show_columns": tables.NO_SHOW_COLUMNS,
        "rate_columns": tables.RATE_COLUMNS,
        "slice_captions": tables.SLICE_CAPTIONS,
        "faint": tables.FAINT,
        "load_rows": [
            (row.name, row.time_zone, charts.load_bar(row.past), tables.load_cells(row))
            for row in report.utilisation_by_host[:ROWS_SHOWN]
        ],
        "load_columns": tables.LOAD_COLUMNS,
        "load_map": charts.load_map(report.load_hours),
        "load_hour_rows": tables.load_hour_rows(report),
        "risk_text": tables.risk_text(report.risks),
        "risk_rows": tables.risk_rows(report.risks),
        "month_change_rows": (
            tables.month_change_rows(report.month_on_month) if report.month_on_month else ()
        ),
        "funnel_chart": charts.funnel_chart(report.funnels[0].all_time) if report.funnels else "",
        "funnel_columns": tables.FUNNEL_COLUMNS,
        "funnel_rows": tables.funnel_rows(report.funnels[:ROWS_SHOWN]),
        "rows_open": _ROWS_OPEN,
        "quality_rows": quality_rows(report.quality, report.made_at),
        "definitions": definitions(),
    }


def _no_show_rows(report: Report, rows: Sequence[NoShows]) -> list[_Row]:
    """Return the rows that are shown."""
    rates = [(row.name, row.booking_no_show, tables.no_show_cells(row)) for row in rows]
    return _plotted(report, rates[:ROWS_SHOWN])


def _slice_rows(report: Report, dimension: str) -> list[_Row]:
    rows = [row for row in report.slices if row.dimension == dimension]
    rates = [(row.label, row.booking_no_show, tables.slice_cells(row)) for row in rows]
    return _plotted(report, rates[:ROWS_SHOWN])


def _plotted(report: Report, rows: Sequence[tuple[str, Rate, tuple[str, ...]]]) -> list[_Row]:
    ceiling = charts.interval_ceiling([rate for _, rate, _ in rows])
    everybody = report.headline.all_time.booking_no_show
    average = everybody.rate if everybody.is_enough else None
    return [
        (name, "", charts.interval_plot(rate, ceiling=ceiling, average=average), cells)
        for name, rate, cells in rows
    ]
