"""A query for one engine, one moment and one set of shadows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.engine import shadow_of

if TYPE_CHECKING:
    from collections.abc import Collection


def render(
    query: exp.Query, *, dialect: str, as_of: datetime, shadowed: Collection[str] = ()
) -> str:
    """Return `query` as text.

    Args:
        query: A model's or a check's query.
        dialect: The engine's dialect.
        as_of: The moment that `:as_of` stands for; time zone aware.
        shadowed: Tables, as `schema.name`, to be read from their shadows.
    """
    return query.transform(_replace, as_of, frozenset(shadowed)).sql(
        dialect=dialect, comments=False
    )


def _replace(node: exp.Expr, as_of: datetime, shadowed: frozenset[str]) -> exp.Expr:
    if isinstance(node, exp.Placeholder):
        text = as_of.astimezone(UTC).isoformat(sep=" ")
        return exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)
    if isinstance(node, exp.Table) and node.db and f"{node.db}.{node.name}" in shadowed:
        alias = node.alias_or_name
        node.set("this", exp.to_identifier(shadow_of(node.name), quoted=True))
        node.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return node
