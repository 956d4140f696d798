"""What every column of a query comes from, and a digest of how: the base of lineage and plans.

A query is followed from its last SELECT down through CTEs, derived tables, set operations and
subqueries to the tables it names. On the way two things are gathered, for each output column and
for the rows as a whole:

    origins    the columns of tables that the value, or the decision which rows there are, uses
    digest     a hash of the expression in which every name stands for the digest of what it names

Because names count only for what they name, digests are blind to layout, comments, aliases, names
and order of CTEs, CTEs and columns that nobody uses, and the order of conditions joined by AND.
Two queries with equal digests return the same rows; queries with different digests still may.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from transforms.checks import DIALECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_CONDITIONS = frozenset({"where", "having", "qualify"})
_NOT_ROWS = frozenset({"expressions", "this", "expression", "with_", "from_", "joins", "order"})
_NAMING = frozenset({"this", "db", "catalog", "alias", "joins"})


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A column of a table that the query only reads.

    Attributes:
        table: `schema.name`.
        column: The column; `*` where the table's columns are not known.
    """

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Trace:
    """Where something comes from and how.

    Attributes:
        origins: Columns it uses.
        digest: Equal only for equal meaning; 32 hexadecimal digits.
    """

    origins: frozenset[Origin]
    digest: str


@dataclass(frozen=True, slots=True)
class QueryTrace:
    """Where a query's result comes from.

    Attributes:
        rows: What decides which rows there are: tables, conditions, keys of joins and groups.
        columns: Output column → where its values come from, in order.
    """

    rows: Trace
    columns: Mapping[str, Trace]


def table_schema(columns: Mapping[str, Iterable[str]]) -> MappingSchema:
    """Return known tables in the form that `trace_query` takes.

    Args:
        columns: `schema.name` → its columns in order.
    """
    nested: dict[str, dict[str, object]] = {}
    for table, names in columns.items():
        schema, _, name = table.partition(".")
        # types play no part here, but sqlglot wants one, and no table without columns
        if typed := dict.fromkeys(names, "varchar"):
            nested.setdefault(schema, {})[name] = typed
    return MappingSchema(dict(nested), dialect=DIALECT)


def trace_query(query: exp.Query, schema: MappingSchema) -> QueryTrace:
    """Follow every output column of a query to the tables that the query names.

    Args:
        query: A query in DuckDB's dialect; it is left as it is.
        schema: Columns of those tables, from `table_schema`. Where a table is missing, `*` stays
            `*`, and a name that several tables could hold has no origin.
    """
    qualified = qualify(
        query.copy(),
        dialect=DIALECT,
        schema=schema,
        quote_identifiers=False,
        validate_qualify_columns=False,
    )
    scopes = traverse_scope(qualified)  # the whole query's comes last
    return _Tracer(scopes).trace(scopes[-1])


