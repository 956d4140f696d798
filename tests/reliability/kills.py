"""Runs killed at named steps and at random instants, and what has to be so after the next run.

The steps are those that `--debug` shows on standard error; nothing in the product knows that it
is being killed. The account changes between runs, so every run has something to lose.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.reader_copy import publish_copy
from pipelines.steps import Step
from pipelines.warehouse import Warehouse, is_postgres
from tests.histories import Histories
from tests.oracle import differences, history_problems

if TYPE_CHECKING:
    from random import Random

    from cal_source.sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("cal-warehouse")
LEFT_BY_KILLS = -9
_SYNC_STEPS = (Step.EXTRACT, Step.NORMALIZE, Step.LOAD, Step.PUBLISH, Step.PROOF)


@dataclass
class Killer:
    """Runs the command against a sandbox and kills it.

    Attributes:
        sandbox: The account, which changes between runs.
        url: Where it is served.
        location: The warehouse.
        folder: Where the command works, and the copy for readers is put.
        rng: Chooses changes, steps and instants.
        killed: Kills that hit a running process, by step; `""` for a random instant.
    """

    sandbox: Sandbox
    url: str
    location: str
    folder: Path
    rng: Random
    killed: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._history = Histories(self.sandbox, self.rng)
        self.temporary.mkdir(exist_ok=True)

    @property
    def copy(self) -> Path:
        return self.folder / "copy.duckdb"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        settings = {"CAL_API_KEY": "cal_sandbox_owner", "CAL_BASE_URL": self.url}
        return {**os.environ, **settings, "HOME": str(self.folder), "TMPDIR": str(self.temporary)}

    def steps(self) -> tuple[Step, ...]:
        """Return the steps that a run into this warehouse has."""
        copying = () if is_postgres(self.location) else (Step.COPY,)
        return (*_SYNC_STEPS, Step.TRANSFORM, *copying)

    def arguments(self, command: str) -> list[str | Path]:
        copying = [] if is_postgres(self.location) else ["--publish-copy", str(self.copy)]
        return [COMMAND, command, "--debug", "--json", "--warehouse", self.location, *copying]

    def change(self) -> None:
        for _ in range(5):
            self._history.step()

    def run(self, command: str = "run") -> None:
        """Let a run end by itself; it has to succeed."""
        started = time.monotonic()
        done = subprocess.run(
            self.arguments(command),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        self.seconds = time.monotonic() - started
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def kill_at(self, step: Step) -> bool:
        """Kill a run soon after it has begun a step; False where the step was too short."""
        command = "sync" if step in _SYNC_STEPS else "run"
        process = self._started(command)
        for line in process.stderr or ():
            if line.rstrip().endswith(f"cal_warehouse.steps: {step}"):
                time.sleep(self.rng.uniform(0, 0.1))
                break
        return self._kill(process, step)

    def kill_anywhere(self, command: str = "sync") -> bool:
        """Kill a run at a random instant."""
        process = self._started(command)
        reader = threading.Thread(target=lambda: list(process.stderr or ()), daemon=True)
        reader.start()
        time.sleep(self.rng.uniform(0.1, 1.0) * self.seconds)
        return self._kill(process, "")

    def _started(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.arguments(command),
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _kill(self, process: subprocess.Popen[str], step: str) -> bool:
        process.kill()
        was_running = process.wait() == LEFT_BY_KILLS
        if was_running:
            self.killed[step] = self.killed.get(step, 0) + 1
        return was_running

    def problems(self) -> list[str]:
        """Return what is not as if nothing had ever been killed; empty when all is."""
        with Warehouse.open(self.location) as warehouse:
            found = differences(warehouse, self.sandbox)
            found += history_problems(warehouse) + left_overs(warehouse)
        found += [f"{path.name} is left" for path in self.temporary.iterdir()]
        if not is_postgres(self.location):
            with Warehouse.open(str(self.copy), read_only=True) as copy:
                found += [f"copy: {one}" for one in differences(copy, self.sandbox)]
        return found


def left_overs(warehouse: Warehouse) -> list[str]:
    """Return what a killed run left for somebody to clear away."""
    found = []
    if warehouse.has_schema("landing"):
        found.append("a landing is left")
    if warehouse.scalar("select count(*) from ops.runs where outcome = 'running'"):
        found.append("a run is said to be running")
    shadows = warehouse.scalar(
        "select count(*) from information_schema.tables where table_name like '%\\_\\_shadow%' "
        "escape '\\'"
    )
    if shadows:
        found.append(f"{shadows} shadow tables are left")
    return found


def kill_while_copying(folder: Path, location: str) -> list[str]:
    """Stop a copy half-way; readers must still have the one before."""
    target = folder / "readers.duckdb"
    publish_copy(location, str(target))
    before = target.read_bytes()

    def half(source: Path, partial: Path) -> None:
        partial.write_bytes(source.read_bytes()[:1000])
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        publish_copy(location, str(target), copy=half)
    with duckdb.connect(str(target), read_only=True) as connection:
        connection.execute("select count(*) from raw.bookings").fetchone()
    return [] if target.read_bytes() == before else ["the copy was changed"]
