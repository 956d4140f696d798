"""`cal-warehouse transform --plan`: what a build would do, and why, before anything runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cal_source.run_ids import utc_now
from pipelines.built_models import plan_models
from pipelines.exit_codes import ExitCode
from pipelines.models import project_folder
from pipelines.warehouse import Warehouse
from transforms import Project

if TYPE_CHECKING:
    import argparse

    from pipelines.cli.output import Output
    from transforms.plan import BuildPlan, PlannedModel

_COLUMNS_SHOWN = 6


def run_model_plan(arguments: argparse.Namespace, output: Output) -> int:
    """Show what `transform` with the same arguments would do; nothing is changed."""
    project = Project.load(project_folder())
    with Warehouse.open(arguments.warehouse, read_only=True) as warehouse:
        moment = arguments.as_of or utc_now()
        plan = plan_models(warehouse, project, as_of=moment, select=arguments.select)
    show_model_plan(plan, output)
    output.result(model_plan_json(plan))
    return ExitCode.CHANGES if plan.has_changes else ExitCode.DONE


def show_model_plan(plan: BuildPlan, output: Output) -> None:
    """Show people a plan: models that differ, then what is built only because rows may be new."""
    differing = [model for model in plan.models if model.differs]
    rows = [
        (model.name, str(model.change.change), str(model.action), model.why) for model in differing
    ]
    if rows:
        output.table("Models that differ from the last build", _HEADINGS, rows)
    for model in differing:
        if model.reached:
            output.say(f"{model.name}: reached columns {_columns(model.reached)}")
    for name in plan.dropped:
        output.say(f"{name} has no file any more; its table stays until you drop it.")
    routine = [model for model in plan.models if not model.differs]
    output.say(_summary(plan, len(differing), routine))


def model_plan_json(plan: BuildPlan) -> dict[str, Any]:
    """Return a plan as `--json` prints it."""
    return {
        "has_changes": plan.has_changes,
        "is_breaking": plan.is_breaking,
        "models": [asdict(model) for model in plan.models],
        "dropped": plan.dropped,
        "retyped_sources": plan.retyped,
    }


_HEADINGS = ("model", "change", "action", "why")


def _summary(plan: BuildPlan, differing: int, routine: list[PlannedModel]) -> str:
    counts = Counter(str(model.action) for model in routine)
    others = ", ".join(f"{count} {action}" for action, count in counts.items()) or "none"
    kind = " Some changes are breaking." if plan.is_breaking else ""
    return f"{differing} of {len(plan.models)} models differ; of the others: {others}.{kind}"


def _columns(names: tuple[str, ...]) -> str:
    more = len(names) - _COLUMNS_SHOWN
    shown = ", ".join(names[:_COLUMNS_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
