"""The commands that fill, build, read and check a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.cli.arguments.shared import (
    READING_DEFAULTS,
    account_options,
    as_of_option,
    command,
    copy_option,
    reading_options,
    warehouse_option,
)
from pipelines.cli.arguments.values import count, instant, names

if TYPE_CHECKING:
    import argparse


def add_demo(commands: Any) -> None:
    """Declare `cal-warehouse demo`."""
    parser = command(
        commands, "demo", "run_demo", "invent a Cal.com, sync it, build the models, show the report"
    )
    parser.add_argument(
        "--bookings", type=count, default=7000, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="default: 7")
    parser.add_argument(
        "--folder", default="demo", help="where the files go (default: %(default)s)"
    )
    parser.set_defaults(**READING_DEFAULTS)
    parser.add_argument(
        "--warehouse",
        metavar="PATH|URL",
        help="where the warehouse goes (default: cal.duckdb in that folder)",
    )


def _sync_options(parser: argparse.ArgumentParser) -> None:
    reading_options(parser)
    parser.add_argument(
        "--only",
        type=names,
        metavar="TABLE[:KEY][,…]",
        help="read these tables, or these rows of them, only; all else stays as it is",
    )
    parser.add_argument(
        "--since",
        type=instant,
        metavar="ISO",
        help="read the bookings changed since this date or instant (UTC unless it says otherwise)",
    )
    parser.add_argument("--full", action="store_true", help="read every booking again")
    parser.add_argument(
        "--details",
        type=names,
        metavar="TABLE[,TABLE]",
        help="also read these tables, at one request per booking that changed",
    )
    parser.add_argument(
        "--detail-requests",
        type=count,
        metavar="N",
        help="most such requests per table (default: %(default)s)",
    )


def add_sync(commands: Any) -> None:
    """Declare `cal-warehouse sync`."""
    parser = command(commands, "sync", "run_sync", "bring the warehouse up to date")
    _sync_options(parser)
    accounts = parser.add_argument_group("many accounts")
    _accounts_options(accounts, required=False)
    accounts.add_argument(
        "--concurrency",
        type=count,
        default=50,
        metavar="N",
        help="most accounts at a time (default: %(default)s)",
    )


def _accounts_options(parser: Any, *, required: bool) -> None:
    parser.add_argument(
        "--accounts",
        required=required,
        metavar="FILE",
        help="the accounts of this TOML file, into one warehouse with a column account",
    )
    parser.add_argument(
        "--account",
        type=names,
        default=(),
        metavar="NAME[,NAME]",
        help="of those only these",
    )


def add_combine(commands: Any) -> None:
    """Declare `cal-warehouse combine`."""
    parser = command(
        commands,
        "combine",
        "run_combine",
        "copy what changed in the accounts' own warehouses into one warehouse",
        module="accounts",
    )
    warehouse_option(parser)
    copy_option(parser)
    _accounts_options(parser, required=True)
    parser.set_defaults(base_url=None)


def add_backfill(commands: Any) -> None:
    """Declare `cal-warehouse backfill`."""
    parser = command(
        commands,
        "backfill",
        "run_backfill",
        "read the bookings that start in a range again; the cursor stays",
        module="sync",
    )
    for name, text in (("from", "first start"), ("to", "first start behind the range")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_at", required=True, type=instant, metavar="ISO", help=text
        )
    reading_options(parser)


def add_refresh(commands: Any) -> None:
    """Declare `cal-warehouse refresh`."""
    parser = command(
        commands, "refresh", "run_refresh", "read single bookings again", module="sync"
    )
    parser.add_argument("uid", nargs="+", metavar="UID", help="uid of a booking")
    reading_options(parser)


def add_status(commands: Any) -> None:
    """Declare `cal-warehouse status`."""
    warehouse_option(
        command(
            commands, "status", "run_status", "show how much there is, how new and how well proved"
        )
    )


def add_transform(commands: Any) -> None:
    """Declare `cal-warehouse transform`."""
    parser = command(commands, "transform", "run_transform", "build the analytics tables")
    warehouse_option(parser)
    copy_option(parser)
    as_of_option(parser)
    parser.add_argument(
        "--select",
        type=names,
        default=(),
        metavar="MODEL[,MODEL]",
        help="build these models; '+model' with what it needs, 'model+' with what needs it",
    )
    parser.add_argument(
        "--plan",
        action="store_true",
        help="show what differs from the last build and what would be built; change nothing",
    )
    parser.add_argument(
        "--lint",
        action="store_true",
        help="look for SQL that is not the same on every engine; change nothing",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="build every chosen model from all rows, though only some of them changed",
    )
    parser.add_argument(
        "--lake",
        metavar="DIR|URL",
        help="build with Spark from the latest 'export lake' there, not in the warehouse",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where such a build goes (default: the folder models of the lake)",
    )


def add_run(commands: Any) -> None:
    """Declare `cal-warehouse run`."""
    parser = command(commands, "run", "run_both", "sync and transform", module="transform")
    _sync_options(parser)
    as_of_option(parser)
    parser.set_defaults(select=())


def add_report(commands: Any) -> None:
    """Declare `cal-warehouse report`."""
    parser = command(
        commands,
        "report",
        "run_report",
        "show no-show rates and utilisation; write them as HTML",
    )
    warehouse_option(parser)
    parser.add_argument(
        "--html",
        default="report.html",
        metavar="PATH",
        help="HTML file to write, '-' for none (default: %(default)s)",
    )


def add_docs(commands: Any) -> None:
    """Declare `cal-warehouse docs`."""
    parser = command(
        commands, "docs", "run_docs", "write the data dictionary: every table, column and lineage"
    )
    warehouse_option(parser)
    parser.add_argument(
        "--out", default="docs-site", metavar="DIR", help="folder to write (default: %(default)s)"
    )


def add_export(commands: Any) -> None:
    """Declare `cal-warehouse export`."""
    help_text = "write the models, or the tables, for other tools"
    forms = commands.add_parser(
        "export", help=help_text, description=f"{help_text}."
    ).add_subparsers(title="forms", metavar="FORM", required=True)
    parser = command(
        forms,
        "dbt",
        "run_export_dbt",
        "write the models as a dbt project that builds the same rows",
        module="export",
    )
    parser.add_argument("folder", metavar="DIR", help="new folder, or that of an earlier export")
    parser.add_argument(
        "--target",
        choices=("duckdb", "postgres"),
        default="duckdb",
        help="where dbt shall build it (default: %(default)s)",
    )
    _add_export_lake(forms)


def _add_export_lake(forms: Any) -> None:
    parser = command(
        forms,
        "lake",
        "run_export_lake",
        "write the published tables as Parquet files: what changed, as one whole run",
        module="export",
    )
    warehouse_option(parser)
    parser.add_argument(
        "folder", metavar="DIR|URL", help="folder, or such as s3://bucket/folder, of the lake"
    )
    parser.add_argument("--marts", action="store_true", help="write the tables of schema marts too")


def add_roles(commands: Any) -> None:
    """Declare `cal-warehouse roles`."""
    command(
        commands,
        "roles",
        "run_roles",
        "print the SQL that makes a loader and a reader role in a Postgres warehouse",
    )


def add_doctor(commands: Any) -> None:
    """Declare `cal-warehouse doctor`."""
    parser = command(
        commands, "doctor", "run_doctor", "check key, server, versions, rights and warehouse"
    )
    warehouse_option(parser)
    account_options(parser)
