"""The SQL project that ships with cal-warehouse, and building it in a warehouse."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from cal_source.run_ids import new_run_id, utc_now
from pipelines.answer_views import refresh_answer_views
from pipelines.built_models import write_built
from pipelines.engines import engine_of, models_at_a_time, spark_engine_on
from pipelines.exit_codes import ExitCode
from pipelines.lease import writing
from pipelines.runs import recorded_run
from pipelines.steps import Step, begin
from transforms import Project, build

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipelines.lake import LakeStore
    from pipelines.warehouse import Warehouse
    from transforms import BuildResult


def project_folder() -> Path:
    """Return the folder of the SQL project, wherever cal-warehouse is installed."""
    return Path(next(iter(importlib.import_module("dbt_like_sql").__path__)))


def build_models(
    warehouse: Warehouse,
    *,
    as_of: datetime | None = None,
    select: Sequence[str] = (),
    whole: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> BuildResult:
    """Build the models of the SQL project.

    Args:
        warehouse: The open warehouse, with its raw tables.
        as_of: The present instant as the models see it; None takes the clock.
        select: Models to build; empty builds all.
        whole: Build from all rows, though only some of them changed.
        clock: Gives the present instant, UTC.

    Raises:
        TransformError: The project cannot be built; every table is as it was.
    """
    project = Project.load(project_folder())
    moment = as_of or clock()
    settings = {"as_of": moment.isoformat(), "select": list(select)}
    run_id = new_run_id(clock())
    begin(Step.TRANSFORM)
    with (
        writing(warehouse, "transform"),
        recorded_run(warehouse, run_id, "transform", settings, clock=clock) as record,
    ):
        result = build(
            project,
            engine_of(warehouse),
            as_of=moment,
            select=list(select) or None,
            whole=whole,
            workers=models_at_a_time(warehouse),
        )
        if result.ok:
            names = [model.name for model in result.models]
            write_built(warehouse, project, names, run_id=run_id, built_at=clock())
            if not select:
                refresh_answer_views(warehouse)
        record.outcome = "built" if result.ok else "check_failed"
        record.exit_code = ExitCode.DONE if result.ok else ExitCode.CHECK_FAILED
    return result


def build_models_on_lake(
    store: LakeStore,
    folder: Path,
    *,
    as_of: datetime | None = None,
    select: Sequence[str] = (),
    clock: Callable[[], datetime] = utc_now,
) -> BuildResult:
    """Build the same models with Spark from a lake's latest export.

    Args:
        store: The lake.
        folder: Where the tables go; its `current.json` says which files are the latest build's.
        as_of: The present instant as the models see it; None takes the clock.
        select: Models to build; empty builds all.
        clock: Gives the present instant, UTC.

    Raises:
        LakeMissing: Nothing was exported there.
        ConfigError: Spark cannot be started.
        TransformError: The project cannot be built; every table is as it was.
    """
    engine = spark_engine_on(store, folder)
    begin(Step.TRANSFORM)
    project = Project.load(project_folder())
    return build(project, engine, as_of=as_of or clock(), select=list(select) or None)
