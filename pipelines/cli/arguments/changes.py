"""The commands that push changes back: plan, approve, apply, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.cli.arguments.shared import account_options, command, copy_option, warehouse_option
from pipelines.cli.arguments.values import count, decision, names, number

if TYPE_CHECKING:
    import argparse


def add_plan(commands: Any) -> None:
    """Declare `cal-warehouse plan`."""
    parser = command(
        commands, "plan", "run_plan", "turn change requests into a plan; nothing is changed"
    )
    warehouse_option(parser)
    account_options(parser)
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
        type=count,
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


def add_keygen(commands: Any) -> None:
    """Declare `cal-warehouse keygen`."""
    parser = command(
        commands, "keygen", "run_keygen", "make a key to approve plans with", module="approve"
    )
    _key_options(parser)
    parser.add_argument("--name", default="", metavar="NAME", help="who signs with it")


def add_approve(commands: Any) -> None:
    """Declare `cal-warehouse approve`."""
    parser = command(commands, "approve", "run_approve", "sign a plan, so that it may be applied")
    _plan_argument(parser)
    warehouse_option(parser)
    _policy_option(parser)
    _key_options(parser)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    parser.add_argument(
        "--hours", type=float, metavar="N", help="how long it holds (default: as the policy allows)"
    )
    parser.add_argument(
        "--only",
        type=names,
        default=(),
        metavar="ID[,…]",
        help="approve these changes only: a plan of its own, with another digest",
    )
    parser.add_argument("--revoke", action="store_true", help="take every approval of it back")
    parser.add_argument("--output", metavar="FILE", help="also write the signed statement there")
    parser.add_argument(
        "--detached", action="store_true", help="files only; no warehouse is opened"
    )


def add_apply(commands: Any) -> None:
    """Declare `cal-warehouse apply`."""
    parser = command(commands, "apply", "run_apply", "carry out an approved plan, or go on with it")
    _plan_argument(parser)
    warehouse_option(parser)
    copy_option(parser)
    account_options(parser)
    _policy_option(parser)
    parser.add_argument(
        "--approval",
        action="append",
        default=[],
        metavar="FILE",
        help="a signed approval or revocation, beside those in the warehouse; again for each",
    )
    parser.add_argument(
        "--target", type=names, default=(), metavar="ID[,…]", help="carry out these changes only"
    )
    parser.add_argument(
        "--canary",
        type=number,
        metavar="N",
        help="changes that must succeed before the rest is tried (default: as the policy says)",
    )
    parser.add_argument(
        "--decide",
        action="append",
        default=[],
        type=decision,
        metavar="ID=applied|not-applied",
        help="say what became of a change whose outcome is unknown; again for each",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="how that is known")


def add_undo(commands: Any) -> None:
    """Declare `cal-warehouse undo`."""
    parser = command(
        commands,
        "undo",
        "run_undo",
        "make a plan that takes an applied plan back, as far as it goes",
    )
    _plan_argument(parser)
    warehouse_option(parser)
    account_options(parser)
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


def add_rehearse(commands: Any) -> None:
    """Declare `cal-warehouse rehearse`."""
    parser = command(
        commands,
        "rehearse",
        "run_rehearse",
        "apply a plan to the warehouse's state in the sandbox; Cal.com is not asked",
    )
    _plan_argument(parser)
    warehouse_option(parser)
    _policy_option(parser)


def add_audit(commands: Any) -> None:
    """Declare `cal-warehouse audit`."""
    parser = command(
        commands, "audit", "run_audit", "show who changed a booking and why, and check the journal"
    )
    warehouse_option(parser)
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
