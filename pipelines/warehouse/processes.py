"""What the operating system says of another process."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


def with_start(holder: str) -> str:
    """Add to a process, as DuckDB names it, since when it runs; unchanged where nobody knows.

    Args:
        holder: Such as `/usr/bin/python3.11 (PID 4711)`.
    """
    found = re.search(r"PID (\d+)", holder)
    started = started_at(int(found[1])) if found else None
    return f"{holder}, which runs since {started:%Y-%m-%d %H:%M:%S} UTC" if started else holder


def started_at(process_id: int) -> datetime | None:
    """Return when a process of this machine was started, UTC; None where that cannot be known.

    Source: proc(5), field 22 of /proc/PID/stat, in clock ticks since the machine's start.
    """
    with suppress(OSError, ValueError, IndexError, StopIteration):
        # The second field is the program's name in brackets, and may hold blanks and brackets.
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        lines = Path("/proc/stat").read_text().splitlines()
        machine = int(next(line for line in lines if line.startswith("btime")).split()[1])
        return datetime.fromtimestamp(machine + int(fields[19]) / os.sysconf("SC_CLK_TCK"), UTC)
    return None
