"""Metrics as dbt's semantic layer has them: semantic models, measures and metrics.

A metric without a column of dates is left out: dbt groups nothing that has no time. Each numerator
and denominator becomes a measure of its model and, because dbt divides metrics, a metric of the
same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.dbt.sql import escape_jinja, reference
from transforms.functions import compile_calls
from transforms.promises import model_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from transforms.dbt.yaml import Yaml
    from transforms.metrics import Measure, Metric
    from transforms.model import Model
    from transforms.project import Project


def semantic_layer(project: Project, dialect: str) -> dict[str, Yaml]:
    """Return semantic models and metrics; {} where the project has none that dbt can group.

    Args:
        project: The project.
        dialect: The target's dialect, for expressions.
    """
    dated = [metric for metric in project.metrics.metrics.values() if metric.time]
    by_model: dict[str, list[Metric]] = {}
    for metric in dated:
        by_model.setdefault(metric.model, []).append(metric)
    facts = [
        _fact(project, project.models[name], metrics, dialect) for name, metrics in by_model.items()
    ]
    dimensions = [_dimension(project.models[name]) for name in _joined(project, by_model)]
    if not facts:
        return {}
    return {
        "semantic_models": [*facts, *dimensions],
        "metrics": [entry for metric in dated for entry in _metrics(metric)],
    }


def time_spine(project: Project, model: Model) -> dict[str, Yaml]:
    """Return the properties that make a model dbt's time spine; {} of other models."""
    table, _, column = project.metrics.time_spine.rpartition(".")
    return {"time_spine": {"standard_granularity_column": column}} if model.name == table else {}


def is_spine_column(project: Project, model: Model, column: str) -> bool:
    """Return whether a column is the one that the time spine counts by."""
    return project.metrics.time_spine == f"{model.name}.{column}"


def _fact(project: Project, model: Model, metrics: Sequence[Metric], dialect: str) -> Yaml:
    foreign = _foreign(project, model)
    grain = model.header.grain
    entities: list[Yaml] = [{"name": column, "type": "foreign"} for column in foreign]
    primary: dict[str, Yaml] = {}
    if len(grain) == 1:
        entities.insert(0, {"name": grain[0], "type": "primary"})
    else:
        primary["primary_entity"] = f"{_bare(model.name)}_row"
    times = {metric.time: metric.granularity for metric in metrics}
    named = {*foreign, *times}
    return {
        **_head(model),
        "defaults": {"agg_time_dimension": next(iter(times))},
        **primary,
        "entities": entities,
        "dimensions": [
            *(
                {"name": time, "type": "time", "type_params": {"time_granularity": granularity}}
                for time, granularity in times.items()
            ),
            *(
                {"name": column, "type": "categorical"}
                for column in grain
                if len(grain) > 1 and column not in named
            ),
        ],
        "measures": [
            _measure(metric, key, measure, dialect)
            for metric in metrics
            for key, measure in metric.measures.items()
        ],
    }


# What facts refer to, so that metrics can be grouped by a host's name and not only by its number.
def _joined(project: Project, facts: Mapping[str, object]) -> Iterator[str]:
    spine = project.metrics.time_spine.rpartition(".")[0]
    found = {table for name in facts for table in _foreign(project, project.models[name]).values()}
    yield from sorted(found - {spine, *facts})


def _dimension(model: Model) -> Yaml:
    (key,) = model.header.grain
    return {
        **_head(model),
        "entities": [{"name": key, "type": "primary"}],
        "dimensions": [
            {
                "name": column.name,
                "type": "categorical",
                "description": escape_jinja(column.description),
            }
            for column in model.columns
            if column.name != key
        ],
    }


# dbt joins by the entity's name, so a key counts where both sides call it the same, and wherever it
# stands: one name is either an entity or a dimension.
def _foreign(project: Project, model: Model) -> dict[str, str]:
    keys = {
        key.column: key.table
        for other in project.models.values()
        for key in model_keys(other, project).foreign
        if key.column == key.key
    }
    own = set(model.column_names) - (
        {model.header.grain[0]} if len(model.header.grain) == 1 else set()
    )
    return {column: table for column, table in keys.items() if column in own}


def _head(model: Model) -> dict[str, Yaml]:
    return {
        "name": _bare(model.name),
        "model": reference(model.name, {model.name}).strip("{} "),
        "description": escape_jinja(model.header.description),
    }


def _measure(metric: Metric, key: str, measure: Measure, dialect: str) -> Yaml:
    return {
        "name": f"{metric.name}_{key}",
        "agg": measure.aggregate,
        "expr": _sql(measure.value, dialect),
        "agg_time_dimension": metric.time,
        "description": escape_jinja(measure.text),
    }


def _metrics(metric: Metric) -> Iterator[Yaml]:
    for key in metric.measures:
        name = f"{metric.name}_{key}"
        yield {
            "name": name,
            "label": f"{metric.label}: {key}",
            "type": "simple",
            "type_params": {"measure": {"name": name}},
            "config": {"meta": {"part_of": metric.name}},
        }
    told: dict[str, Yaml] = {
        "name": metric.name,
        "label": metric.label,
        "description": escape_jinja(metric.description),
        "config": {
            "meta": {
                "unit": metric.unit,
                "owner": metric.owner,
                "caveats": [escape_jinja(caveat) for caveat in metric.caveats],
            }
        },
    }
    if metric.denominator is None:
        measure = {"name": f"{metric.name}_numerator"}
        yield {**told, "type": "simple", "type_params": {"measure": measure}}
    else:
        parts: dict[str, Yaml] = {key: {"name": f"{metric.name}_{key}"} for key in metric.measures}
        yield {**told, "type": "ratio", "type_params": parts}


def _sql(expression: exp.Expr, dialect: str) -> str:
    query = compile_calls(exp.select(expression.copy()), dialect)
    return escape_jinja(query.selects[0].sql(dialect=dialect))


def _bare(name: str) -> str:
    return name.partition(".")[2]
