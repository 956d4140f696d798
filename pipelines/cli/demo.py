"""`cal-warehouse demo`: the whole product in one minute, without an account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cal_source.sandbox import Sandbox, World
from cal_source.settings import Settings
from pipelines.cli.report import report_warehouse
from pipelines.cli.sync import sync_json, sync_warehouse
from pipelines.cli.transform import transform_exit_code, transform_json, transform_warehouse
from pipelines.warehouse import is_postgres, shown_location

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output

_KEY = "cal_sandbox_owner"
_REQUESTS_A_MINUTE = 6000  # Cal.com allows 120; a demo need not wait for that


def run_demo(arguments: argparse.Namespace, output: Output) -> int:
    """Invent a Cal.com, sync it into a new warehouse, build the models and show the report."""
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    output.say(f"Inventing a Cal.com with {arguments.bookings:,} bookings …")
    world = World.generate(bookings=arguments.bookings, seed=arguments.seed, now=now)
    sandbox = Sandbox(world, seed=arguments.seed, now=now, rate_limit_per_minute=_REQUESTS_A_MINUTE)
    arguments.warehouse = arguments.warehouse or str(folder / "cal.duckdb")
    shown = shown_location(arguments.warehouse)
    arguments.html = str(folder / "report.html")
    arguments.as_of, arguments.select = now, ()
    with sandbox.serve() as url:
        output.say(f"Syncing it from {url} into {shown} …")
        settings = Settings(api_key=_KEY, base_url=url)
        synced = sync_warehouse(arguments, output, settings)
    built = transform_warehouse(arguments, output)
    report = report_warehouse(arguments, output)
    program = "psql" if is_postgres(arguments.warehouse) else "DuckDB"
    output.say(
        f"\nThe warehouse is {shown}: open it with {program} and look at schema 'marts'."
        "\nWith your own account: set CAL_API_KEY and run 'cal-warehouse run'."
    )
    output.result({"sync": sync_json(synced), "transform": transform_json(built), "report": report})
    return synced.exit_code or transform_exit_code(built)
