"""Real runs of the installed command, against a sandbox over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.account import new_sandbox

COMMAND = Path(sys.executable).with_name("cal-warehouse")


@pytest.fixture
def sandbox():
    """A small account."""
    return new_sandbox(bookings=60, seed=4)


@pytest.fixture
def start(sandbox, tmp_path):
    """Starts syncs, or another command; those that still run are killed at the end."""
    processes = []
    with sandbox.serve() as url:
        settings = {"CAL_API_KEY": "cal_sandbox_owner", "CAL_BASE_URL": url, "HOME": str(tmp_path)}

        def started(location, *arguments, command="sync", **options):
            process = subprocess.Popen(
                [COMMAND, command, "--debug", "--warehouse", location, *arguments],
                env={**os.environ, **settings},
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                **options,
            )
            processes.append(process)
            return process

        yield started
        for process in processes:
            process.kill()
            process.communicate()


@pytest.fixture
def until():
    """Reads what a process shows until it says something."""

    def read(process, words):
        for line in process.stderr:
            if words in line:
                return
        pytest.fail(f"it ended without saying {words!r}")

    return read
