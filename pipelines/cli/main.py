"""Entry point: parse, run one command, turn errors into one message and an exit code."""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

from pipelines.cli.arguments import build_parser
from pipelines.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEW_CONTAINERS: Final = 50_000  # a page of bookings makes thousands, and no cycle of them
_ARENAS: Final = 2
_M_ARENA_MAX: Final = -8  # in malloc.h


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see README.md, section "Exit codes".

    Args:
        argv: Arguments without the program's name; None takes the process's own.
    """
    arguments = build_parser().parse_args(argv)
    _tune_memory()
    output = Output(as_json=getattr(arguments, "json", False))
    if arguments.debug:
        _log_to_stderr()
    try:
        return int(arguments.command(arguments, output))
    except BrokenPipeError:  # the reader of our output has left, as `| head` does
        sys.stderr.close()
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last stop of every error
        if arguments.debug:
            traceback.print_exc()
        return _report(error, output)


def _tune_memory() -> None:
    """Look for cycles seldom, and have threads and Arrow share heaps.

    glibc gives the threads of two cores up to 16 heaps, each of which keeps what was freed in it:
    the longer a load, the more. Other C libraries do not know the setting. Arrow's own allocator
    keeps what was freed, too; it is chosen when pyarrow is imported.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    gc.set_threshold(_NEW_CONTAINERS, *gc.get_threshold()[1:])
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - not for --help

        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, _ARENAS)


def _log_to_stderr() -> None:
    shown = logging.StreamHandler()
    shown.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    for name in ("cal_source", "cal_warehouse"):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).addHandler(shown)


def _report(error: BaseException, output: Output) -> int:
    """Show one message for an error, whatever it is, and return its exit code."""
    from cal_source.errors import CalError  # noqa: PLC0415 - only on errors
    from pipelines.errors import PipelineError  # noqa: PLC0415
    from pipelines.exit_codes import ExitCode, exit_code_of  # noqa: PLC0415

    code = exit_code_of(error)
    if code is ExitCode.INTERRUPTED:
        message = "Stopped. What was published before is intact; run the command again to go on."
    elif code is ExitCode.FAILED and not isinstance(error, CalError | PipelineError):
        message = f"{type(error).__name__}: {error} (--debug shows where)"
    else:
        message = str(error)
    output.error(message, code)
    return int(code)
