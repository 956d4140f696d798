"""The arguments of every command.

Commands are imported when they run, so that `--help` answers without loading dlt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.cli.arguments.account import add_actions, add_call, add_login, add_sandbox
from pipelines.cli.arguments.changes import (
    add_apply,
    add_approve,
    add_audit,
    add_keygen,
    add_plan,
    add_rehearse,
    add_undo,
)
from pipelines.cli.arguments.shared import Parser, lazy
from pipelines.cli.arguments.warehouse import (
    add_backfill,
    add_combine,
    add_demo,
    add_docs,
    add_doctor,
    add_export,
    add_refresh,
    add_report,
    add_roles,
    add_run,
    add_status,
    add_sync,
    add_transform,
)

if TYPE_CHECKING:
    import argparse


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; parsed arguments carry the function to run as `command`."""
    parser = Parser(
        prog="cal-warehouse",
        description="Cal.com in a warehouse you own: sync, analytics, and approved changes back.",
    )
    parser.add_argument("--version", action="store_true", help="show versions and leave")
    parser.set_defaults(
        command=lazy("doctor", "show_version_or_help"),
        debug=False,
        publish_copy=None,
        parser=parser,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (
        add_demo,
        add_sync,
        add_combine,
        add_backfill,
        add_refresh,
        add_status,
        add_transform,
        add_run,
        add_report,
        add_docs,
        add_export,
        add_plan,
        add_keygen,
        add_approve,
        add_apply,
        add_undo,
        add_rehearse,
        add_audit,
        add_call,
        add_login,
        add_sandbox,
        add_actions,
        add_roles,
        add_doctor,
    ):
        add(commands)
    return parser
