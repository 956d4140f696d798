"""A seed: a small table kept as CSV beside the models, under a model's header.

    -- model: seeds.public_holidays
    -- description: Days on which nobody works.
    -- grain: holiday_date
    -- column: holiday_date = date; the day
    -- column: title = text; what people call it
    holiday_date,title
    2026-01-01,New Year's Day

It becomes a model whose query is its rows, so that checks, readers and engines treat it as one.
An empty cell is NULL.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from transforms.checks import DIALECT, parse_checks
from transforms.errors import Problem
from transforms.header import parse_header
from transforms.model import Model, OutputColumn, model_name, name_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transforms.header import Header

SEEDS = "seeds"
_COLUMN = re.compile(r"^(?P<type>[^;]+);\s*(?P<description>.+)$")


def parse_seed(text: str, path: str) -> tuple[Model | None, list[Problem]]:
    """Read one CSV file.

    Args:
        text: The file's text, header comments included.
        path: Its path relative to the project.

    Returns:
        The seed as a model, None where it is too broken to use, and every problem found.
    """
    header, problems = parse_header(text, path, is_seed=True)
    if header is None:
        return None, problems
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    table = list(csv.reader(lines[start:]))
    problems += _shape_problems(table, header, path, start)
    columns, types, column_problems = _columns(header, path)
    problems += column_problems
    checks, check_problems = parse_checks(header, model_name(path), path)
    problems += check_problems
    if problems:
        return None, problems
    query = _query(table[1:], [column.name for column in columns], types)
    model = Model(model_name(path), path, text, header, query, columns, frozenset(), checks)
    return model, list(name_problems(model))


def _shape_problems(
    table: Sequence[Sequence[str]], header: Header, path: str, start: int
) -> list[Problem]:
    declared = list(header.columns)
    if not table or table[0] != declared:
        message = (
            f"the first row is '{','.join(table[0] if table else [])}', the header declares "
            f"'{','.join(declared)}'. Write one '-- column: name = type; meaning' per column, in "
            "the order of the first row."
        )
        return [Problem(path, start + 1, 0, message)]
    problems = [
        Problem(path, start + number, 0, f"{len(row)} values for {len(declared)} columns. Mend it.")
        for number, row in enumerate(table, start=1)
        if len(row) != len(declared)
    ]
    missing = [name for name in header.grain if name not in declared]
    for name in missing:
        message = f"grain: no column '{name}'. Name columns of the first row."
        problems.append(Problem(path, header.grain_line, 0, message))
    return problems


def _columns(
    header: Header, path: str
) -> tuple[tuple[OutputColumn, ...], list[exp.DataType], list[Problem]]:
    columns: list[OutputColumn] = []
    types: list[exp.DataType] = []
    problems: list[Problem] = []
    for entry in header.columns.values():
        match = _COLUMN.match(entry.value)
        try:
            kind = exp.DataType.build(match["type"], dialect=DIALECT) if match else None
        except SqlglotError:
            kind = None
        if match is None or kind is None:
            message = f"column '{entry.key}': '{entry.value}' is no 'type; meaning'. Write both."
            problems.append(Problem(path, entry.line, 0, message))
            continue
        columns.append(OutputColumn(entry.key, match["description"]))
        types.append(kind)
    return tuple(columns), types, problems


def _query(
    rows: Sequence[Sequence[str]], names: Sequence[str], types: Sequence[exp.DataType]
) -> exp.Query:
    cells = [
        exp.Tuple(expressions=[exp.Literal.string(cell) if cell else exp.null() for cell in row])
        for row in rows or [[""] * len(names)]
    ]
    values = exp.Values(
        expressions=cells,
        alias=exp.TableAlias(
            this=exp.to_identifier("given"), columns=[exp.to_identifier(name) for name in names]
        ),
    )
    selected = [
        exp.alias_(exp.cast(exp.column(name, table="given"), kind), name)
        for name, kind in zip(names, types, strict=True)
    ]
    query = exp.select(*selected).from_(values)
    return query if rows else query.where(sqlglot.exp.false())