class _Tracer:
    """Traces the scopes of one query, each once."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self._scopes = {id(scope.expression): scope for scope in scopes}
        self._known: dict[int, QueryTrace] = {}

    def trace(self, scope: Scope) -> QueryTrace:
        """Return rows and columns of the query of `scope`."""
        if id(scope) not in self._known:
            parts = scope.set_operation_scopes
            columns = self._united(scope, parts) if parts else self._selected(scope)
            rows = self._rows(scope, columns, parts)
            self._known[id(scope)] = QueryTrace(rows, columns)
        return self._known[id(scope)]

    def _selected(self, scope: Scope) -> dict[str, Trace]:
        return {
            projection.alias_or_name: self._fold(projection.unalias(), scope)
            for projection in _projections(scope)
        }

    def _united(self, scope: Scope, parts: Sequence[Scope]) -> dict[str, Trace]:
        """Columns of a set operation: paired by place, or by name where the query says so."""
        traced = [self.trace(part).columns for part in parts]
        kind = type(scope.expression).__name__
        if scope.expression.args.get("by_name"):
            names = dict.fromkeys(name for columns in traced for name in columns)
            return {n: _combined(kind, *(part[n] for part in traced if n in part)) for n in names}
        by_place = zip(*(columns.values() for columns in traced), strict=False)
        return {n: _combined(kind, *values) for n, values in zip(traced[0], by_place, strict=False)}

    # All of a query but the expressions it returns decides which rows there are.
    def _rows(self, scope: Scope, columns: Mapping[str, Trace], parts: Sequence[Scope]) -> Trace:
        query = scope.expression
        found = [self.trace(part).rows for part in parts]
        for relation in _relations(query):
            found += [self._relation_rows(relation.node, scope), *self._join(relation, scope)]
        tables = len(found)
        for clause in sorted(set(query.args) - _NOT_ROWS):
            found += self._clause(clause, query.args[clause], scope)
        group = query.args.get("group")
        if query.args.get("distinct") or (group and group.args.get("all")):
            found += columns.values()
        if query.args.get("limit") and query.args.get("order"):
            found.append(self._fold(query.args["order"], scope))
        if not group and any(_is_aggregate(value) for value in _projections(scope)):
            found.append(_text("one row"))
        if isinstance(query, exp.Select) and tables == len(found) == 1:
            return found[0]  # all rows of its only table
        return _combined(type(query).__name__, *found)

    def _join(self, relation: _Relation, scope: Scope) -> Iterator[Trace]:
        if relation.join is None:
            return
        words = (relation.join.args.get(key) for key in ("method", "side", "kind"))
        conditions = self._conditions(relation.join.args.get("on"), scope)
        yield _combined(f"join {[*words]} {relation.depth}", *conditions)

    def _clause(self, clause: str, value: object, scope: Scope) -> Iterator[Trace]:
        if not value:
            return
        yield _text(clause)
        if clause in _CONDITIONS and isinstance(value, exp.Expr):
            yield from self._conditions(value.this, scope)
        else:
            for node in value if isinstance(value, list) else [value]:
                yield self._fold(node, scope) if isinstance(node, exp.Expr) else _text(str(node))

    def _conditions(self, condition: exp.Expr | None, scope: Scope) -> list[Trace]:
        """Conditions that AND joins, in an order that does not depend on how they are written."""
        if condition is None:
            return []
        bare = condition.unnest()
        parts = bare.flatten() if isinstance(bare, exp.And) else [bare]
        return sorted((self._fold(part, scope) for part in parts), key=lambda trace: trace.digest)

    def _relation_rows(self, node: exp.Expr, scope: Scope) -> Trace:
        """Rows of one table, query or table function of FROM or JOIN."""
        source = scope.selected_sources[node.alias_or_name][1]
        inner = self._query_in(source)
        if inner is not None:
            return self.trace(inner).rows
        if not _is_named(source):
            return self._fold(node, scope)
        more = [f"{key} {source.args[key]}" for key in sorted(set(source.args) - _NAMING)]
        return _text("rows of", f"{source.db}.{source.name}", *more)

    def _leaf(self, node: exp.Expr, scope: Scope) -> Trace:
        """A column, or a query inside an expression."""
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        inner = self.trace(self._scopes[id(node)])
        return _combined("query", inner.rows, *inner.columns.values())

    # Outside its own SELECT a name belongs to the query around it. Depth and place tell two uses of
    # one table apart; the first table of a FROM has none, so that adding a join changes no column.
    def _column(self, column: exp.Column, start: Scope) -> Trace:
        depth, scope = 0, start
        while column.table not in scope.selected_sources:
            if scope.parent is None:
                return self._unqualified(column, start)
            depth, scope = depth + 1, scope.parent
        aliases = [relation.node.alias_or_name for relation in _relations(scope.expression)]
        place = aliases.index(column.table)
        trace = self._column_of(column.table, column.name, scope)
        return _combined(f"{depth} {place}", trace) if depth or place else trace

    def _column_of(self, alias: str, name: str, scope: Scope) -> Trace:
        node, source = scope.selected_sources[alias]
        inner = self._query_in(source)
        if inner is not None:
            columns = self.trace(inner).columns
            return columns.get(name) or columns.get("*") or _text("unknown", name)
        names = node.alias_column_names
        place = str(names.index(name)) if name in names else name
        if not _is_named(source):
            return _combined(place, self._fold(node, scope))
        table = f"{source.db}.{source.name}"
        known = "*" if names else name
        return Trace(frozenset({Origin(table, known)}), _hash("column", table, place))

    # Without a table stand names of output columns in ORDER BY, and columns of unknown tables.
    def _unqualified(self, column: exp.Column, scope: Scope) -> Trace:
        for projection in _projections(scope):
            value = projection.unalias()
            if projection.alias == column.name and value != column and not column.table:
                return self._fold(value, scope)
        relations = _relations(scope.expression)
        if len(relations) == 1 and not column.table:
            return self._column_of(relations[0].node.alias_or_name, column.name, scope)
        return _text("unknown", column.sql(dialect=DIALECT))

    def _query_in(self, source: exp.Expr | Scope) -> Scope | None:
        """The query of a CTE, a derived table or a lateral join; None for everything else."""
        if not isinstance(source, Scope):
            return None
        if isinstance(source.expression, exp.Query):
            # a recursive CTE meets in itself a bare scope of its first part
            return self._scopes.get(id(source.expression), source)
        is_lateral_query = isinstance(source.expression, exp.Lateral) and source.subquery_scopes
        return source.subquery_scopes[0] if is_lateral_query else None

    def _fold(self, node: exp.Expr, scope: Scope) -> Trace:
        """Trace an expression: its text, with digests in place of columns and subqueries."""
        if _is_leaf(node):
            return self._leaf(node, scope)
        shown = node.copy()
        pairs = list(zip(node.walk(prune=_is_leaf), shown.walk(prune=_is_leaf), strict=True))
        leaves: list[Trace] = []
        for original, stand_in in pairs:
            if _is_leaf(original):
                leaves.append(self._leaf(original, scope))
                stand_in.replace(exp.var(leaves[-1].digest))
        if "alias" in shown.args:
            shown.set("alias", None)  # of a table function
        return Trace(_origins(leaves), _hash(shown.sql(dialect=DIALECT, comments=False)))


def _is_leaf(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column | exp.Select | exp.SetOperation)


def _projections(scope: Scope) -> list[exp.Expr]:
    return scope.expression.selects if isinstance(scope.expression, exp.Query) else []


def _is_aggregate(value: exp.Expr) -> bool:
    """True for `sum(a)`, not for `sum(a) over ()`."""
    for found in value.walk(prune=_is_leaf):
        if isinstance(found, exp.AggFunc):
            around = found.parent
            while isinstance(around, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
                around = around.parent
            if not isinstance(around, exp.Window):
                return True
    return False


def _is_named(source: exp.Expr | Scope) -> TypeGuard[exp.Table]:
    return isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)


@dataclass(frozen=True, slots=True)
class _Relation:
    """A table or query of FROM: what joins it, and how deep in brackets it stands."""

    node: exp.Expr
    join: exp.Join | None
    depth: int


def _relations(query: exp.Expr) -> list[_Relation]:
    """Tables and queries of FROM and JOIN, in the order written."""
    start = query.args.get("from_")
    joins = query.args.get("joins") or []
    found = list(_expanded(start.this, None, 0)) if start else []
    return found + [relation for join in joins for relation in _expanded(join.this, join, 0)]


def _expanded(node: exp.Expr, join: exp.Join | None, depth: int) -> Iterator[_Relation]:
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):  # a join in brackets
        yield from _expanded(node.this, join, depth + 1)
    else:
        yield _Relation(node, join, depth)
    for inner in node.args.get("joins") or []:
        yield from _expanded(inner.this, inner, depth)


def _hash(*parts: str) -> str:
    # lengths keep ("ab", "c") and ("a", "bc") apart
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _text(*parts: str) -> Trace:
    return Trace(frozenset(), _hash(*parts))


def _combined(kind: str, *traces: Trace) -> Trace:
    return Trace(_origins(traces), _hash(kind, *(trace.digest for trace in traces)))


def _origins(traces: Iterable[Trace]) -> frozenset[Origin]:
    return frozenset[Origin]().union(*(trace.origins for trace in traces))
