"""Entry point: parse, run one command, turn errors into one message and an exit code."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING

from pipelines.cli.arguments import build_parser
from pipelines.cli.output import Output
from pipelines.heap import tune_heap

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see README.md, section "Exit codes".

    Args:
        argv: Arguments without the program's name; None takes the process's own.
    """
    arguments = build_parser().parse_args(argv)
    tune_heap()
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
