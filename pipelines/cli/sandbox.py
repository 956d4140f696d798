"""`cal-warehouse sandbox`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cal_source.sandbox import Sandbox, World, serve_forever
from pipelines.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output


def run_sandbox(arguments: argparse.Namespace, output: Output) -> int:
    """Serve an invented Cal.com until it is stopped; prints one line when it is ready."""
    del output
    serve_forever(build_sandbox(arguments), arguments.host, arguments.port)
    return 0


def build_sandbox(arguments: argparse.Namespace) -> Sandbox:
    """Return the sandbox that a command's arguments describe.

    Raises:
        UsageError: `--world` names no recorded world.
    """
    limit = {"rate_limit_per_minute": arguments.rate_limit} if arguments.rate_limit else {}
    if arguments.world:
        folder = Path(arguments.world)
        if not (folder / "index.json").is_file():
            msg = (
                f"--world {folder} holds no index.json. Give a folder of recorded lists, or leave "
                "--world out for invented data."
            )
            raise UsageError(msg)
        return Sandbox(World.from_folder(folder), now=arguments.now, **limit)
    now = arguments.now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    world = World.generate(bookings=arguments.bookings, seed=arguments.seed, now=now)
    return Sandbox(world, seed=arguments.seed, now=now, **limit)
