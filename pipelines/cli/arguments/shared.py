"""What several commands share: how one is declared, and the options that many take."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pipelines.cli.arguments.values import count, instant, number

if TYPE_CHECKING:
    from collections.abc import Callable


DEFAULT_WAREHOUSE: Final = "cal.duckdb"


USAGE_EXIT_CODE: Final = 64


READING_DEFAULTS: Final = {
    "only": (),
    "since": None,
    "full": False,
    "window": None,
    "details": (),
    "detail_requests": 100,
    "accept_losses": False,
    "reread_requests": 20,
    "proof_requests": 12,
    "overlap": 10,
    "workers": 4,
    "reserve": 0,
    "memory": 256,
    "accounts": None,
}


class Parser(argparse.ArgumentParser):
    """Ends with our exit code for wrong arguments, and says where help is."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with the code for wrong arguments."""
        self.print_usage(sys.stderr)
        self.exit(USAGE_EXIT_CODE, f"{self.prog}: {message}. '{self.prog} --help' explains.\n")


def lazy(module: str, function: str) -> Callable[..., int]:
    """Return a function that imports a command and runs it."""

    def imported(*arguments: Any) -> int:
        return int(
            getattr(importlib.import_module(f"pipelines.cli.{module}"), function)(*arguments)
        )

    return imported


def command(
    commands: Any, name: str, function: str, help_text: str, *, module: str | None = None
) -> argparse.ArgumentParser:
    """Add a command with the options that all have."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help_text, description=help_text[0].upper() + help_text[1:] + "."
    )
    parser.set_defaults(command=lazy(module or name, function))
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument(
        "--debug", action="store_true", help="show what is done, and where an error comes from"
    )
    return parser


def warehouse_option(parser: argparse.ArgumentParser) -> None:
    """Take the warehouse."""
    parser.add_argument(
        "--warehouse",
        default=DEFAULT_WAREHOUSE,
        metavar="PATH|URL",
        help="DuckDB file, or postgresql://… of a Postgres database (default: %(default)s)",
    )


def copy_option(parser: argparse.ArgumentParser) -> None:
    """Take the place of a copy for readers."""
    parser.add_argument(
        "--publish-copy",
        metavar="PATH",
        help="afterwards put a read-only copy of the DuckDB file there, for readers",
    )


def account_options(parser: argparse.ArgumentParser) -> None:
    """Take the server and the organisation."""
    parser.add_argument("--base-url", metavar="URL", help="address of the API (CAL_BASE_URL)")
    parser.add_argument(
        "--org-id", type=number, metavar="ID", help="organisation to read (CAL_ORG_ID)"
    )


def reading_options(parser: argparse.ArgumentParser) -> None:
    """What every command that reads bookings takes."""
    warehouse_option(parser)
    copy_option(parser)
    account_options(parser)
    parser.set_defaults(**READING_DEFAULTS)
    parser.add_argument(
        "--accept-losses",
        action="store_true",
        help="let rows go that vanished in numbers nothing explains, or with a lost view",
    )
    cost = parser.add_argument_group("cost")
    cost.add_argument(
        "--reread-requests",
        type=count,
        metavar="N",
        help="requests for reading unchanged bookings again, for what Cal.com does not stamp "
        "(default: %(default)s; an account of up to N x 250 bookings is read whole)",
    )
    cost.add_argument(
        "--proof-requests",
        type=count,
        metavar="N",
        help="requests for counting bookings by month, N - 1 months a run (default: %(default)s)",
    )
    cost.add_argument(
        "--overlap",
        type=count,
        metavar="MINUTES",
        help="how far changes are read back again: replica lag and clock differences together "
        "must be less (default: %(default)s; costs a request per 250 changes in that time)",
    )
    cost.add_argument(
        "--workers",
        type=count,
        metavar="N",
        help="most requests for bookings at a time, in readings of large accounts "
        "(default: %(default)s)",
    )
    cost.add_argument(
        "--reserve",
        type=count,
        metavar="N",
        help="requests of every window of Cal.com's limit to leave to others with this key, such "
        "as an apply from elsewhere (default: %(default)s)",
    )
    cost.add_argument(
        "--memory",
        type=count,
        metavar="MB",
        help="most memory for DuckDB's part of a sync, a first load takes half; the rest goes to "
        "disk (default: %(default)s; the process takes about 320 MB more)",
    )


def as_of_option(parser: argparse.ArgumentParser) -> None:
    """Take the instant that models call now."""
    parser.add_argument(
        "--as-of",
        type=instant,
        metavar="ISO",
        help="the present instant as the models see it (default: now)",
    )
