"""`cal-warehouse roles`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def run_roles(arguments: argparse.Namespace, output: Output) -> int:
    """Print the SQL that makes the roles of a Postgres warehouse, for psql."""
    del arguments
    sql = (files("pipelines") / "sql" / "roles.sql").read_text("utf-8")
    output.say(sql.rstrip("\n"))
    output.result({"sql": sql})
    return 0
