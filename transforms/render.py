"""A query for one engine, one moment and one set of shadows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.engine import shadow_of
from transforms.functions import compile_calls

if TYPE_CHECKING:
    from collections.abc import Collection

VISIBLE = "visible"
"""Mark, in the `meta` of a table, of those that are read as readers see them, shadow or not."""


def render(
    query: exp.Query, *, dialect: str, as_of: datetime, shadowed: Collection[str] = ()
) -> str:
    """Return `query` as text, engine functions in the dialect's own words.

    Args:
        query: A model's or a check's query.
        dialect: The engine's dialect.
        as_of: The moment that `:as_of` stands for; time zone aware.
        shadowed: Tables, as `schema.name`, to be read from their shadows.
    """
    placed = query.copy()
    for node in list(placed.find_all(exp.Placeholder, exp.Table)):
        if isinstance(node, exp.Placeholder):
            node.replace(_moment(as_of))
        elif isinstance(node, exp.Table) and _is_shadowed(node, shadowed):
            alias = node.alias_or_name
            node.set("this", exp.to_identifier(shadow_of(node.name), quoted=True))
            node.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    compiled = compile_calls(placed, dialect)
    return compiled.sql(dialect=dialect, identify=True, comments=False, copy=False)


def _is_shadowed(table: exp.Table, shadowed: Collection[str]) -> bool:
    return VISIBLE not in table.meta and f"{table.db}.{table.name}" in shadowed


def _moment(as_of: datetime) -> exp.Expr:
    text = as_of.astimezone(UTC).isoformat(sep=" ")
    return exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)
