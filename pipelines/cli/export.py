"""`cal-warehouse export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.dictionary import source_tables
from pipelines.errors import DocumentsNotWritten, UsageError
from pipelines.models import project_folder
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
