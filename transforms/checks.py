"""What a model promises about its rows: each promise is a query that must return nothing.

    not_null(a, b)                        neither is ever NULL
    unique(a, b)                          no two rows share both values
    accepted_values(a: x, y)              a is NULL or one of these
    relationships(a -> schema.table.b)    a is NULL or a value of b
    expression(a <= b)                    true for every row; NULL is not true
    row_parity(schema.table)              as many rows as that table
    freshness(a, 24h)                     the latest a is no older than that at the build's moment
    drift(a, 0.1)                         no value's share of the rows moved by more than that since
                                          the last build; only warns

Failing rows are shown by their keys only, never whole: they may hold personal data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from transforms.errors import Problem, did_you_mean
from transforms.render import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transforms.header import Entry, Header

DIALECT = "duckdb"

_ITEM = re.compile(r"^(?P<kind>\w+)\s*\((?P<body>.*)\)$", re.DOTALL)
_ACCEPTED = re.compile(r"^(?P<column>\w+)\s*:\s*(?P<values>.+)$", re.DOTALL)
_RELATIONSHIP = re.compile(
    r"^(?P<column>\w+)\s*->\s*(?P<schema>\w+)\.(?P<table>\w+)\.(?P<key>\w+)$"
)
_TABLE = re.compile(r"^\w+\.\w+$")
_FRESHNESS = re.compile(r"^(?P<column>\w+)\s*,\s*(?P<number>\d+)\s*(?P<unit>[mhd])$")
_DRIFT = re.compile(r"^(?P<column>\w+)\s*,\s*(?P<share>0?\.\d+)$")
_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_LAST_BUILD = "last_build"


class Scope(StrEnum):
    """What a check compares."""

    ROWS = "rows"
    KEYS = "keys"
    REFERENCES = "references"
    TABLES = "tables"
    BUILDS = "builds"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise.

    Attributes:
        name: The promise as written, with single spaces.
        line: Line of the header that makes it.
        blocking: False when a failure only warns.
        query: Returns the keys of the rows that break it.
        scope: Which rows it has to look at when only some of them changed.
        columns: Of `unique` and `drift`, the columns that it names, `drift`'s share behind them.
    """

    name: str
    line: int
    blocking: bool
    query: exp.Query
    scope: Scope
    columns: tuple[str, ...] = ()


class _MalformedCheckError(Exception):
    """Says how a check of this kind is written."""


def parse_checks(header: Header, model: str, path: str) -> tuple[tuple[Check, ...], list[Problem]]:
    """Compile what a header promises, its grain first.

    Args:
        header: The header; its grain names columns of the model.
        model: `schema.name` of the model.
        path: The model's file, for messages.

    Returns:
        The checks, each once, and every problem found.
    """
    grain = ", ".join(header.grain)
    items = [(f"not_null({grain})", header.grain_line, True)]
    items.append((f"unique({grain})", header.grain_line, True))
    items += [item for entry in header.checks for item in _items(entry, blocking=True)]
    items += [item for entry in header.warnings for item in _items(entry, blocking=False)]
    checks: dict[str, Check] = {}
    problems: list[Problem] = []
    for name, line, blocking in items:
        try:
            check = _compile(name, model, header.grain, line, blocking=blocking)
        except _MalformedCheckError as error:
            problems.append(Problem(path, line, 0, f"check '{name}': {error}"))
        else:
            checks.setdefault(name, check)
    return tuple(checks.values()), problems


def _items(entry: Entry, *, blocking: bool) -> list[tuple[str, int, bool]]:
    texts = (" ".join(item.split()) for item in entry.value.split(";"))
    return [(text, entry.line, blocking) for text in texts if text]


def _compile(name: str, model: str, grain: Sequence[str], line: int, *, blocking: bool) -> Check:
    match = _ITEM.match(name)
    kind = match["kind"] if match else name
    if match is None or kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        message = f"no such check.{did_you_mean(kind, _KINDS)} Write one of {known}(…)."
        raise _MalformedCheckError(message)
    compiler, scope = _KINDS[kind]
    if scope is Scope.BUILDS and blocking:
        raise _MalformedCheckError("it compares with the last build. Move it to 'warnings'.")
    body = match["body"].strip()
    try:
        query = sqlglot.parse_one(compiler(body, model, grain), dialect=DIALECT)
    except SqlglotError as error:
        message = "it is no SQL condition. Write what must be true, e.g. expression(a >= 0)."
        raise _MalformedCheckError(message) from error
    if not isinstance(query, exp.Query):
        raise _MalformedCheckError("it is no SQL condition. Write one, e.g. expression(a >= 0).")
    if scope is Scope.BUILDS:
        for table in query.find_all(exp.Table):
            if table.alias == _LAST_BUILD:
                table.meta[VISIBLE] = True
    columns = tuple(part.strip() for part in body.split(","))
    return Check(name, line, blocking, query, scope, columns)


