"""Running a program and what it cost: seconds, seconds of CPU, and memory of all its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SAMPLE_SECONDS: Final = 0.02
_PAGE_MB: Final = os.sysconf("SC_PAGE_SIZE") / 2**20


class ProgramFailed(Exception):  # noqa: N818 - it is what happened, not a programming error
    """A measured program ended with an error, or was ended because it took too long."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program cost.

    Attributes:
        seconds: Of the wall, from start to end of the process.
        cpu_seconds: User and system time of the process and its children.
        peak_mb: Greatest resident memory of the process and its children together.
        output: The last line it printed, as JSON; empty where that is none.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: dict[str, Any]

    def row(self) -> dict[str, float]:
        """Return the measured numbers, rounded, as results keep them."""
        return {
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "peak_mb": round(self.peak_mb, 1),
        }


def measured(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float = 1800,
) -> Cost:
    """Run a program to its end.

    Args:
        command: What to run.
        folder: Where.
        environment: Variables beside those of this process.
        timeout_seconds: When to end it.

    Raises:
        ProgramFailed: It did not end well; the message shows what it said last.
    """
    variables = {**os.environ, **(environment or {})}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # users do not compile at every start
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=out, stderr=err, start_new_session=True
        )
        watch = _Watch(process.pid)
        alarm = threading.Timer(timeout_seconds, os.killpg, (process.pid, signal.SIGKILL))
        alarm.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        finally:
            alarm.cancel()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        peak_mb = watch.stop()
        out.seek(0)
        err.seek(0)
        printed = out.read()
        if process.returncode != 0:
            said = (printed[-500:] + err.read()[-1500:]).strip()
            how = f"ended with {process.returncode} after {seconds:.0f} s"
            msg = f"{' '.join(command)} {how}:\n{said}"
            raise ProgramFailed(msg)
    return Cost(seconds, used.ru_utime + used.ru_stime, peak_mb, _last_json(printed))


class _Watch:
    """Looks at the memory of a process and its children until it is stopped."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the greatest memory seen, in MB."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, _resident_mb(self._pid), _own_peak_mb(self._pid))


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except (OSError, IndexError):  # it has ended meanwhile
        return 0.0
    return pages * _PAGE_MB + sum(_resident_mb(int(child)) for child in children)


def _own_peak_mb(pid: int) -> float:
    """Return what a process held at most since it began; wait4 would count its parent's too."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return found[0] / 1024 if found else 0.0


def _last_json(printed: str) -> dict[str, Any]:
    lines = printed.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        return {}
    found: dict[str, Any] = json.loads(lines[-1])
    return found
