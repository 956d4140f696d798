"""The commands that talk to Cal.com, or are it, without a warehouse."""

from __future__ import annotations

from typing import Any

from pipelines.cli.arguments.shared import account_options, command
from pipelines.cli.arguments.values import assignment, count, instant, names, number


def add_call(commands: Any) -> None:
    """Declare `cal-warehouse call`."""
    parser = command(
        commands, "call", "run_call", "ask Cal.com one thing: any read, lookup or credential flow"
    )
    account_options(parser)
    parser.add_argument("key", metavar="KEY", help="the operation, as in the catalogue")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        type=assignment,
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


def add_login(commands: Any) -> None:
    """Declare `cal-warehouse login`."""
    parser = command(
        commands, "login", "run_login", "sign in to a third-party app with your browser"
    )
    parser.add_argument("--base-url", metavar="URL", help="address of the API (CAL_BASE_URL)")
    parser.add_argument("--client-id", required=True, metavar="ID", help="the app's client id")
    parser.add_argument(
        "--client-secret", metavar="SECRET", help="of a confidential app; '-' reads it from input"
    )
    parser.add_argument(
        "--scope", type=names, default=(), metavar="SCOPE[,SCOPE]", help="what the app may do"
    )
    parser.add_argument(
        "--authorize-url", metavar="URL", help="the consent page (default: that of the server)"
    )
    parser.add_argument(
        "--port", type=number, default=0, help="where the answer comes back (default: any)"
    )
    parser.add_argument(
        "--wait", type=count, default=300, metavar="SECONDS", help="default: %(default)s"
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only show the address of the consent page"
    )


def add_sandbox(commands: Any) -> None:
    """Declare `cal-warehouse sandbox`."""
    parser = command(
        commands, "sandbox", "run_sandbox", "serve an invented Cal.com on this machine"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--world", metavar="DIR", help="serve a recorded world folder")
    source.add_argument("--bookings", type=count, default=5000, metavar="N", help="default: 5000")
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="default: 7")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=number, default=5555, help="0: any (default: %(default)s)")
    parser.add_argument("--now", type=instant, metavar="ISO", help="where its clock starts")
    parser.add_argument(
        "--rate-limit",
        type=count,
        metavar="N",
        help="requests a minute per key (default: what Cal.com allows, or as recorded)",
    )


def add_actions(commands: Any) -> None:
    """Declare `cal-warehouse actions`."""
    parser = command(
        commands,
        "actions",
        "run_actions",
        "list what is done with each of Cal.com's actions, or explain one",
    )
    parser.add_argument("key", nargs="?", metavar="KEY", help="explain this one")
    parser.add_argument(
        "--all", action="store_true", help="list also the reads beyond the 176 published actions"
    )