def _column(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=DIALECT)


def _columns(names: Sequence[str]) -> str:
    return ", ".join(_column(name) for name in names)


def _split(body: str, example: str) -> list[str]:
    names = [name.strip() for name in body.split(",")]
    if not all(name.isidentifier() for name in names):
        raise _MalformedCheckError(f"'{body}' is no list of columns. Write {example}.")
    return names


def _not_null(body: str, model: str, grain: Sequence[str]) -> str:
    names = _split(body, "not_null(a, b)")
    broken = " or ".join(f"{_column(name)} is null" for name in names)
    return f"select {_columns(grain)} from {model} where {broken}"


def _unique(body: str, model: str, _grain: Sequence[str]) -> str:
    key = _columns(_split(body, "unique(a, b)"))
    return f"select {key} from {model} group by {key} having count(*) > 1"


def _accepted_values(body: str, model: str, grain: Sequence[str]) -> str:
    match = _ACCEPTED.match(body)
    if match is None:
        raise _MalformedCheckError("write accepted_values(column: value, value).")
    texts = [value.strip().strip("'") for value in match["values"].split(",")]
    values = ", ".join(exp.Literal.string(text).sql(dialect=DIALECT) for text in texts)
    column = _column(match["column"])
    return (
        f"select {_columns(grain)} from {model} where cast({column} as varchar) not in ({values})"
    )


def _relationships(body: str, model: str, _grain: Sequence[str]) -> str:
    match = _RELATIONSHIP.match(body)
    if match is None:
        raise _MalformedCheckError("write relationships(column -> schema.table.column).")
    column, key = _column(match["column"]), _column(match["key"])
    return (
        f"select child.{column} from {model} as child "
        f"left join {match['schema']}.{match['table']} as parent on child.{column} = parent.{key} "
        f"where child.{column} is not null and parent.{key} is null"
    )


def _expression(body: str, model: str, grain: Sequence[str]) -> str:
    return f"select {_columns(grain)} from {model} where not coalesce(({body}), false)"


# One row when the counts differ; both stand in it as its key.
def _row_parity(body: str, model: str, _grain: Sequence[str]) -> str:
    if not _TABLE.match(body):
        raise _MalformedCheckError("write row_parity(schema.table).")
    return (
        "select own.row_count, other.other_row_count "
        f"from (select count(*) as row_count from {model}) as own "
        f"cross join (select count(*) as other_row_count from {body}) as other "
        "where own.row_count <> other.other_row_count"
    )


def _freshness(body: str, model: str, _grain: Sequence[str]) -> str:
    match = _FRESHNESS.match(body)
    if match is None:
        raise _MalformedCheckError("write freshness(column, 24h), or 30m, or 7d.")
    seconds = int(match["number"]) * _UNIT_SECONDS[match["unit"]]
    column = _column(match["column"])
    return (
        f"select newest_at from (select max({column}) as newest_at from {model}) as newest "
        f"where newest_at is null or seconds_between(newest_at, :as_of) > {seconds}"
    )


def _drift(body: str, model: str, _grain: Sequence[str]) -> str:
    match = _DRIFT.match(body)
    if match is None:
        raise _MalformedCheckError("write drift(column, 0.1).")
    column = _column(match["column"])

    def shares(alias: str) -> str:
        return (
            f"(select cast({column} as varchar) as value, cast(count(*) as double) / "
            f"(select count(*) from {model} as {alias}) as share from {model} as {alias} "
            f"group by cast({column} as varchar))"
        )

    return (
        f"select coalesce(now_shares.value, last_shares.value) as value "
        f"from {shares('this_build')} as now_shares "
        f"full join {shares(_LAST_BUILD)} as last_shares "
        "on now_shares.value = last_shares.value "
        "where abs(coalesce(now_shares.share, 0) - coalesce(last_shares.share, 0)) "
        f"> {match['share']}"
    )


_KINDS: dict[str, tuple[Callable[[str, str, Sequence[str]], str], Scope]] = {
    "accepted_values": (_accepted_values, Scope.ROWS),
    "drift": (_drift, Scope.BUILDS),
    "expression": (_expression, Scope.ROWS),
    "freshness": (_freshness, Scope.TABLES),
    "not_null": (_not_null, Scope.ROWS),
    "relationships": (_relationships, Scope.REFERENCES),
    "row_parity": (_row_parity, Scope.TABLES),
    "unique": (_unique, Scope.KEYS),
}
