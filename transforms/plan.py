"""What a build would do and why, told before anything runs.

The project's files are compared with the texts of the last build, model by model; column lineage
then carries each difference on to the columns of the models that read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from transforms.changes import NEW, Change, ModelChange, compare_models
from transforms.engine import Kind
from transforms.incremental import TOLD_ANEW
from transforms.lineage import Lineage, trace_models, trace_project
from transforms.model import parse_model
from transforms.results import How
from transforms.seed import parse_seed
from transforms.trace import Origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from transforms.incremental import Step
    from transforms.model import Model
    from transforms.project import Project

Types = dict[str, dict[str, str]]
"""Table → column → type, as a warehouse has them."""


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A model as it was when it was last built; what a plan compares the files with.

    Attributes:
        name: `schema.name`.
        path: Its file, relative to the project.
        text: The file's text.
        columns: Its columns and their types in the warehouse.
        sources: The tables it read that are no models, with columns and types.
        built_at: When, UTC.
    """

    name: str
    path: str
    text: str
    columns: Mapping[str, str]
    sources: Mapping[str, Mapping[str, str]]
    built_at: datetime


class Action(StrEnum):
    """What a build does with a model."""

    REBUILD = "rebuild"  # a table from all rows
    UPDATE = "update"  # a table where rows were touched
    DEFINE = "define"  # a view anew, or only its checks
    KEEP = "keep"  # nothing


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """One model of a plan.

    Attributes:
        name: `schema.name`.
        change: How its file differs from its last build.
        reached: Columns whose values or rows differ because of other models or sources.
        causes: The changed columns or tables that reach it.
        action: What the build does with it.
        why: The reason in words.
    """

    name: str
    change: ModelChange
    reached: tuple[str, ...]
    causes: tuple[str, ...]
    action: Action
    why: str

    @property
    def differs(self) -> bool:
        """True when its file, or what it reads, differs from the last build."""
        return self.change.change is not Change.UNCHANGED or bool(self.reached)


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a build would do.

    Attributes:
        models: Every model, in build order.
        dropped: Models that were built and have no file any more; their tables stay.
        retyped: Columns of sources whose type is another than at the last build.
    """

    models: tuple[PlannedModel, ...]
    dropped: tuple[str, ...]
    retyped: tuple[str, ...]

    @property
    def has_changes(self) -> bool:
        """True when a build would change more than rows."""
        reached = any(model.change.is_visible or model.reached for model in self.models)
        return reached or bool(self.dropped)

    @property
    def is_breaking(self) -> bool:
        """True when readers of the warehouse may have to change."""
        broken = any(
            model.change.change is Change.BREAKING or model.reached for model in self.models
        )
        return broken or bool(self.dropped)


def record_models(
    project: Project, names: Iterable[str], types: Types, built_at: datetime
) -> list[BuiltModel]:
    """Return what to remember of models that were just built.

    Args:
        project: The project they came from.
        names: The models.
        types: The warehouse's tables as they are now.
        built_at: When they were built, UTC.
    """
    return [
        BuiltModel(
            name=model.name,
            path=model.path,
            text=model.text,
            columns=types.get(model.name, {}),
            sources={
                table: types.get(table, {}) for table in sorted(model.reads - set(project.models))
            },
            built_at=built_at,
        )
        for model in (project.models[name] for name in names)
    ]


def plan_build(
    project: Project,
    built: Mapping[str, BuiltModel],
    types: Types,
    steps: Mapping[str, Step],
) -> BuildPlan:
    """Compare a project with its last build and say what the next one does.

    Args:
        project: The project as its files are now.
        built: The last build of each model, by name; empty when there was none.
        types: The warehouse's tables as they are now.
        steps: What the build would do with each model that it touches, from `foresee`.
    """
    lineage = trace_project(project, types)
    changes = {
        name: _MEASURED if _is_measured_anew(change, steps.get(name)) else change
        for name, change in _changes(project, built, lineage).items()
    }
    retyped = _retyped(built, types)
    reach = _Reach(lineage, retyped)
    models: list[PlannedModel] = []
    for name, model in project.models.items():
        reached, causes = reach.follow(model, changes[name])
        step = steps.get(name)
        why = _reason(changes[name], causes, step)
        action = _action(model, step)
        models.append(PlannedModel(name, changes[name], reached, causes, action, why))
    dropped = tuple(sorted(set(built) - set(project.models)))
    return BuildPlan(tuple(models), dropped, tuple(sorted(map(str, retyped))))


def _changes(
    project: Project, built: Mapping[str, BuiltModel], lineage: Lineage
) -> dict[str, ModelChange]:
    parsed = (_parse(old) for old in built.values())
    before = {model.name: model for model in parsed if model is not None}
    tables = {table: tuple(c) for old in built.values() for table, c in old.sources.items()}
    tables |= {name: tuple(old.columns) for name, old in built.items()}
    old_lineage = trace_models(before.values(), tables)
    return {
        name: compare_models(before[name], model, old_lineage.traces[name], lineage.traces[name])
        if name in before
        else NEW
        for name, model in project.models.items()
    }


_MEASURED = ModelChange(Change.DESCRIBED, reasons=("a metric that it holds changed",))


# Metrics stand in a file of their own; the model's file is as it was.
def _is_measured_anew(change: ModelChange, step: Step | None) -> bool:
    return not change.is_visible and step is not None and step.why == TOLD_ANEW


# None where this version cannot read the old text any more: the model counts as new then.
def _parse(old: BuiltModel) -> Model | None:
    read = parse_seed if old.path.endswith(".csv") else parse_model
    return read(old.text, old.path)[0]


def _retyped(built: Mapping[str, BuiltModel], types: Types) -> frozenset[Origin]:
    return frozenset(
        Origin(table, column)
        for old in built.values()
        for table, columns in old.sources.items()
        for column, kind in columns.items()
        if types.get(table, {}).get(column, kind) != kind
    )


class _Reach:
    """Carries differences along the lineage, in build order, each with the change it began with."""

    def __init__(self, lineage: Lineage, retyped: Iterable[Origin]) -> None:
        self._lineage = lineage
        self._columns: dict[Origin, set[str]] = {
            column: {f"type of {column}"} for column in retyped
        }
        self._rows: dict[str, set[str]] = {}  # tables with other rows

    def follow(self, model: Model, change: ModelChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the columns of `model` that others' changes reach, and those changes."""
        if change.change is Change.NEW:  # it differs from nothing
            return (), ()
        trace = self._lineage.traces[model.name]
        by_rows = self._causes(trace.rows.origins).union(
            *(self._rows.get(table, ()) for table in model.reads)
        )
        by_column = {
            name: by_rows | self._causes(found.origins) for name, found in trace.columns.items()
        }
        reached = {name: causes for name, causes in by_column.items() if causes}
        for name, causes in reached.items():
            self._columns.setdefault(Origin(model.name, name), set()).update(causes)
        for name in change.changed:
            column = Origin(model.name, name)
            self._columns.setdefault(column, set()).add(str(column))
        if by_rows or change.rows:
            own = {f"rows of {model.name}"} if change.rows else set()
            self._rows[model.name] = by_rows | own
        return tuple(reached), tuple(sorted(set[str]().union(*reached.values())))

    def _causes(self, origins: Iterable[Origin]) -> set[str]:
        return set[str]().union(*(self._columns.get(origin, ()) for origin in origins))


def _action(model: Model, step: Step | None) -> Action:
    if step is None or step.how is How.KEPT:
        return Action.KEEP
    if model.header.materialized is Kind.VIEW:
        return Action.DEFINE
    return Action.UPDATE if step.how is How.PARTITIONS else Action.REBUILD


def _reason(change: ModelChange, causes: Collection[str], step: Step | None) -> str:
    reasons = [*change.reasons] if change.is_visible else []
    if causes:
        reasons.append(f"reads what differs: {', '.join(causes)}")
    if step is None:
        stale = f"would be stale ({'; '.join(reasons)}); select it too" if reasons else ""
        return stale or "not selected"
    return "; ".join(reasons) or step.why
