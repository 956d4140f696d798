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
_READING_DEFAULTS: Final = {
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
}


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
    parser.set_defaults(
        command=_lazy("doctor", "show_version_or_help"),
        debug=False,
        publish_copy=None,
        parser=parser,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (
        _demo,
        _sync,
        _backfill,
        _refresh,
        _status,
        _transform,
        _run,
        _report,
        _docs,
        _export,
        _plan,
        _keygen,
        _approve,
        _apply,
        _undo,
        _rehearse,
        _audit,
        _call,
        _login,
        _sandbox,
        _actions,
        _roles,
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
    parser.add_argument(
        "--debug", action="store_true", help="show what is done, and where an error comes from"
    )
    return parser


def _warehouse_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--warehouse",
        default=DEFAULT_WAREHOUSE,
        metavar="PATH|URL",
        help="DuckDB file, or postgresql://… of a Postgres database (default: %(default)s)",
    )


def _copy_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--publish-copy",
        metavar="PATH",
        help="afterwards put a read-only copy of the DuckDB file there, for readers",
    )


def _account_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", metavar="URL", help="address of the API (CAL_BASE_URL)")
    parser.add_argument(
        "--org-id", type=_number, metavar="ID", help="organisation to read (CAL_ORG_ID)"
    )


def _sync_options(parser: argparse.ArgumentParser) -> None:
    _reading_options(parser)
    parser.add_argument(
        "--only",
        type=_names,
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
        metavar="TABLE[,TABLE]",
        help="also read these tables, at one request per booking that changed",
    )
    parser.add_argument(
        "--detail-requests",
        type=_count,
        metavar="N",
        help="most such requests per table (default: %(default)s)",
    )


def _reading_options(parser: argparse.ArgumentParser) -> None:
    """What every command that reads bookings takes."""
    _warehouse_option(parser)
    _copy_option(parser)
    _account_options(parser)
    parser.set_defaults(**_READING_DEFAULTS)
    parser.add_argument(
        "--accept-losses",
        action="store_true",
        help="let rows go that vanished in numbers nothing explains, or with a lost view",
    )
    cost = parser.add_argument_group("cost")
    cost.add_argument(
        "--reread-requests",
        type=_count,
        metavar="N",
        help="requests for reading unchanged bookings again, for what Cal.com does not stamp "
        "(default: %(default)s; an account of up to N x 250 bookings is read whole)",
    )
    cost.add_argument(
        "--proof-requests",
        type=_count,
        metavar="N",
        help="requests for counting bookings by month, N - 1 months a run (default: %(default)s)",
    )
    cost.add_argument(
        "--overlap",
        type=_count,
        metavar="MINUTES",
        help="how far changes are read back again: replica lag and clock differences together "
        "must be less (default: %(default)s; costs a request per 250 changes in that time)",
    )
    cost.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="most requests for bookings at a time, in readings of large accounts "
        "(default: %(default)s)",
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
    parser.set_defaults(**_READING_DEFAULTS)
    parser.add_argument(
        "--warehouse",
        metavar="PATH|URL",
        help="where the warehouse goes (default: cal.duckdb in that folder)",
    )


def _sync(commands: Any) -> None:
    _sync_options(_command(commands, "sync", "run_sync", "bring the warehouse up to date"))


def _backfill(commands: Any) -> None:
    parser = _command(
        commands,
        "backfill",
        "run_backfill",
        "read the bookings that start in a range again; the cursor stays",
        module="sync",
    )
    for name, text in (("from", "first start"), ("to", "first start behind the range")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_at", required=True, type=_instant, metavar="ISO", help=text
        )
    _reading_options(parser)


def _refresh(commands: Any) -> None:
    parser = _command(
        commands, "refresh", "run_refresh", "read single bookings again", module="sync"
    )
    parser.add_argument("uid", nargs="+", metavar="UID", help="uid of a booking")
    _reading_options(parser)


def _status(commands: Any) -> None:
    _warehouse_option(
        _command(
            commands, "status", "run_status", "show how much there is, how new and how well proved"
        )
    )


