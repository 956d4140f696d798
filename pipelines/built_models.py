"""What each model was when it was last built, kept in `ops.models`; plans compare files with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipelines.engines import engine_of
from transforms.build import foresee
from transforms.plan import BuildPlan, BuiltModel, plan_build, record_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipelines.warehouse import Warehouse
    from transforms import Project
    from transforms.plan import Types


def plan_models(
    warehouse: Warehouse, project: Project, *, as_of: datetime, select: Sequence[str] = ()
) -> BuildPlan:
    """Compare the project's files with the last build in a warehouse; nothing is changed.

    Args:
        warehouse: The open warehouse; reading is enough.
        project: The project.
        as_of: The moment that the build would be for.
        select: Models that the build would touch; empty: all.

    Raises:
        ProjectError: Models use tables or columns that the warehouse lacks.
        SelectionError: A selector names no model.
    """
    steps = foresee(project, engine_of(warehouse), as_of=as_of, select=list(select) or None)
    return plan_build(project, read_built(warehouse), read_types(warehouse), steps)


def read_types(warehouse: Warehouse) -> Types:
    """Return every table and view of the warehouse with its columns and their types."""
    return {
        table: {column: kind.lower() for column, kind in columns.items()}
        for table, columns in engine_of(warehouse).catalog().items()
    }


def read_built(warehouse: Warehouse) -> dict[str, BuiltModel]:
    """Return the last build of every model, by name; empty where nothing was built yet."""
    if not warehouse.column_names("ops", "models"):
        return {}
    return {
        row["name"]: BuiltModel(
            name=row["name"],
            path=row["path"],
            text=row["file_text"],
            columns=msgspec.json.decode(row["column_types"]),
            sources=msgspec.json.decode(row["source_types"]),
            built_at=row["built_at"],
        )
        for row in warehouse.rows(
            "select name, path, file_text, column_types, source_types, built_at from ops.models"
        )
    }


def write_built(
    warehouse: Warehouse, project: Project, names: Iterable[str], *, run_id: str, built_at: datetime
) -> None:
    """Remember models that were just built; a whole build forgets those that have no file.

    It follows the build in a transaction of its own. If the process dies in between, the next plan
    names changes that were built already: a build too much, never one too few.

    Args:
        warehouse: The open warehouse.
        project: The project they came from.
        names: The models that were built.
        run_id: The run that built them.
        built_at: When, UTC.
    """
    built = [name for name in names if name in project.models]
    records = record_models(project, built, read_types(warehouse), built_at)
    gone = set(read_built(warehouse)) - set(project.models)
    with warehouse.transaction():
        if len(built) == len(project.models):  # the whole project was built
            for name in gone:
                warehouse.execute("delete from ops.models where name = $name", {"name": name})
        for record in records:
            warehouse.execute("delete from ops.models where name = $name", {"name": record.name})
            warehouse.execute(
                "insert into ops.models "
                "(name, path, file_text, column_types, source_types, built_at, run_id) values "
                "($name, $path, $file_text, $column_types, $source_types, $built_at, $run_id)",
                {
                    "name": record.name,
                    "path": record.path,
                    "file_text": record.text,
                    "column_types": _encoded(record.columns),
                    "source_types": _encoded(record.sources),
                    "built_at": record.built_at,
                    "run_id": run_id,
                },
            )


def _encoded(value: object) -> str:
    return msgspec.json.encode(value).decode()
