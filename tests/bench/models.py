"""How fast the models build on DuckDB: all of them, and one more day.

    python -m tests.bench.models [--bookings 1000000] [--memory 4GB] [--threads 2] [--days 3]

Writes docs/model-speed.md. The raw tables of an invented account are written by SQL, without any
server, so that ten million bookings take minutes. Machines are shared and noisy: CPU seconds are
given beside the time that passed.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.engines import MODELS_AT_A_TIME
from pipelines.models import project_folder
from pipelines.warehouse.duckdb_file import DUCKDB_SETTINGS
from tests.conftest import REPOSITORY
from tests.engines.generated import AS_OF, live_day, load_year
from transforms import DuckDBEngine, How, Project, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from transforms import BuildResult

TARGET = REPOSITORY / "docs" / "model-speed.md"
HEAD = """# Speed of the models

Written by `python -m tests.bench.models`: every model on DuckDB, for an invented account whose raw
tables are written by SQL. A day brings one new booking in 365 of what is there, a tenth as many
cancellations and as many absences anywhere in the year, and the moment moves on by a day. The
machine has two cores of a shared host, so CPU seconds stand beside the seconds that passed: more of
those than half the CPU seconds tell of other work. What DuckDB puts off until it closes the file is
part of each build.
"""
TOP = 12


@dataclass(frozen=True)
class Measured:
    """One build.

    Attributes:
        seconds: That passed.
        cpu_seconds: Of this process, all threads.
        result: What was built.
    """

    seconds: float
    cpu_seconds: float
    result: BuildResult


def cpu_seconds() -> float:
    """CPU seconds that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def into_the_file(
    connection: duckdb.DuckDBPyConnection, project: Project, moment: datetime
) -> BuildResult:
    """Build as the command does; what DuckDB puts off until it closes the file is done as well."""
    result = build(project, DuckDBEngine(connection), as_of=moment, workers=MODELS_AT_A_TIME)
    connection.execute("checkpoint")
    return result


def measured(work: Callable[[], BuildResult]) -> Measured:
    """Measure a build that must succeed."""
    started, used = time.perf_counter(), cpu_seconds()
    result = work()
    assert result.ok, result.failures
    return Measured(time.perf_counter() - started, cpu_seconds() - used, result)


def measure(
    file: Path, bookings: int, days: int, memory: str, threads: int
) -> tuple[Measured, list[Measured], float]:
    """Build a year whole, then day after day; also return the peak memory in GB.

    What loads the data runs apart, so that the peak is that of the builds.
    """
    project = Project.load(project_folder())
    with duckdb.connect(file) as connection:
        connection.execute(DUCKDB_SETTINGS)
        load_year(connection, bookings)
    config = {"memory_limit": memory, "threads": threads}
    with duckdb.connect(file, config=config) as connection:
        connection.execute(DUCKDB_SETTINGS)

        def built(moment: datetime) -> Measured:
            return measured(lambda: into_the_file(connection, project, moment))

        whole = built(AS_OF)
        later = []
        for day in range(1, days + 1):
            moment = AS_OF + timedelta(days=day)
            live_day(connection, moment, 365)
            connection.execute("checkpoint")  # what the load left to do is not the models' work
            later.append(built(moment))
    return whole, later, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


def rendered(bookings: int, memory: str, found: tuple[Measured, list[Measured], float]) -> str:
    """One size as a part of the page."""
    whole, days, peak = found
    last = days[-1]
    count = len(whole.result.models)
    kept = sum(model.how is How.KEPT for model in last.result.models)
    parts = sum(model.how is How.PARTITIONS for model in last.result.models)
    lines = [
        f"## {bookings:,} bookings, DuckDB limited to {memory}",
        "",
        (
            f"{count} models. On the last day {kept} were kept, {parts} updated in part, the rest "
            f"built whole. Peak memory of the process, making the data included: {peak:.1f} GB."
        ),
        "",
        "| build | seconds | CPU seconds |",
        "|---|---|---|",
        f"| all models, whole | {whole.seconds:.1f} | {whole.cpu_seconds:.1f} |",
    ]
    lines += [
        f"| day {number} | {day.seconds:.1f} | {day.cpu_seconds:.1f} |"
        for number, day in enumerate(days, start=1)
    ]
    lines += ["", "| slowest models | whole, s | last day, s | how |", "|---|---|---|---|"]
    by_name = {model.name: model for model in last.result.models}
    slowest = sorted(whole.result.models, key=lambda model: -model.seconds)[:TOP]
    for model in slowest:
        again = by_name[model.name]
        lines.append(f"| {model.name} | {model.seconds:.1f} | {again.seconds:.2f} | {again.how} |")
    return "\n".join([*lines, ""])


def sections(page: str) -> dict[str, str]:
    """Return a page's sections by heading; what was not measured again stays on the page."""
    _, *found = f"\n{page}".split("\n## ")
    return {text.partition("\n")[0]: f"## {text.rstrip()}\n" for text in found}


def main() -> None:
    """Measure each size and write the page, sizes that were measured before included."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, action="append")
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--folder", help="where the databases lie meanwhile")
    arguments = parser.parse_args()
    parts = sections(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    for bookings in arguments.bookings or [1_000_000]:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            file = Path(folder) / "cal.duckdb"
            found = measure(file, bookings, arguments.days, arguments.memory, arguments.threads)
        parts |= sections(rendered(bookings, arguments.memory, found))
        TARGET.write_text("\n".join([HEAD, *parts.values()]), encoding="utf-8")


if __name__ == "__main__":
    main()
