"""`cal-warehouse export`: the models for dbt, the tables for a lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cal_source.run_ids import utc_now
from pipelines.dictionary import source_tables
from pipelines.errors import DocumentsNotWritten, UsageError
from pipelines.lake import LakeStore, export_lake
from pipelines.models import project_folder
from pipelines.warehouse import Warehouse
from transforms import Project
from transforms.dbt import DbtExportError, Target, export_dbt

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output

DBT_NAME: Final = "cal_warehouse"


def run_export_dbt(arguments: argparse.Namespace, output: Output) -> int:
    """Write the SQL project as a dbt project.

    Raises:
        UsageError: The folder holds something else.
        DocumentsNotWritten: The folder cannot be written.
    """
    project = Project.load(project_folder())
    folder = Path(arguments.folder).absolute()
    target = Target(arguments.target)
    try:
        files = export_dbt(project, folder, target=target, name=DBT_NAME, sources=source_tables())
    except DbtExportError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise DocumentsNotWritten(str(folder), error.strerror or str(error)) from error
    output.say(
        f"{len(project.models)} models in {len(files)} files for dbt-{target}. {folder}/README.md "
        "says how to run them."
    )
    output.result({
        "folder": str(folder),
        "target": str(target),
        "models": len(project.models),
        "files": len(files),
    })
    return 0


def run_export_lake(arguments: argparse.Namespace, output: Output) -> int:
    """Write what changed in the published tables into a lake, as one whole run."""
    store = LakeStore.at(arguments.folder)
    with Warehouse.open(arguments.warehouse, read_only=True) as warehouse:
        exported = export_lake(warehouse, store, utc_now(), marts=arguments.marts)
    rows, written = sum(exported.rows.values()), sum(exported.written.values())
    if exported.is_new:
        output.say(
            f"{rows:,} rows of {len(exported.rows)} tables in {store.location}/{exported.folder}; "
            f"{written} files written, {sum(exported.kept.values())} unchanged."
        )
    else:
        output.say(f"Nothing changed since {store.location}/{exported.folder}.")
    output.result({
        "lake": store.location,
        "run_id": exported.run_id,
        "folder": exported.folder,
        "is_new": exported.is_new,
        "tables": {
            name: {
                "rows": number,
                "files_written": exported.written.get(name, 0),
                "files_kept": exported.kept[name],
            }
            for name, number in exported.rows.items()
        },
    })
    return 0
