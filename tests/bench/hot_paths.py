"""Where the time of a sync goes: python -m tests.bench.hot_paths [load|merge] [--bookings N].

Looks at every thread 100 times a second with py-spy and keeps shares of the samples, by function
and by module, as text in `profiles/`. Waiting threads do not count.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.cases.growth import CHANGED
from tests.bench.environments import environment_bin
from tests.bench.page import PROFILES
from tests.bench.server import Settings, running_server
from tests.bench.session import Session, work_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINES: Final = 45
_PACKAGES: Final = ("cal_source", "pipelines", "transforms")


def main() -> None:
    """Profile and write the text."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hot_paths")
    parser.add_argument("what", nargs="?", choices=("load", "merge"), default="load")
    parser.add_argument("--bookings", type=int, default=50_000)
    asked = parser.parse_args()
    session = Session()
    with running_server(Settings(bookings=asked.bookings)) as server, work_folder() as folder:
        warehouse = str(folder / "w.duckdb")
        samples = folder / "samples.txt"
        recorder = [
            str(environment_bin("py-spy") / "py-spy"), "record", "--format", "raw", "--rate", "100",
            "--output", str(samples), "--",
        ]  # fmt: skip
        if asked.what == "merge":
            session.cal_warehouse(folder, server.url, warehouse, "sync")
            server.change(CHANGED)
        cost = session.cal_warehouse(folder, server.url, warehouse, "sync", under=recorder)
        text = _text(samples.read_text().splitlines())
    PROFILES.mkdir(exist_ok=True)
    head = (
        f"{asked.what} at {asked.bookings:,} bookings, DuckDB, py-spy at 100 samples a second, "
        f"{cost.seconds:.0f} s of the wall\n"
    )
    (PROFILES / f"{asked.what}.txt").write_text(head + text)
    sys.stdout.write(head + text)


def _text(samples: Iterable[str]) -> str:
    """Return shares of samples: inside a function or what it calls, and in its own lines."""
    inside: Counter[str] = Counter()
    own: Counter[str] = Counter()
    total = 0
    for sample in samples:
        stack, _, number = sample.rpartition(" ")
        frames = [_function(frame) for frame in stack.split(";")]
        total += int(number)
        own[frames[-1]] += int(number)
        for function in set(frames):
            inside[function] += int(number)
    tables = (
        ("of our functions, with what they call", _ours(inside)),
        ("of all functions, their own lines only", own.most_common(_LINES)),
    )
    return "".join(
        f"\nShare {what}\n"
        + "".join(f"{n / total:7.1%}  {name}\n" for name, n in rows if n / total >= 0.004)
        for what, rows in tables
    )


def _ours(inside: Counter[str]) -> list[tuple[str, int]]:
    return [row for row in inside.most_common() if row[0].startswith(_PACKAGES)][:_LINES]


def _function(frame: str) -> str:
    """Return `path:function` of a frame such as `read (cal_source/walk.py:10)`."""
    name, _, place = frame.rpartition(" (")
    path = Path(place.rpartition(":")[0])
    parts = path.parts
    for package in _PACKAGES:
        if package in parts:
            return f"{'/'.join(parts[parts.index(package) :])}:{name}"
    return f"{'/'.join(parts[-2:])}:{name}"


if __name__ == "__main__":
    main()
