"""What headers promise, as dbt properties: descriptions, and tests where dbt has words for them.

A check without such words (`unique` over several columns, `expression`, `freshness`,
`row_parity`) becomes a singular test: a query that returns what breaks it, as it is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.checks import Scope
from transforms.dbt.semantics import is_spine_column, time_spine
from transforms.dbt.sql import escape_jinja, reference
from transforms.promises import read_promise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from transforms.checks import Check
    from transforms.dbt.yaml import Yaml
    from transforms.model import Model
    from transforms.project import Project
    from transforms.promises import Promise

_DBT_HAS = frozenset({"not_null", "unique", "accepted_values", "relationships"})


def singular_checks(model: Model) -> Iterator[Check]:
    """Yield the checks of a model that become queries of their own.

    A comparison with the last build cannot be told to dbt, which keeps no second version.
    """
    for check in model.checks:
        if check.scope is not Scope.BUILDS and not _has_words(read_promise(check)):
            yield check


def model_properties(model: Model, project: Project, dialect: str) -> Yaml:
    """Return the entry of a model or seed in a properties file.

    Args:
        model: The model or seed.
        project: The project it belongs to.
        dialect: The target's dialect, for the types of a seed's columns.
    """
    promises = [read_promise(check) for check in model.checks]
    told = [promise for promise in promises if _has_words(promise)]
    return {
        "name": model.name.partition(".")[2],
        "description": escape_jinja(_description(model)),
        "config": {"meta": {"grain": list(model.header.grain)}, **_column_types(model, dialect)},
        **time_spine(project, model),
        "columns": [
            {
                "name": column.name,
                "description": escape_jinja(model.comments[column.name]),
                **({"granularity": "day"} if is_spine_column(project, model, column.name) else {}),
                "data_tests": list(_tests(column.name, told, project.models)),
            }
            for column in model.columns
        ],
    }


# What a seed's header says in DuckDB's words; dbt would guess types from the values.
def _column_types(model: Model, dialect: str) -> dict[str, Yaml]:
    casts = zip(model.column_names, model.query.selects, strict=True)
    types = {
        name: found.to.sql(dialect=dialect)
        for name, selected in casts
        if model.header.columns and (found := selected.find(exp.Cast))
    }
    return {"column_types": types} if types else {}


def _has_words(promise: Promise) -> bool:
    return promise.kind in _DBT_HAS and not (promise.kind == "unique" and len(promise.columns) > 1)


def _description(model: Model) -> str:
    header = model.header
    metrics = [f"{name}: {entry.value}" for name, entry in header.metrics.items()]
    return "\n\n".join([header.description, *header.times, *metrics])


def _tests(column: str, promises: list[Promise], models: Collection[str]) -> Iterator[Yaml]:
    for promise in promises:
        if column in promise.columns:
            config = {"config": {"severity": "error" if promise.is_blocking else "warn"}}
            yield {promise.kind: {**_arguments(promise, models), **config}}


def _arguments(promise: Promise, models: Collection[str]) -> dict[str, Yaml]:
    if promise.target is not None:
        to = reference(promise.target.table, models).strip("{} ")
        return {"arguments": {"to": to, "field": promise.target.column}}
    if promise.values:
        return {"arguments": {"values": list(promise.values)}}
    return {}
