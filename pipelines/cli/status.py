"""`cal-warehouse status`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.exit_codes import ExitCode
from pipelines.report.wording import length_text
from pipelines.status import WarehouseStatus, warehouse_status
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def run_status(arguments: argparse.Namespace, output: Output) -> int:
    """Show what state the warehouse is in."""
    with Warehouse.open(arguments.warehouse, read_only=True) as warehouse:
        status = warehouse_status(warehouse, datetime.now(UTC))
    show_status(status, output)
    output.result(status.json())
    return ExitCode.DONE


def show_status(status: WarehouseStatus, output: Output) -> None:
    """Show people the state of a warehouse, tables without rows or trouble left out."""
    now = status.as_of
    if status.last_run is None:
        output.say("Nothing was synced yet. Run 'cal-warehouse sync'.")
        return
    output.table(
        "Tables",
        ("table", "rows", "last change", "oldest reading", "proved", "drift", "held", "bad"),
        [
            (
                table.table,
                table.rows,
                _ago(now, table.changed_at),
                _ago(now, table.read_at),
                _ago(now, table.proved_at),
                table.drift,
                table.held,
                table.quarantined,
            )
            for table in status.tables
            if table.rows or table.held or table.quarantined or table.changed_at
        ],
    )
    skipped = [
        (table.table, doubt["scope"], doubt["status"], doubt["reason"])
        for table in status.tables
        for doubt in table.skipped
    ]
    if skipped:
        output.table("Not read by the latest run", ("table", "scope", "status", "reason"), skipped)
    wrong = [proof for proof in status.proofs if not proof["is_proved"]]
    if wrong:
        output.table(
            "Counts that differ",
            ("table", "span", "Cal.com", "warehouse", "in quarantine"),
            [
                (p["resource"], p["window_name"], p["api_count"], p["warehouse_count"],
                 p["quarantined_count"])
                for p in wrong
            ],
        )  # fmt: skip
    _say_bookings(status, output)


def _say_bookings(status: WarehouseStatus, output: Output) -> None:
    bookings = next(table for table in status.tables if table.table == "bookings")
    if bookings.lag_seconds is not None:
        age = length_text(bookings.lag_seconds)
        output.say(f"The last change of a booking that was read is {age} old.")
    if status.unread_bookings:
        output.say(
            f"{status.unread_bookings:,} of {bookings.rows:,} bookings had no stamped change and "
            "were not read by the latest run; absences and seats, which Cal.com does not stamp, "
            f"are as of {_ago(status.as_of, bookings.read_at)} or later there. "
            "'cal-warehouse sync --full' reads them all."
        )
    run = status.last_run or {}
    output.say(f"Latest sync {run['run_id']}: {run['outcome']}. {run['message']}".rstrip())


def _ago(now: datetime, then: datetime | None) -> str:
    return "never" if then is None else f"{length_text((now - then).total_seconds())} ago"
