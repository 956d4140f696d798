"""Writes docs/engines.md: every model on every engine, hash and seconds, on two accounts.

    python -m tests.engines.table [--bookings 100000] [--engines duckdb,postgres,spark]

Needs Postgres, Java and the recorded reference data; takes minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psycopg

from cal_source.client import CalClient
from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox, World
from pipelines.models import project_folder
from pipelines.options import SyncOptions
from pipelines.sync import sync
from pipelines.warehouse import Warehouse
from tests.conftest import REPOSITORY, InProcess
from tests.engines.generated import AS_OF, load_year
from tests.engines.warehouses import RAW, copy_to_parquet, copy_to_postgres, raw_copy
from transforms import DuckDBEngine, Project, build
from transforms.row_hash import hash_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.engine import Engine

TARGET = REPOSITORY / "docs" / "engines.md"
WORLD = REPOSITORY.parent / "shared" / "cal-api" / "world"
NAMES = {"duckdb": "DuckDB", "postgres": "Postgres", "spark": "Spark"}
HEAD = """# Engines

Every model is built from the same file on DuckDB, Postgres and Spark, and the rows are equal. This
page is written by `python -m tests.engines.table`; the seconds are of a machine with two cores that
did other work at the same time, so compare orders of magnitude only. A hash counts every row of the
model and every value in it, by value (`transforms/row_hash.py`).
"""


@dataclass(frozen=True)
class Built:
    """A model on one engine."""

    rows: int
    seconds: float
    digest: str


def recorded_account(connection: duckdb.DuckDBPyConnection, project: Project) -> None:
    """Sync the recorded account and copy its raw tables."""
    client = CalClient(
        "cal_sandbox_owner",
        base_url="http://sandbox.test",
        transport=InProcess(Sandbox(World.from_folder(WORLD))),
        sleep=lambda _: None,
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cal.duckdb"
        with Warehouse.open(str(file)) as warehouse:
            sync(warehouse, lambda **more: Extraction(client, strict=False, **more), SyncOptions())
        raw_copy(file, connection, project.sources)


@contextmanager
def engine_with(name: str, raw: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Engine]:
    """One engine with the raw tables of a DuckDB connection."""
    if name == "duckdb":
        yield DuckDBEngine(raw)
    elif name == "postgres":
        from tests.postgres_server import running_server
        from transforms.postgres_engine import PostgresEngine

        with (
            running_server() as server,
            server.database(empty=True) as url,
            psycopg.connect(url, autocommit=True) as connection,
        ):
            copy_to_postgres(raw, connection, RAW, folder)
            yield PostgresEngine(connection)
    else:
        from tests.engines.spark import local_session
        from transforms.spark_engine import SparkEngine

        session = local_session(folder / "spark")
        try:
            yield SparkEngine(
                session, folder / "lake", copy_to_parquet(raw, RAW, folder / "export")
            )
        finally:
            session.stop()  # its scratch files lie in the folder, which goes now


def measure(
    project: Project, raw: duckdb.DuckDBPyConnection, name: str, kinds: dict[str, dict[str, str]]
) -> dict[str, Built]:
    """Build all models on an engine and hash them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        engine_with(name, raw, Path(folder)) as engine,
    ):
        result = build(project, engine, as_of=AS_OF, whole=True)
        assert result.ok, result.failures
        return {
            model.name: Built(
                model.rows or 0,
                model.seconds,
                hash_table(
                    engine,
                    model.name,
                    project.models[model.name].column_names,
                    [c for c, kind in kinds[model.name].items() if kind == "JSON"],
                ),
            )
            for model in result.models
        }


def rendered(title: str, found: dict[str, dict[str, Built]]) -> str:
    """One account's table; the hash stands once where all engines agree."""
    engines = list(found)
    first = found[engines[0]]
    lines = [f"## {title}", ""]
    total = ", ".join(
        f"{NAMES[name]} {sum(built.seconds for built in models.values()):.1f} s"
        for name, models in found.items()
    )
    equal = sum(len({found[e][model].digest for e in engines}) == 1 for model in first)
    lines += [f"{equal} of {len(first)} models equal. All models: {total}.", ""]
    lines += [
        f"| model | rows | hash | {' | '.join(f'{NAMES[e]}, s' for e in engines)} |",
        f"|---|---|---|{'---|' * len(engines)}",
    ]
    for model, built in first.items():
        digests = dict.fromkeys(found[e][model].digest[:12] for e in engines)
        seconds = " | ".join(f"{found[e][model].seconds:.2f}" for e in engines)
        lines.append(f"| {model} | {built.rows:,} | {' ≠ '.join(digests)} | {seconds} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Build, compare and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--engines", default=",".join(NAMES))
    arguments = parser.parse_args()
    project = Project.load(project_folder())
    parts = [HEAD]
    accounts = {
        "The recorded account": lambda connection: recorded_account(connection, project),
        f"An invented year of {arguments.bookings:,} bookings": lambda connection: load_year(
            connection, arguments.bookings
        ),
    }
    for title, fill in accounts.items():
        with duckdb.connect() as raw:
            fill(raw)
            built = build(project, DuckDBEngine(raw), as_of=AS_OF)
            assert built.ok, built.failures
            kinds = DuckDBEngine(raw).catalog()
            found: dict[str, dict[str, Built]] = {}
            for name in arguments.engines.split(","):
                found[name] = measure(project, raw, name, kinds)
                page = "\n".join([*parts, rendered(title, found)])
                TARGET.write_text(page, encoding="utf-8")  # after each engine: Spark takes minutes
            parts.append(rendered(title, found))


if __name__ == "__main__":
    main()
