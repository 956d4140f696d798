"""A metric computed from its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transforms.metrics.model import Metric


def metric_query(metric: Metric, by: Sequence[str] = ()) -> exp.Select:
    """Return a query of a metric's value, over all rows or by columns of its model.

    Args:
        metric: The metric.
        by: Columns to group by; with the metric's grain, the query gives the model's own column.

    Returns:
        A SELECT in DuckDB's dialect, for `transforms.render`: the columns of `by`, then one named
        after the metric; NULL where the denominator is 0.
    """
    schema, _, table = metric.model.partition(".")
    groups = [exp.column(name, quoted=True) for name in by]
    value: exp.Expr = metric.numerator.call.copy()
    if metric.denominator is not None:
        divisor = exp.func("nullif", metric.denominator.call.copy(), exp.Literal.number(0))
        value = exp.Div(
            this=exp.cast(value, exp.DataType.Type.DOUBLE), expression=divisor, typed=False
        )
    query = exp.select(*groups, exp.alias_(value, metric.name, quoted=True)).from_(
        exp.table_(table, db=schema, quoted=True)
    )
    return query.group_by(*(group.copy() for group in groups)) if groups else query
