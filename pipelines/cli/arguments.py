"""The arguments of every command.

Commands are imported when they run, so that `--help` answers without loading dlt.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_WAREHOUSE: Final = "cal.duckdb"
_USAGE_EXIT_CODE: Final = 64


class _Parser(argparse.ArgumentParser):
    """Ends with our exit code for wrong arguments, and says where help is."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(_USAGE_EXIT_CODE, f"{self.prog}: {message}. '{self.prog} --help' explains.\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; parsed arguments carry the function to run as `command`."""
    parser = _Parser(
        prog="cal-warehouse",
        description="Cal.com in a warehouse you own: sync, analytics, and approved changes back.",
    )
    parser.add_argument("--version", action="store_true", help="show versions and leave")
    parser.set_defaults(command=_lazy("doctor", "show_version_or_help"), debug=False, parser=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (
        _demo,
        _sync,
        _transform,
        _run,
        _report,
        _call,
        _login,
        _sandbox,
        _actions,
        _doctor,
    ):
        add(commands)
    return parser


def _lazy(module: str, function: str) -> Callable[..., int]:
    def command(*arguments: Any) -> int:
        return int(
            getattr(importlib.import_module(f"pipelines.cli.{module}"), function)(*arguments)
        )

    return command


def _command(
    commands: Any, name: str, function: str, help_text: str, *, module: str | None = None
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help_text, description=help_text[0].upper() + help_text[1:] + "."
    )
    parser.set_defaults(command=_lazy(module or name, function))
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    return parser


def _warehouse_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--warehouse",
        default=DEFAULT_WAREHOUSE,
        metavar="PATH",
        help="DuckDB file of the warehouse (default: %(default)s)",
    )


def _account_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", metavar="URL", help="address of the API (CAL_BASE_URL)")
    parser.add_argument(
        "--org-id", type=_number, metavar="ID", help="organisation to read (CAL_ORG_ID)"
    )


def _sync_options(parser: argparse.ArgumentParser) -> None:
    _warehouse_option(parser)
    _account_options(parser)
    parser.add_argument(
        "--only",
        type=_names,
        default=(),
        metavar="TABLE[:KEY][,…]",
        help="read these tables, or these rows of them, only; all else stays as it is",
    )
    parser.add_argument(
        "--since",
        type=_instant,
        metavar="ISO",
        help="read the bookings changed since this date or instant (UTC unless it says otherwise)",
    )
    parser.add_argument("--full", action="store_true", help="read every booking again")
    parser.add_argument(
        "--details",
        type=_names,
        default=(),
        metavar="TABLE[,TABLE]",
        help="also read these tables, at one request per booking that changed",
    )
    parser.add_argument(
        "--detail-requests",
        type=_count,
        default=100,
        metavar="N",
        help="most such requests per table (default: %(default)s)",
    )


def _as_of_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as-of",
        type=_instant,
        metavar="ISO",
        help="the present instant as the models see it (default: now)",
    )


def _demo(commands: Any) -> None:
    parser = _command(
        commands, "demo", "run_demo", "invent a Cal.com, sync it, build the models, show the report"
    )
    parser.add_argument(
        "--bookings", type=_count, default=7000, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="default: 7")
    parser.add_argument(
        "--folder", default="demo", help="where the files go (default: %(default)s)"
    )


def _sync(commands: Any) -> None:
    _sync_options(_command(commands, "sync", "run_sync", "bring the warehouse up to date"))


def _transform(commands: Any) -> None:
    parser = _command(commands, "transform", "run_transform", "build the analytics tables")
    _warehouse_option(parser)
    _as_of_option(parser)
    parser.add_argument(
        "--select",
        type=_names,
        default=(),
        metavar="MODEL[,MODEL]",
        help="build these models; '+model' with what it needs, 'model+' with what needs it",
    )


def _run(commands: Any) -> None:
    parser = _command(commands, "run", "run_both", "sync and transform", module="transform")
    _sync_options(parser)
    _as_of_option(parser)
    parser.set_defaults(select=())


def _report(commands: Any) -> None:
    parser = _command(
        commands,
        "report",
        "run_report",
        "show no-show rates and utilisation; write them as HTML",
    )
    _warehouse_option(parser)
    parser.add_argument(
        "--html",
        default="report.html",
        metavar="PATH",
        help="HTML file to write, '-' for none (default: %(default)s)",
    )


def _call(commands: Any) -> None:
    parser = _command(
        commands, "call", "run_call", "ask Cal.com one thing: any read, lookup or credential flow"
    )
    _account_options(parser)
    parser.add_argument("key", metavar="KEY", help="the operation, as in the catalogue")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        type=_assignment,
        metavar="NAME=VALUE",
        help="a parameter as Cal.com names it; again for each",
    )
    parser.add_argument(
        "--secret",
        action="append",
        default=[],
        metavar="NAME",
        help="a parameter that is asked for, or read from standard input, and not shown",
    )
    parser.add_argument(
        "--show-secrets", action="store_true", help="show tokens and secrets in the answer"
    )
    parser.add_argument(
        "--store", action="store_true", help="keep the tokens returned in .dlt/secrets.toml"
    )


def _login(commands: Any) -> None:
    parser = _command(
        commands, "login", "run_login", "sign in to a third-party app with your browser"
    )
    parser.add_argument("--base-url", metavar="URL", help="address of the API (CAL_BASE_URL)")
    parser.add_argument("--client-id", required=True, metavar="ID", help="the app's client id")
    parser.add_argument(
        "--client-secret", metavar="SECRET", help="of a confidential app; '-' reads it from input"
    )
    parser.add_argument(
        "--scope", type=_names, default=(), metavar="SCOPE[,SCOPE]", help="what the app may do"
    )
    parser.add_argument(
        "--authorize-url", metavar="URL", help="the consent page (default: that of the server)"
    )
    parser.add_argument(
        "--port", type=_number, default=0, help="where the answer comes back (default: any)"
    )
    parser.add_argument(
        "--wait", type=_count, default=300, metavar="SECONDS", help="default: %(default)s"
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only show the address of the consent page"
    )


def _sandbox(commands: Any) -> None:
    parser = _command(
        commands, "sandbox", "run_sandbox", "serve an invented Cal.com on this machine"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--world", metavar="DIR", help="serve a recorded world folder")
    source.add_argument("--bookings", type=_count, default=5000, metavar="N", help="default: 5000")
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="default: 7")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=_number, default=5555, help="0: any (default: %(default)s)")
    parser.add_argument("--now", type=_instant, metavar="ISO", help="where its clock starts")
    parser.add_argument(
        "--rate-limit",
        type=_count,
        metavar="N",
        help="requests a minute per key (default: what Cal.com allows, or as recorded)",
    )


def _actions(commands: Any) -> None:
    parser = _command(
        commands,
        "actions",
        "run_actions",
        "list what is done with each of Cal.com's actions, or explain one",
    )
    parser.add_argument("key", nargs="?", metavar="KEY", help="explain this one")
    parser.add_argument(
        "--all", action="store_true", help="list also the reads beyond the 176 published actions"
    )


def _doctor(commands: Any) -> None:
    parser = _command(
        commands, "doctor", "run_doctor", "check key, server, versions, rights and warehouse"
    )
    _warehouse_option(parser)
    _account_options(parser)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"'{name}' has no value; write NAME=VALUE")
    return name, value


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None


def _count(text: str) -> int:
    number = _number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return number


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a date or instant such as 2026-01-31 or 2026-01-31T09:00:00Z"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
