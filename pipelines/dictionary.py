"""The data dictionary of the warehouse: its models, the raw tables they read, and `ops`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.tables import META_COLUMNS, TABLES
from pipelines.history import VALID_FROM
from pipelines.ops import OPS_TABLES
from transforms.site import SourceTable, describe_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cal_source.tables import Column, Table
    from transforms import Project
    from transforms.plan import Types
    from transforms.site import Site

TITLE: Final = "Cal.com warehouse: data dictionary"


def source_tables() -> Iterator[SourceTable]:
    """Yield every table that no model makes, described as the warehouse describes it."""
    for table in TABLES.values():
        yield _described("raw", table, [*table.columns, *META_COLUMNS, VALID_FROM])
    for table in OPS_TABLES:
        yield _described("ops", table, table.columns)


def describe_warehouse(project: Project, types: Types) -> Site:
    """Return the data dictionary.

    Args:
        project: The models.
        types: The warehouse's tables and their columns' types; empty where there is none yet.
    """
    return describe_project(project, source_tables(), title=TITLE, types=types)


def _described(schema: str, table: Table, columns: Sequence[Column]) -> SourceTable:
    return SourceTable(
        name=f"{schema}.{table.name}",
        description=table.description,
        columns={column.name: column.description for column in columns},
        key=table.key,
    )
