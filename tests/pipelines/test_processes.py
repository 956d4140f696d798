"""Since when another process runs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.warehouse.processes import started_at, with_start

needs_proc = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="there is no /proc here")


@needs_proc
def test_started_at_is_when_a_process_was_started():
    before = datetime.now(UTC)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    started = started_at(process.pid)

    process.communicate(b"\n")
    assert abs(started - before) < timedelta(seconds=5)


def test_started_at_of_nobody_is_unknown():
    assert started_at(2**22 + 1) is None


@needs_proc
def test_with_start_tells_since_when_the_process_named_runs():
    holder = f"/usr/bin/python3 (PID {os.getpid()})"

    assert with_start(holder).startswith(f"{holder}, which runs since 20")


def test_with_start_leaves_what_names_no_process():
    assert with_start("another container") == "another container"
