"""Finds columns that do not exist, or that two tables could mean, before anything runs.

Every name is looked up in the tables of its own SELECT, then, inside a subquery, in the SELECT
around it. Where a table's columns are not known (a table function, a source that is not loaded
yet) nothing is claimed about names that could be its.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, ScopeType, traverse_scope

from transforms.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Catalog = dict[str, tuple[str, ...]]
_Sources = dict[str, "tuple[str, ...] | None"]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name that cannot be resolved and what to do about it."""

    node: exp.Column
    message: str


def unresolved_columns(
    query: exp.Query, catalog: Mapping[str, Sequence[str]]
) -> Iterator[Unresolved]:
    """Yield every column of `query` that is unknown or ambiguous.

    Args:
        query: The query to look through, subqueries and CTEs included.
        catalog: Known tables, as `schema.name` → columns.
    """
    lookup = _Lookup(catalog)
    for scope in traverse_scope(query):
        if not isinstance(scope.expression, exp.Select):
            continue
        for column in scope.columns:
            if column.find_ancestor(exp.Query) is scope.expression:
                message = lookup.fault(column, scope)
                if message:
                    yield Unresolved(column, message)


class _Lookup:
    """Knows the columns of every source of a scope; each scope is worked out once."""

    def __init__(self, catalog: Mapping[str, Sequence[str]]) -> None:
        self._catalog = catalog
        self._outputs: dict[int, tuple[str, ...] | None] = {}

    def fault(self, column: exp.Column, scope: Scope) -> str:
        """Say what is wrong with `column` in `scope`; an empty string when nothing is."""
        name = column.name.lower()
        sources = self._sources(scope)
        if column.table:
            return self._qualified_fault(column, scope)
        holders = [alias for alias, known in sources.items() if known and name in known]
        if len(holders) > 1 and name not in _using(scope):
            return (
                f"column '{column.name}' is ambiguous: {' and '.join(sorted(holders))} have it. "
                f"Write '{min(holders)}.{column.name}' or the other."
            )
        if holders or None in sources.values() or name in _aliases(scope):
            return ""
        if scope.scope_type in {ScopeType.SUBQUERY, ScopeType.UDTF} and scope.parent:
            return self.fault(column, scope.parent)
        known_names = {known for names in sources.values() for known in names or ()}
        return f"unknown column '{column.name}'.{did_you_mean(name, known_names)} {_MEND}"

    def _qualified_fault(self, column: exp.Column, scope: Scope | None) -> str:
        name, table = column.name.lower(), column.table
        while scope is not None:
            sources = self._sources(scope)
            if table in sources:
                known = sources[table]
                if known is None or name in known or isinstance(column.this, exp.Star):
                    return ""
                hint = did_you_mean(name, known)
                return f"unknown column '{table}.{column.name}'.{hint} {_MEND}"
            scope = scope.parent
        return (
            f"'{table}' in '{table}.{column.name}' is no table of this SELECT. "
            "Use the alias that FROM or JOIN gives it."
        )

    def _sources(self, scope: Scope) -> _Sources:
        return {
            alias: self._columns_of(source) for alias, (_, source) in scope.selected_sources.items()
        }

    def _columns_of(self, source: exp.Expr | Scope) -> tuple[str, ...] | None:
        if isinstance(source, Scope):
            if id(source) not in self._outputs:
                self._outputs[id(source)] = None  # a recursive CTE meets itself here
                self._outputs[id(source)] = self._output(source)
            return self._outputs[id(source)]
        if aliases := source.alias_column_names:
            return tuple(alias.lower() for alias in aliases)
        if not isinstance(source, exp.Table):
            return None
        known = self._catalog.get(f"{source.db}.{source.name}")
        return None if known is None else tuple(column.lower() for column in known)

    def _output(self, scope: Scope) -> tuple[str, ...] | None:
        """Columns that a CTE or derived table returns; None when one cannot be told."""
        if scope.outer_columns:
            return tuple(column.lower() for column in scope.outer_columns)
        if not isinstance(scope.expression, exp.Select):
            parts = scope.set_operation_scopes  # their columns are those of the first part
            return self._columns_of(parts[0]) if parts else None
        names: list[str] = []
        for selected in scope.expression.selects:
            if not selected.is_star:
                names.append(selected.alias_or_name.lower())
                continue
            expanded = self._expand(selected, scope)
            if expanded is None:
                return None
            names += expanded
        return tuple(names)

    def _expand(self, star: exp.Expr, scope: Scope) -> list[str] | None:
        """Columns behind `*` or `alias.*`; None for `* exclude` and for unknown tables."""
        bare = star.this if isinstance(star, exp.Column) else star
        if not isinstance(bare, exp.Star) or any(bare.args.values()):
            return None
        table = star.table if isinstance(star, exp.Column) else ""
        wanted = [
            known for alias, known in self._sources(scope).items() if not table or alias == table
        ]
        if None in wanted:
            return None
        return [name for known in wanted for name in known or ()]


_MEND = "Name a column of the tables in FROM."


def _using(scope: Scope) -> set[str]:
    joins = scope.expression.args.get("joins") or []
    return {name.name.lower() for join in joins for name in join.args.get("using") or []}


def _aliases(scope: Scope) -> set[str]:
    """Names given in this SELECT; DuckDB lets GROUP BY, ORDER BY and later columns use them."""
    if not isinstance(scope.expression, exp.Select):
        return set()
    return {selected.alias.lower() for selected in scope.expression.selects if selected.alias}
