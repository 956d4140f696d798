"""The data dictionary of the warehouse: its models, the raw tables they read, and `ops`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.warehouse.tables import Holds, iter_declared
from transforms.site import SourceTable, describe_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms import Project
    from transforms.plan import Types
    from transforms.site import Site

TITLE: Final = "Cal.com warehouse: data dictionary"


def source_tables() -> Iterator[SourceTable]:
    """Yield every table of rows that no model makes, described as the warehouse describes it."""
    for declared in iter_declared():
        if declared.holds is Holds.ROWS:
            yield SourceTable(
                name=f"{declared.schema}.{declared.table.name}",
                description=declared.table.description,
                columns={column.name: column.description for column in declared.columns},
                key=declared.table.key,
            )


def describe_warehouse(project: Project, types: Types) -> Site:
    """Return the data dictionary.

    Args:
        project: The models.
        types: The warehouse's tables and their columns' types; empty where there is none yet.
    """
    return describe_project(project, source_tables(), title=TITLE, types=types)
