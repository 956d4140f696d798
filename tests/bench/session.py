"""One session of measuring: who is asked, how often, and where results go."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.environments import CACHE, REPOSITORY
from tests.bench.measure import Cost, ProgramFailed, measured
from tests.bench.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

OURS: Final = "cal-warehouse"
KEY: Final = "cal_sandbox_owner"
_QUIET: Final = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "AIRBYTE_OFFLINE_MODE": "1",
}


@dataclass
class Session:
    """What the command line asked for, and the results so far.

    Attributes:
        rounds: How often each way is measured.
        ways: Only these ways; empty: all.
        again: Measure also what this commit has results of.
        timeout_seconds: When to give up on one program.
    """

    rounds: int = 3
    ways: tuple[str, ...] = ()
    again: bool = False
    timeout_seconds: float = 1800
    results: Results = field(default_factory=Results.read)
    _noted: set[tuple[str, str, int]] = field(default_factory=set, init=False)

    def wants(self, case: str, way: str, size: int, number: int) -> bool:
        """Whether a way is to be measured in round `number`, which counts from 0."""
        if self.ways and way not in self.ways:
            return False
        return self.again or self.results.done(case, way, size) <= number

    def rounds_of(
        self,
        case: str,
        size: int,
        ways: Mapping[str, Callable[[Path], Any]],
        peers: Collection[str] = (),
    ) -> None:
        """Measure several ways, one after the other in every round.

        Args:
            case: Name of the case.
            size: Bookings.
            ways: What measures each way in an empty folder; returns a `Cost`, or a `Cost` and more
                numbers.
            peers: Those ways that do not depend on our code.
        """
        for number in range(self.rounds):
            for way, measure in ways.items():
                if self.wants(case, way, size, number):
                    with work_folder() as folder:
                        self.note(
                            case,
                            way,
                            size,
                            lambda m=measure, f=folder: m(f),
                            is_peer=way in peers,
                        )

    def note(
        self,
        case: str,
        way: str,
        size: int,
        measure: Callable[[], Any],
        *,
        is_peer: bool = False,
    ) -> Cost | None:
        """Measure once, keep the result and show it; a failure is shown and kept as its reason."""
        measured = (case, way, size)
        is_first = self.again and measured not in self._noted
        self._noted.add(measured)
        keep = partial(self.results.keep, case, way, size, is_peer=is_peer, is_first=is_first)
        try:
            found = measure()
        except ProgramFailed as error:
            print(f"{case} {size:,} {way}: {error}", flush=True)
            reason = str(error).strip().splitlines()[-1].strip()[:200]
            keep({"failed": reason})
            return None
        cost, more = found if isinstance(found, tuple) else (found, {})
        row = {**cost.row(), **_numbers(cost.output), **more}
        keep(row)
        shown = ", ".join(f"{name} {value}" for name, value in row.items())
        print(f"{case} {size:,} {way}: {shown}", flush=True)
        return cost

    def cal_warehouse(
        self, folder: Path, url: str, warehouse: str, *arguments: str, under: Sequence[str] = ()
    ) -> Cost:
        """Run one of our commands on a warehouse as a process of its own, its steps timed.

        Args:
            folder: Where.
            url: The server.
            warehouse: The warehouse.
            arguments: The command and its options.
            under: A program that runs the command, and its options.
        """
        command = [sys.executable, "-m", "tests.bench.stepped", *arguments]
        return measured(
            [*under, *command, "--warehouse", warehouse],
            folder=folder,
            environment={
                **_QUIET, "PYTHONPATH": str(REPOSITORY), "CAL_API_KEY": KEY, "CAL_BASE_URL": url
            },
            timeout_seconds=self.timeout_seconds,
        )  # fmt: skip

    def script(self, folder: Path, *command: str) -> Cost:
        """Run another program."""
        return measured(
            command, folder=folder, environment=_QUIET, timeout_seconds=self.timeout_seconds
        )


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """Make an empty folder on the disk that holds the environments.

    Yields:
        The folder, which is deleted afterwards.
    """
    CACHE.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=CACHE))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _numbers(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a program's output the results keep."""
    found: dict[str, Any] = {}
    for name in ("rows", "work_seconds"):
        if isinstance(output.get(name), int | float):
            found[name] = round(output[name], 3)
    for name in ("requests", "booking_requests", "step_seconds", "outcome"):
        if output.get(name):
            found[name] = output[name]
    tables = output.get("tables", {})
    if isinstance(tables, dict) and "bookings" in tables:
        found["rows"] = tables["bookings"]["rows"]
        found["changed"] = tables["bookings"]["changed"]
    return found
