"""One metric: what is counted, over what, and what a reader has to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from transforms.checks import DIALECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Measure:
    """One aggregate over the rows of one model.

    Attributes:
        aggregate: `sum`, `count`, `count_distinct`, `min`, `max` or `average`, as dbt names them.
        call: The call as the file has it, such as `sum(booking_count)`.
        value: What is aggregated; a literal 1 for `count(*)`.
    """

    aggregate: str
    call: exp.Expr
    value: exp.Expr

    @property
    def text(self) -> str:
        """The call as people read it."""
        return self.call.sql(dialect=DIALECT, normalize_functions="lower")


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that people use, defined once.

    Attributes:
        name: Its name, a plain word.
        label: What people call it.
        description: What it says, in two sentences.
        model: The table it is computed from, `schema.name`.
        grain: Columns of it by which the definition gives what `column` holds; empty: one number.
        held_in: The table that holds the result, mostly the model itself.
        column: The column of that table.
        rows: Condition on rows of that table, in SQL; empty: all are this metric's.
        keys: Columns of that table that the grain's columns are, in their order, as text.
        time: Column of dates it is dated by; empty where it has none.
        granularity: What each of those dates stands for: day, week, month, quarter or year.
        numerator: What is counted or added up.
        denominator: What that is divided by; None for a plain number.
        unit: Of the result.
        owner: Who answers for the definition.
        caveats: What to know before using it; never empty.
        line: Where it begins in the file.
        lines: Key → the line it stands on.
    """

    name: str
    label: str
    description: str
    model: str
    grain: tuple[str, ...]
    held_in: str
    column: str
    rows: str
    keys: tuple[str, ...]
    time: str
    granularity: str
    numerator: Measure
    denominator: Measure | None
    unit: str
    owner: str
    caveats: tuple[str, ...]
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def measures(self) -> dict[str, Measure]:
        """The parts by their keys in the file."""
        parts = {"numerator": self.numerator, "denominator": self.denominator}
        return {key: measure for key, measure in parts.items() if measure is not None}

    @property
    def formula(self) -> str:
        """How it is computed, as SQL."""
        return " / ".join(measure.text for measure in self.measures.values())

    @property
    def comment(self) -> str:
        """What the warehouse says beside the column."""
        where = f" [{self.rows}]" if self.rows else ""
        return f"{self.label}{where}: {self.description} {self.formula}. {' '.join(self.caveats)}"


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a project measures.

    Attributes:
        metrics: Name → metric, in the file's order.
        time_spine: Table and column of dates without gaps, `schema.table.column`; empty: none.
        time_spine_line: Where it stands in the file.
    """

    metrics: Mapping[str, Metric] = field(default_factory=dict)
    time_spine: str = ""
    time_spine_line: int = 1

    def held_by(self, table: str) -> dict[str, tuple[Metric, ...]]:
        """Return the metrics that the columns of one table hold."""
        found: dict[str, tuple[Metric, ...]] = {}
        for metric in self.metrics.values():
            if metric.held_in == table:
                found[metric.column] = (*found.get(metric.column, ()), metric)
        return found
