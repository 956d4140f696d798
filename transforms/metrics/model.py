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
        column: The column of that table which holds it row by row.
        grain: Columns that name a row of the table; by them the definition gives the column.
        time: Column of dates it is dated by; empty where it has none.
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
    column: str
    grain: tuple[str, ...]
    time: str
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
        return f"{self.label}: {self.description} {self.formula}. {' '.join(self.caveats)}"


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

    def of_model(self, name: str) -> dict[str, Metric]:
        """Return the metrics of one model by the column that holds them."""
        return {m.column: m for m in self.metrics.values() if m.model == name}
