"""Habits that keep a project portable: what engines understand alike, and nothing else.

Models keep to a small part of SQL that DuckDB, Postgres and Spark were seen to answer alike; what
lies beyond is refused, with the engine function that replaces it where there is one. What a
project must have to be built at all (named final columns, described mart columns, a grain) is
refused on loading already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.checks import DIALECT
from transforms.engine import Kind
from transforms.errors import Problem, did_you_mean
from transforms.functions import FUNCTIONS
from transforms.model import AS_OF, position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.model import Model
    from transforms.project import Project

_PORTABLE: frozenset[type[exp.Expr]] = frozenset({
    *(exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered),
    *(exp.With, exp.CTE, exp.Subquery, exp.Union, exp.Except, exp.Intersect, exp.Distinct),
    *(exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Values),
    *(exp.Literal, exp.Boolean, exp.Null, exp.Placeholder, exp.Paren, exp.Tuple, exp.Var),
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Is, exp.In, exp.Between, exp.Like, exp.RegexpLike, exp.Exists),
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs),
    *(exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least),
    *(exp.Cast, exp.DataType, exp.DataTypeParam),
    *(exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.StrPosition, exp.Length, exp.Extract),
    *(exp.Count, exp.Sum, exp.Min, exp.Max, exp.Window, exp.WindowSpec, exp.RowNumber),
    *(exp.Rank, exp.DenseRank, exp.Lag, exp.Lead),
})
_TYPES = frozenset({
    *(exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.DOUBLE),
    *(exp.DataType.Type.BOOLEAN, exp.DataType.Type.DATE, exp.DataType.Type.DECIMAL),
    *(exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.TIMESTAMPTZ),
})
_PARTS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"})
_INSTEAD: dict[type[exp.Expr], str] = {
    exp.AtTimeZone: "local_time(instant, zone) or instant_of(wall_time, zone)",
    exp.Bracket: "json_text(document, key)",
    exp.DateDiff: "days_between(first, last) or minutes_between(start, end)",
    exp.DateTrunc: "month_start(day) or monday_of(day)",
    exp.Filter: "sum(case when … then 1 else 0 end)",
    exp.GenerateSeries: "date_spine(first, last)",
    exp.IntDiv: "floor by cast(a as bigint), or a column of whole units",
    exp.Interval: "add_days(day, days) or wall_time(day, minutes)",
    exp.JSONExtract: "json_text(document, key)",
    exp.JSONExtractScalar: "json_text(document, key)",
    exp.Median: "percentile_of(value, 0.5)",
    exp.PercentileCont: "percentile_of(value, fraction)",
    exp.Qualify: "row_number() in a CTE and WHERE in the next",
    exp.Quantile: "percentile_of(value, fraction)",
    exp.Round: "whole units, or seconds_between(start, end)",
    exp.TimestampTrunc: "month_start(day) or monday_of(day)",
    exp.TryCast: "case when regexp_matches(…) then cast(…) end",
    exp.Unnest: "json_items(document) or date_spine(first, last)",
    exp.UnixSeconds: "seconds_between(start, end)",
    exp.UnixMillis: "minutes_between(start, end)",
    exp.UnixMicros: "minutes_between(start, end)",
    exp.Week: "iso_week(day)",
    exp.DayOfWeekIso: "iso_weekday(day)",
    exp.DayOfWeek: "iso_weekday(day)",
}
_DATES = frozenset(
    function.name for function in FUNCTIONS.values() if function.meaning.startswith("date;")
)


def lint(project: Project) -> list[Problem]:
    """Return what keeps a project from being the same on every engine, in file order.

    Args:
        project: A project that loads.
    """
    texts = {name: _text_columns(model) for name, model in project.models.items()}
    problems: set[Problem] = set()
    for model in project.models.values():
        known = frozenset().union(*(texts.get(name, ()) for name in (model.name, *model.reads)))
        if not model.path.endswith(".csv"):
            for node, message in _faults(model.query, known):
                problems.add(Problem(model.path, *position(model.text, node), message))
        for check in model.checks:
            for _, message in _faults(check.query, known):
                text = f"check '{check.name}': {message}"
                problems.add(Problem(model.path, check.line, 0, text))
        problems.update(_view_problems(model))
    return sorted(problems)


def _faults(query: exp.Query, texts: frozenset[str]) -> Iterator[tuple[exp.Expr, str]]:
    for node in query.walk(prune=lambda inner: bool(_fault(inner, texts))):
        if message := _fault(node, texts):
            yield _placed(node), message


# The nearest node around `node` that has a name in it, so that a line can be told.
def _placed(node: exp.Expr) -> exp.Expr:
    while node.parent is not None and node.find(exp.Identifier) is None:
        node = node.parent
    return node


def _fault(node: exp.Expr, texts: frozenset[str]) -> str:
    if isinstance(node, exp.Anonymous):
        return _call_fault(node)
    if isinstance(node, exp.Ordered | exp.Min | exp.Max):
        return _order_fault(node, texts)
    special = _special_fault(node)
    if special or (type(node) in _PORTABLE and not isinstance(node, exp.DataType)):
        return special
    if isinstance(node, exp.DataType) and node.this in _TYPES:
        return ""
    return _refused(node, _INSTEAD.get(type(node), ""))


# Constructs that are portable in one form only.
def _special_fault(node: exp.Expr) -> str:
    match node:
        case exp.Group() if node.args.get("all"):
            return _refused(node, "the columns by name")
        case exp.Star() if any(node.args.values()):
            return _refused(node, "the columns by name")
        case exp.Extract() if node.name.upper() not in _PARTS:
            return _refused(node, "seconds_between(start, end), iso_week(day) or iso_weekday(day)")
        case exp.Distinct() if node.args.get("on"):
            return _refused(node, _INSTEAD[exp.Qualify])
        case exp.Add() | exp.Sub() if any(_is_date(side) for side in (node.left, node.right)):
            return _refused(node, "add_days(day, days) or days_between(first, last)")
    return ""


def _refused(node: exp.Expr, instead: str) -> str:
    mend = f"Use {instead}." if instead else "Say it in plainer SQL, or add an engine function."
    text = " ".join(node.sql(dialect=DIALECT, comments=False).split())
    return f"'{text[:60]}' is not the same on every engine. {mend}"


def _call_fault(call: exp.Anonymous) -> str:
    if call.name.lower() in FUNCTIONS:
        return ""  # loading refused wrong calls
    hint = did_you_mean(call.name.lower(), FUNCTIONS)
    return f"'{call.name}' is no engine function.{hint} Known: {', '.join(FUNCTIONS)}."


def _is_date(node: exp.Expr) -> bool:
    node = node.unnest()
    if isinstance(node, exp.Cast):
        return node.is_type(exp.DataType.Type.DATE)
    return isinstance(node, exp.Anonymous) and node.name.lower() in _DATES


def _order_fault(node: exp.Expr, texts: frozenset[str]) -> str:
    ordered = node.this.unnest()
    is_text = isinstance(ordered, exp.Lower | exp.Upper | exp.Trim | exp.Substring)
    if is_text or (isinstance(ordered, exp.Column) and ordered.name in texts):
        return (
            f"'{node.sql(dialect=DIALECT, comments=False)}' compares texts by the database's "
            f"collation. Use text_order({ordered.sql(dialect=DIALECT, comments=False)})."
        )
    return ""


# Descriptions begin with the unit; `text` says that a column holds texts.
def _text_columns(model: Model) -> frozenset[str]:
    return frozenset(c.name for c in model.columns if c.description.startswith(("text", "IANA")))


# A view outlives the build's session, so nothing in it may depend on the moment.
def _view_problems(model: Model) -> Iterator[Problem]:
    if model.header.materialized is Kind.VIEW and model.names_as_of:
        message = f"a view keeps the moment of its build in its text (':{AS_OF}'). Make it a table."
        yield Problem(model.path, model.header.model.line, 0, message)
