"""What a model promises about its rows: each promise is a query that must return nothing.

    not_null(a, b)                        neither is ever NULL
    unique(a, b)                          no two rows share both values
    accepted_values(a: x, y)              a is NULL or one of these
    relationships(a -> schema.table.b)    a is NULL or a value of b
    expression(a <= b)                    true for every row; NULL is not true

Failing rows are shown by their keys only, never whole: they may hold personal data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from transforms.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transforms.header import Entry, Header

DIALECT = "duckdb"

_ITEM = re.compile(r"^(?P<kind>\w+)\s*\((?P<body>.*)\)$", re.DOTALL)
_ACCEPTED = re.compile(r"^(?P<column>\w+)\s*:\s*(?P<values>.+)$", re.DOTALL)
_RELATIONSHIP = re.compile(
    r"^(?P<column>\w+)\s*->\s*(?P<schema>\w+)\.(?P<table>\w+)\.(?P<key>\w+)$"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One promise.

    Attributes:
        name: The promise as written, with single spaces.
        line: Line of the header that makes it.
        blocking: False when a failure only warns.
        query: Returns the keys of the rows that break it.
    """

    name: str
    line: int
    blocking: bool
    query: exp.Query


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
            query = _compile(name, model, header.grain)
        except _MalformedCheckError as error:
            problems.append(Problem(path, line, 0, f"check '{name}': {error}"))
        else:
            checks.setdefault(name, Check(name, line, blocking, query))
    return tuple(checks.values()), problems


def _items(entry: Entry, *, blocking: bool) -> list[tuple[str, int, bool]]:
    texts = (" ".join(item.split()) for item in entry.value.split(";"))
    return [(text, entry.line, blocking) for text in texts if text]


def _compile(name: str, model: str, grain: Sequence[str]) -> exp.Query:
    match = _ITEM.match(name)
    kind = match["kind"] if match else name
    if match is None or kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        message = f"no such check.{did_you_mean(kind, _KINDS)} Write one of {known}(…)."
        raise _MalformedCheckError(message)
    sql = _KINDS[kind](match["body"].strip(), model, grain)
    try:
        query = sqlglot.parse_one(sql, dialect=DIALECT)
    except SqlglotError as error:
        message = "it is no SQL condition. Write what must be true, e.g. expression(a >= 0)."
        raise _MalformedCheckError(message) from error
    if not isinstance(query, exp.Query):
        raise _MalformedCheckError("it is no SQL condition. Write one, e.g. expression(a >= 0).")
    return query


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


_KINDS: dict[str, Callable[[str, str, Sequence[str]], str]] = {
    "accepted_values": _accepted_values,
    "expression": _expression,
    "not_null": _not_null,
    "relationships": _relationships,
    "unique": _unique,
}
