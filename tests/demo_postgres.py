"""The demo in a PostgreSQL server of its own: `python -m tests.demo_postgres`."""

from __future__ import annotations

import sys

from pipelines.cli import main
from tests.postgres_server import running_server


def show_demo(arguments: list[str]) -> int:
    """Run `cal-warehouse demo` on a new server; where there is a terminal, leave it to look at."""
    with running_server() as server, server.database() as url:
        code = main(["demo", "--warehouse", url, *arguments])
        if sys.stdin.isatty():
            input(f"The server runs until you press Enter: psql '{url}' ")
    return code


if __name__ == "__main__":
    sys.exit(show_demo(sys.argv[1:]))
