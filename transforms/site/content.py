"""What the data dictionary shows, as data: tables, columns, promises and where all comes from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms.keys import NO_KEYS
from transforms.lineage import trace_project
from transforms.project import LAYERS
from transforms.promises import model_keys
from transforms.trace import Origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from transforms.lineage import Lineage
    from transforms.metrics import Metric
    from transforms.model import Model
    from transforms.project import Project


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that no model makes.

    Attributes:
        name: `schema.name`.
        description: What a row is.
        columns: Column → its meaning, in order.
        key: Columns that together name a row.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteColumn:
    """A column as it is shown.

    Attributes:
        name: Its name.
        type: Its type in the warehouse; empty where that is not known.
        description: Its meaning.
        is_key: True for a column of the grain.
        metric: Its definition, where the metrics file or the header gives one.
        target: The key of another table that its values are.
        origins: Columns its values are made from.
        readers: Columns made from it.
    """

    name: str
    type: str
    description: str
    is_key: bool
    metric: str
    target: Origin | None
    origins: tuple[Origin, ...]
    readers: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class SiteTable:
    """A table as it is shown.

    Attributes:
        name: `schema.name`.
        kind: table, view, … as the header has it; `source` for what no model makes.
        description: What a row is.
        grain: Columns that together name a row.
        columns: Its columns, in order.
        checks: Promises that block a build.
        warnings: Promises that only warn.
        times: What its times and dates mean.
        decisions: Where contested choices are explained.
        reads: Tables it reads.
        readers: Tables that read it.
        conditions: Columns that decide which rows it has.
        path: Its file; empty for a source.
        text: The file's text.
    """

    name: str
    kind: str
    description: str
    grain: tuple[str, ...]
    columns: tuple[SiteColumn, ...]
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    conditions: tuple[Origin, ...] = ()
    path: str = ""
    text: str = ""

    @property
    def schema(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the data dictionary shows.

    Attributes:
        title: Its heading.
        tables: Sources first, then models in build order.
        metrics: What the project measures, in the file's order.
    """

    title: str
    tables: tuple[SiteTable, ...]
    metrics: tuple[Metric, ...] = ()

    @property
    def schemas(self) -> dict[str, list[SiteTable]]:
        """Tables by schema, what people read first before what it is made from."""
        found: dict[str, list[SiteTable]] = {}
        for table in sorted(self.tables, key=lambda table: table.name):
            found.setdefault(table.schema, []).append(table)
        flow = {layer: place for place, layer in enumerate(LAYERS)}
        return dict(sorted(found.items(), key=lambda item: -flow.get(item[0], -1)))


def describe_project(
    project: Project,
    sources: Iterable[SourceTable] = (),
    *,
    title: str,
    types: Mapping[str, Mapping[str, str]] | None = None,
) -> Site:
    """Gather what is known of a project's tables and columns.

    Args:
        project: The project.
        sources: What is known of the tables that its models read, and of others worth showing.
        title: Heading of the site.
        types: Table → column → type, as a warehouse has them.
    """
    known = list(sources)
    missing = project.sources - {table.name for table in known}
    known += [SourceTable(name, "", {}) for name in sorted(missing)]
    lineage = trace_project(project, {table.name: tuple(table.columns) for table in known})
    facts = _Facts(project, lineage, types or {})
    return Site(
        title,
        (
            *(facts.source(table) for table in known),
            *(facts.model(model) for model in project.models.values()),
        ),
        tuple(project.metrics.metrics.values()),
    )


class _Facts:
    """Looks up what belongs to a table."""

    def __init__(
        self, project: Project, lineage: Lineage, types: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._lineage = lineage
        self._types = types
        self._keys = {model.name: model_keys(model, project) for model in project.models.values()}
        self._readers: dict[str, list[str]] = defaultdict(list)
        for model in project.models.values():
            for table in model.reads:
                self._readers[table].append(model.name)

    def source(self, table: SourceTable) -> SiteTable:
        """Return what is known of a table that no model makes."""
        return SiteTable(
            name=table.name,
            kind="source",
            description=table.description,
            grain=table.key,
            columns=tuple(
                self._column(table.name, name, description, table.key)
                for name, description in table.columns.items()
            ),
            readers=tuple(self._readers[table.name]),
        )

    def model(self, model: Model) -> SiteTable:
        """Return what is known of a model."""
        header = model.header
        metrics = {name: entry.value for name, entry in header.metrics.items()}
        metrics |= {
            column: "\n".join(metric.comment for metric in held)
            for column, held in model.metrics.items()
        }
        return SiteTable(
            name=model.name,
            kind=str(header.materialized),
            description=header.description,
            grain=header.grain,
            columns=tuple(
                self._column(
                    model.name, c.name, c.description, header.grain, metrics.get(c.name, "")
                )
                for c in model.columns
            ),
            checks=tuple(check.name for check in model.checks if check.blocking),
            warnings=tuple(check.name for check in model.checks if not check.blocking),
            times=header.times,
            decisions=tuple(entry.value for entry in header.decisions),
            reads=tuple(sorted(model.reads)),
            readers=tuple(self._readers[model.name]),
            conditions=tuple(sorted(self._lineage.conditions(model.name))),
            path=model.path,
            text=model.text,
        )

    def _column(
        self, table: str, name: str, description: str, grain: Collection[str], metric: str = ""
    ) -> SiteColumn:
        column = Origin(table, name)
        foreign = self._keys.get(table, NO_KEYS).foreign
        return SiteColumn(
            name=name,
            type=self._types.get(table, {}).get(name, ""),
            description=description,
            is_key=name in grain,
            metric=metric,
            target=next((Origin(k.table, k.key) for k in foreign if k.column == name), None),
            origins=tuple(sorted(self._lineage.uses(column))),
            readers=tuple(sorted(self._lineage.readers(column))),
        )