def _transform(commands: Any) -> None:
    parser = _command(commands, "transform", "run_transform", "build the analytics tables")
    _warehouse_option(parser)
    _copy_option(parser)
    _as_of_option(parser)
    parser.add_argument(
        "--select",
        type=_names,
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


def _docs(commands: Any) -> None:
    parser = _command(
        commands, "docs", "run_docs", "write the data dictionary: every table, column and lineage"
    )
    _warehouse_option(parser)
    parser.add_argument(
        "--out", default="docs-site", metavar="DIR", help="folder to write (default: %(default)s)"
    )


def _plan(commands: Any) -> None:
    parser = _command(
        commands, "plan", "run_plan", "turn change requests into a plan; nothing is changed"
    )
    _warehouse_option(parser)
    _account_options(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--table",
        default="ops.change_requests",
        metavar="NAME",
        help="table or view with the change requests (default: %(default)s)",
    )
    source.add_argument("--query", metavar="FILE", help="SQL file whose SELECT gives them")
    source.add_argument("--file", metavar="FILE", help="CSV, JSONL or Parquet file with them")
    parser.add_argument("--action", default="", metavar="KEY", help="the action of rows without")
    parser.add_argument(
        "--desired",
        choices=("event_types", "schedules", "users", "memberships", "webhooks"),
        help="rows say how things are to be, not what to do",
    )
    parser.add_argument(
        "--prune", action="store_true", help="with --desired: remove what no row names"
    )
    _policy_option(parser)
    parser.add_argument("--author", default="", metavar="NAME", help="who makes it (default: you)")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why")
    parser.add_argument(
        "--all-or-nothing", action="store_true", help="refuse everything when one request is bad"
    )
    parser.add_argument(
        "--requests-per-minute",
        type=_count,
        default=120,
        metavar="N",
        help="rate budget for the estimate (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="also write it: .json (to approve and apply), .md, .html or .txt; again for each",
    )


def _keygen(commands: Any) -> None:
    parser = _command(
        commands, "keygen", "run_keygen", "make a key to approve plans with", module="approve"
    )
    _key_options(parser)
    parser.add_argument("--name", default="", metavar="NAME", help="who signs with it")


def _approve(commands: Any) -> None:
    parser = _command(commands, "approve", "run_approve", "sign a plan, so that it may be applied")
    _plan_argument(parser)
    _warehouse_option(parser)
    _policy_option(parser)
    _key_options(parser)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    parser.add_argument(
        "--hours", type=float, metavar="N", help="how long it holds (default: as the policy allows)"
    )
    parser.add_argument(
        "--only",
        type=_names,
        default=(),
        metavar="ID[,…]",
        help="approve these changes only: a plan of its own, with another digest",
    )
    parser.add_argument("--revoke", action="store_true", help="take every approval of it back")
    parser.add_argument("--output", metavar="FILE", help="also write the signed statement there")
    parser.add_argument(
        "--detached", action="store_true", help="files only; no warehouse is opened"
    )


def _apply(commands: Any) -> None:
    parser = _command(
        commands, "apply", "run_apply", "carry out an approved plan, or go on with it"
    )
    _plan_argument(parser)
    _warehouse_option(parser)
    _copy_option(parser)
    _account_options(parser)
    _policy_option(parser)
    parser.add_argument(
        "--approval",
        action="append",
        default=[],
        metavar="FILE",
        help="a signed approval or revocation, beside those in the warehouse; again for each",
    )
    parser.add_argument(
        "--target", type=_names, default=(), metavar="ID[,…]", help="carry out these changes only"
    )
    parser.add_argument(
        "--canary",
        type=_number,
        metavar="N",
        help="changes that must succeed before the rest is tried (default: as the policy says)",
    )
    parser.add_argument(
        "--decide",
        action="append",
        default=[],
        type=_decision,
        metavar="ID=applied|not-applied",
        help="say what became of a change whose outcome is unknown; again for each",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="how that is known")


def _undo(commands: Any) -> None:
    parser = _command(
        commands,
        "undo",
        "run_undo",
        "make a plan that takes an applied plan back, as far as it goes",
    )
    _plan_argument(parser)
    _warehouse_option(parser)
    _account_options(parser)
    _policy_option(parser)
    parser.add_argument("--author", default="", metavar="NAME", help="who makes it (default: you)")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why")
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="also write it: .json (to approve and apply), .md, .html or .txt; again for each",
    )


def _rehearse(commands: Any) -> None:
    parser = _command(
        commands,
        "rehearse",
        "run_rehearse",
        "apply a plan to the warehouse's state in the sandbox; Cal.com is not asked",
    )
    _plan_argument(parser)
    _warehouse_option(parser)
    _policy_option(parser)


def _audit(commands: Any) -> None:
    parser = _command(
        commands, "audit", "run_audit", "show who changed a booking and why, and check the journal"
    )
    _warehouse_option(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--booking", metavar="UID", help="show the changes of this booking")
    what.add_argument("--plan", metavar="PLAN", help="show the changes of this plan")
    parser.add_argument(
        "--export", metavar="FILE", help="write the whole journal there: .csv or .jsonl"
    )


def _plan_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="a plan's file, or first digits of its digest")


def _key_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key", metavar="FILE", help="the signing key (default: in your configuration folder)"
    )
    parser.add_argument(
        "--passphrase",
        action="store_true",
        help="the key has one: ask for it (or set CAL_APPROVAL_PASSPHRASE)",
    )


def _policy_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--policy",
        default="cal_policy.toml",
        metavar="FILE",
        help="what plans may do and who approves (default: %(default)s)",
    )


def _export(commands: Any) -> None:
    help_text = "write the warehouse's project for another tool"
    forms = commands.add_parser(
        "export", help=help_text, description=f"{help_text}."
    ).add_subparsers(title="forms", metavar="FORM", required=True)
    parser = _command(
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


def _roles(commands: Any) -> None:
    _command(
        commands,
        "roles",
        "run_roles",
        "print the SQL that makes a loader and a reader role in a Postgres warehouse",
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


def _decision(text: str) -> tuple[str, str]:
    name, value = _assignment(text)
    if value not in {"applied", "not-applied"}:
        raise argparse.ArgumentTypeError(f"'{value}' is neither applied nor not-applied")
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
