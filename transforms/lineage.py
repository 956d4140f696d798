"""Column lineage of a project: where each column of each model comes from, and what reads it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from transforms.trace import Origin, QueryTrace, table_schema, trace_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from transforms.model import Model
    from transforms.project import Project


@dataclass(frozen=True)
class Lineage:
    """Which columns each column uses, model by model.

    Attributes:
        traces: Model → where its rows and columns come from.
    """

    traces: Mapping[str, QueryTrace]
    _readers: Mapping[Origin, frozenset[Origin]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        readers: dict[Origin, set[Origin]] = defaultdict(set)
        for name, trace in self.traces.items():
            for column, found in trace.columns.items():
                for origin in found.origins:
                    readers[origin].add(Origin(name, column))
        object.__setattr__(
            self, "_readers", {origin: frozenset(names) for origin, names in readers.items()}
        )

    def uses(self, column: Origin) -> frozenset[Origin]:
        """Return the columns that a column's values are made from, one step back."""
        trace = self.traces.get(column.table)
        found = trace.columns.get(column.column) if trace else None
        return found.origins if found else frozenset()

    def readers(self, column: Origin) -> frozenset[Origin]:
        """Return the columns whose values are made from a column, one step on."""
        return self._readers.get(column, frozenset())

    def conditions(self, model: str) -> frozenset[Origin]:
        """Return the columns that decide which rows a model has."""
        return self.traces[model].rows.origins


def trace_project(project: Project, catalog: Mapping[str, Iterable[str]]) -> Lineage:
    """Trace every model of a project.

    Args:
        project: The project.
        catalog: Columns of the tables that are no models, `schema.name` → columns; what is missing
            is traced as far as its names allow.
    """
    return trace_models(project.models.values(), catalog)


def trace_models(models: Iterable[Model], catalog: Mapping[str, Iterable[str]]) -> Lineage:
    """Trace models that may read each other; see `trace_project`."""
    chosen = list(models)
    known = {name: tuple(columns) for name, columns in catalog.items()}
    known |= {model.name: model.column_names for model in chosen if model.has_known_columns}
    schema = table_schema(known)
    return Lineage({model.name: trace_query(model.query, schema) for model in chosen})
