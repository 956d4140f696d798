"""`cal-warehouse transform` and `cal-warehouse run`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.model_lint import run_model_lint
from pipelines.cli.model_plan import run_model_plan
from pipelines.cli.sync import prepared_sync, sync_json
from pipelines.cli.writing import open_for_writing
from pipelines.errors import UsageError
from pipelines.exit_codes import MEANINGS, ExitCode
from pipelines.lake import LakeStore
from pipelines.models import build_models, build_models_on_lake

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output
    from pipelines.warehouse import Warehouse
    from transforms import BuildResult


def run_transform(arguments: argparse.Namespace, output: Output) -> int:
    """Build the analytics tables and show what became of each model."""
    if arguments.plan:
        return run_model_plan(arguments, output)
    if arguments.lint:
        return run_model_lint(output)
    if arguments.lake:
        return _run_on_lake(arguments, output)
    result = transform_warehouse(arguments, output)
    output.result(transform_json(result))
    return transform_exit_code(result)


def run_both(arguments: argparse.Namespace, output: Output) -> int:
    """Sync, then transform; the exit code is the first that is not 0."""
    with (
        prepared_sync(arguments, output) as sync_into,
        open_for_writing(arguments, "run", output) as warehouse,
    ):
        synced = sync_into(warehouse)
        built = transform_in(warehouse, arguments, output)
    output.result({"sync": sync_json(synced), "transform": transform_json(built)})
    return synced.exit_code or transform_exit_code(built)


def transform_warehouse(arguments: argparse.Namespace, output: Output) -> BuildResult:
    """Build the models with a command's arguments."""
    with open_for_writing(arguments, "transform", output, must_exist=True) as warehouse:
        return transform_in(warehouse, arguments, output)


def transform_in(
    warehouse: Warehouse, arguments: argparse.Namespace, output: Output
) -> BuildResult:
    """Build the models in an open warehouse and show what became of each."""
    result = build_models(
        warehouse,
        as_of=arguments.as_of,
        select=arguments.select,
        whole=getattr(arguments, "whole", False),
    )
    show_models(result, output)
    return result


def _run_on_lake(arguments: argparse.Namespace, output: Output) -> int:
    """Build the analytics tables with Spark from a lake.

    Raises:
        UsageError: The models shall go to an object store.
    """
    folder = arguments.out or f"{arguments.lake}/models"
    if "://" in folder:
        msg = f"--out {folder} is no folder. Give one that every machine of the cluster sees."
        raise UsageError(msg)
    result = build_models_on_lake(
        LakeStore.at(arguments.lake), Path(folder), as_of=arguments.as_of, select=arguments.select
    )
    show_models(result, output)
    output.result(transform_json(result) | {"folder": folder})
    return transform_exit_code(result)


def show_models(result: BuildResult, output: Output) -> None:
    """Show what became of each model."""
    rows = [
        (model.name, model.rows, str(model.how), f"{model.seconds:.2f}", _checks(model))
        for model in result.models
    ]
    output.table("Models", ("model", "rows", "built", "seconds", "checks"), rows)
    if not result.ok:
        output.warn(f"{MEANINGS[ExitCode.CHECK_FAILED]} (exit code {int(ExitCode.CHECK_FAILED)}).")


def transform_json(result: BuildResult) -> dict[str, Any]:
    """Return a build's result as `--json` prints it."""
    return {"ok": result.ok, "models": [asdict(model) for model in result.models]}


def transform_exit_code(result: BuildResult) -> ExitCode:
    """Return the exit code of a build."""
    return ExitCode.DONE if result.ok else ExitCode.CHECK_FAILED


def _checks(model: Any) -> str:
    failed = [check for check in model.checks if not check.passed]
    if not failed:
        return f"{len(model.checks)} passed"
    return "; ".join(f"{check.name} failed for {check.failing_rows} rows" for check in failed)
