"""`cal-warehouse report`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipelines.report import html, tables
from pipelines.report.quality_rows import quality_rows
from pipelines.report.queries import read_report
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pipelines.cli.output import Output
    from pipelines.report.model import NoShows, Report

_ROWS_SHOWN: Final = 15
_LOADS_SHOWN: Final = (0, 1, 2, 4)  # of the columns of loads; all of them need over 80 letters
_NO_FILE: Final = "-"


def run_report(arguments: argparse.Namespace, output: Output) -> int:
    """Show the report and write it as HTML."""
    output.result(report_warehouse(arguments, output))
    return 0


def report_warehouse(
    arguments: argparse.Namespace,
    output: Output,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Any]:
    """Show the report with a command's arguments and return its numbers.

    Args:
        arguments: `warehouse`, and `html`: the file to write, "-" for none.
        output: Where people are shown it.
        clock: The present instant, for "made at".

    Returns:
        The fields of `pipelines.report.Report` as plain objects, and `html`: the file's path or
        None.

    Raises:
        MartsMissing: The analytics tables were never built.
        ReportNotWritten: The HTML file cannot be written.
        WarehouseError: The warehouse cannot be opened.
    """
    with Warehouse.open(arguments.warehouse, read_only=True) as warehouse:
        report = read_report(warehouse, made_at=clock())
    show_report(report, output)
    path = None
    if arguments.html != _NO_FILE:
        path = Path(arguments.html).absolute()
        html.write_html(report, path)
        output.say(f"Report: {path}")
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return {**plain, "html": str(path) if path else None}


def show_report(report: Report, output: Output) -> None:
    """Show people the report as tables."""
    if report.is_empty:
        output.say("The warehouse holds no booking yet; sync an account that has some.")
    else:
        output.table(
            f"Headline: {tables.span_text(report)}",
            ("", tables.PERIODS[0], "before", "change"),
            [
                (row.label, row.periods[0], row.periods[1].partition(" (")[0], row.change)
                for row in tables.headline_rows(report)
            ],
        )
        _show_no_shows("host", report.no_show_by_host, output)
        _show_no_shows("event type", report.no_show_by_event_type, output)
        loads = report.utilisation_by_host
        output.table(
            f"Utilisation by host{_cut(loads)}",
            ("host", *(tables.LOAD_COLUMNS[index] for index in _LOADS_SHOWN)),
            [
                (row.name, *(tables.load_cells(row)[index] for index in _LOADS_SHOWN))
                for row in loads[:_ROWS_SHOWN]
            ],
        )
        if report.funnels:
            output.table(
                f"Routing forms, all time{_cut(report.funnels)}",
                ("form", *tables.FUNNEL_COLUMNS),
                [
                    (funnel.name, *tables.funnel_cells(funnel.all_time))
                    for funnel in report.funnels[:_ROWS_SHOWN]
                ],
            )
    rows = quality_rows(report.quality, report.made_at)
    output.table("Data quality", ("subject", "finding"), rows)
    for concern in report.quality.concerns:
        output.say(f"Note: {concern}")


def _show_no_shows(noun: str, rows: Sequence[NoShows], output: Output) -> None:
    output.table(
        f"No-shows by {noun}, all past bookings{_cut(rows)}",
        (noun, *tables.RATE_COLUMNS),
        [
            (row.name, *tables.no_show_cells(row)[: len(tables.RATE_COLUMNS)])
            for row in rows[:_ROWS_SHOWN]
        ],
    )


def _cut(rows: Sequence[object]) -> str:
    return f" (first {_ROWS_SHOWN} of {len(rows):,})" if len(rows) > _ROWS_SHOWN else ""
