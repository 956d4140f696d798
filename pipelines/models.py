"""The SQL project that ships with cal-warehouse, and building it in a warehouse."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from transforms import DuckDBEngine, Project, build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.warehouse import Warehouse
    from transforms import BuildResult


def project_folder() -> Path:
    """Return the folder of the SQL project, wherever cal-warehouse is installed."""
    return Path(next(iter(importlib.import_module("dbt_like_sql").__path__)))


def build_models(
    warehouse: Warehouse, *, as_of: datetime | None = None, select: Sequence[str] = ()
) -> BuildResult:
    """Build the models of the SQL project.

    Args:
        warehouse: The open warehouse, with its raw tables.
        as_of: The present instant as the models see it; None takes the clock.
        select: Models to build; empty builds all.

    Raises:
        TransformError: The project cannot be built; every table is as it was.
    """
    project = Project.load(project_folder())
    return build(
        project,
        DuckDBEngine(warehouse.connection),
        as_of=as_of or datetime.now(UTC),
        select=list(select) or None,
    )
