"""`cal-warehouse docs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.built_models import read_types
from pipelines.dictionary import describe_warehouse
from pipelines.errors import DocumentsNotWritten, WarehouseMissing
from pipelines.models import project_folder
from pipelines.warehouse import Warehouse
from transforms import Project
from transforms.site import write_site

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output
    from transforms.plan import Types


def run_docs(arguments: argparse.Namespace, output: Output) -> int:
    """Write the data dictionary; types come from the warehouse where there is one.

    Raises:
        DocumentsNotWritten: The folder cannot be written.
    """
    site = describe_warehouse(Project.load(project_folder()), _types(arguments.warehouse, output))
    folder = Path(arguments.out).absolute()
    try:
        file = write_site(site, folder)
    except OSError as error:
        raise DocumentsNotWritten(str(folder), error.strerror or str(error)) from error
    output.say(f"{len(site.tables)} tables described. Open {file}")
    output.result({
        "file": str(file),
        "tables": len(site.tables),
        "columns": sum(len(table.columns) for table in site.tables),
    })
    return 0


def _types(location: str, output: Output) -> Types:
    try:
        with Warehouse.open(location, read_only=True) as warehouse:
            return read_types(warehouse)
    except WarehouseMissing as error:
        output.warn(f"Column types are left out: {error}")
        return {}
