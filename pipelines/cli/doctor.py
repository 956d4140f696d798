"""`cal-warehouse doctor`, and what the bare command shows."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from pipelines.exit_codes import ExitCode

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def show_version_or_help(arguments: argparse.Namespace, output: Output) -> int:
    """Show versions with `--version`; else the help, which is wrong usage without a command."""
    if arguments.version:
        names = ("cal-warehouse", "dlt", "duckdb", "sqlglot")
        output.say("\n".join(f"{name} {version(name)}" for name in names))
        return ExitCode.DONE
    arguments.parser.print_help()
    return ExitCode.USAGE


def run_doctor(arguments: argparse.Namespace, output: Output) -> int:
    """Check key, server, versions, rights and warehouse, and say what to do."""
    from cal_source.settings import resolve_settings  # noqa: PLC0415
    from pipelines.doctor import examine  # noqa: PLC0415

    given = {"base_url": arguments.base_url, "organization_id": arguments.org_id}
    findings = list(examine(lambda: resolve_settings(given), arguments.warehouse))
    rows = [(f.check, str(f.verdict), f.found, f.remedy) for f in findings]
    output.table("Doctor", ("check", "verdict", "found", "what to do"), rows)
    code = next((f.exit_code for f in findings if f.exit_code), ExitCode.DONE)
    output.result({"findings": findings, "exit_code": int(code)})
    return code
