"""cal-warehouse with a clock on its steps: python -m tests.bench.stepped COMMAND ….

The last line printed is the command's JSON with `step_seconds`: how long the run was in each step.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import time
from collections import Counter

from pipelines.cli import main


class _Steps(logging.Handler):
    """Adds up the time from each step's beginning to the next one's."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: Counter[str] = Counter()
        self._step, self._since = "start", time.perf_counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.begin(record.getMessage())

    def begin(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[self._step] += now - self._since
        self._step, self._since = step, now


def run(arguments: list[str]) -> int:
    """Run a command and print what it printed, with its steps."""
    steps = _Steps()
    log = logging.getLogger("cal_warehouse.steps")
    log.setLevel(logging.INFO)
    log.addHandler(steps)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = main([*arguments, "--json"])
    steps.begin("end")
    found = json.loads(printed.getvalue().strip().splitlines()[-1])
    print(json.dumps(found | {"step_seconds": {k: round(v, 3) for k, v in steps.seconds.items()}}))
    return code or 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
