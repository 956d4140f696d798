"""What a command costs before it does anything, beside importing dlt and an empty pipeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.warehouse import Warehouse
from tests.bench.session import OURS, Session

if TYPE_CHECKING:
    from tests.bench.measure import Cost

_EMPTY: Final = """
import dlt, tempfile
with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline("empty", destination=dlt.destinations.duckdb(folder + "/e.duckdb"),
                            dataset_name="empty", pipelines_dir=folder)
    pipeline.run([], table_name="nothing")
"""
HELP, STATUS = "cal-warehouse --help", "cal-warehouse status"
NOTHING, IMPORT, EMPTY = "python -c pass", "import dlt", "import dlt, empty pipeline"


def measure_startup(session: Session, size: int) -> None:
    """Whole processes, the interpreter's start included."""
    program = str(Path(sys.executable).with_name(OURS))

    def status(folder: Path) -> Cost:
        warehouse = str(folder / "w.duckdb")
        with Warehouse.open(warehouse):
            pass  # makes its tables
        return session.script(folder, program, "status", "--warehouse", warehouse)

    session.rounds_of(
        "startup",
        size,
        {
            HELP: lambda folder: session.script(folder, program, "--help"),
            STATUS: status,
            NOTHING: lambda folder: session.script(folder, sys.executable, "-c", "pass"),
            IMPORT: lambda folder: session.script(folder, sys.executable, "-c", "import dlt"),
            EMPTY: lambda folder: empty_pipeline(session, folder),
        },
    )


def empty_pipeline(session: Session, folder: Path) -> Cost:
    """Run the least that a program with dlt does."""
    return session.script(folder, sys.executable, "-c", _EMPTY)
