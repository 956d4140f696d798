"""Given rows → expected rows, in one text file per case.

    -- case: Two bookings at one time count once.
    -- as_of: 2026-03-30T00:00:00Z
    -- given raw.bookings
    uid, start, end
    a, 2026-03-02 09:00:00+00, 2026-03-02 10:00:00+00
    -- expect marts.agg_load where host_id = 1
    host_id, booked_minutes
    1, 60

Blocks are CSV: an empty cell is NULL, `""` an empty text, blanks around commas mean nothing, and
a line that starts with `--  ` (two blanks) is a remark. Columns that a block leaves out are NULL
in given tables and not compared in expected ones; rows have no order. `where` narrows what is
compared.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from transforms.build import build
from transforms.checks import DIALECT
from transforms.engine import Kind, shadow_of
from transforms.errors import CaseError
from transforms.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transforms.engine import Engine
    from transforms.project import Project

_BLOCK = re.compile(r"^-- (?P<kind>given|expect) (?P<table>\w+\.\w+)(?: where (?P<where>.+))?$")
_CELL = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^,"]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Rows:
    """One block of a case: rows of a table, each value as text or None."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    where: str = "true"


@dataclass(slots=True)
class Case:
    """One given/expect case.

    Attributes:
        path: Its file.
        title: What it shows.
        as_of: The moment of the build; time zone aware.
        given: Rows to load first.
        expected: Rows to find after the build.
    """

    path: str
    title: str
    as_of: datetime
    given: list[Rows] = field(default_factory=list)
    expected: list[Rows] = field(default_factory=list)


def load_case(file: Path) -> Case:
    """Read one case.

    Raises:
        CaseError: A line cannot be read; it names file and line.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    title, as_of = _preamble(lines, file.name)
    case = Case(file.name, title, as_of)
    for number, line in enumerate(lines, start=1):
        if block := _BLOCK.match(line):
            rows = _read_block(lines, number, block, file.name)
            (case.given if block["kind"] == "given" else case.expected).append(rows)
    if not case.expected:
        raise CaseError(file.name, 1, "nothing is expected. Add '-- expect schema.table'.")
    return case


def run_case(case: Case, project: Project, engine: Engine) -> list[str]:
    """Load the given rows, build what the expected tables need, compare.

    Args:
        case: The case.
        project: Models to build.
        engine: An engine whose source tables exist and are empty.

    Returns:
        One line per difference; none when the case holds.

    Raises:
        TransformError: The rows do not fit their tables, or the build fails.
    """
    for given in case.given:
        engine.load_rows(given.table, given.columns, given.rows)
    select = [f"+{expected.table}" for expected in case.expected]
    result = build(project, engine, as_of=case.as_of, select=select, whole=True)
    if not result.ok:
        return list(result.failures)
    return [line for expected in case.expected for line in _differences(expected, case, engine)]


# Expected texts pass through a table of the same column types, so that 0.50 equals 0.5.
def _differences(expected: Rows, case: Case, engine: Engine) -> Iterator[str]:
    def select(table: str, where: str) -> str:
        schema, _, name = table.partition(".")
        columns = [exp.column(column, quoted=True) for column in expected.columns]
        query = exp.select(*columns).from_(exp.table_(name, db=schema, quoted=True))
        query = query.where(sqlglot.parse_one(where, dialect=DIALECT))
        return render(query, dialect=engine.dialect, as_of=case.as_of)

    table = expected.table
    engine.create_shadow(table, Kind.TABLE, select(table, "false"))
    try:
        shadow = shadow_of(table)
        engine.load_rows(shadow, expected.columns, expected.rows)
        wanted = Counter(engine.rows(select(shadow, "true")))
    finally:
        engine.drop_shadows({table.partition(".")[0]})
    found = Counter(engine.rows(select(table, expected.where)))
    for sign, rows in (("missing", wanted - found), ("surplus", found - wanted)):
        for row in sorted(rows.elements(), key=str):
            cells = zip(expected.columns, row, strict=True)
            listed = ", ".join(f"{name}={value}" for name, value in cells)
            yield f"{expected.table}: {sign} {listed}"


def _preamble(lines: list[str], path: str) -> tuple[str, datetime]:
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = line.removeprefix("-- ").partition(": ")
        if line.startswith("-- ") and key in {"case", "as_of"}:
            found[key] = value.strip()
    for key in ("case", "as_of"):
        if key not in found:
            raise CaseError(path, 1, f"there is no '-- {key}: …'. Begin the file with it.")
    try:
        as_of = datetime.fromisoformat(found["as_of"])
    except ValueError as error:
        message = f"as_of '{found['as_of']}' is no time. Write 2026-03-30T00:00:00Z."
        raise CaseError(path, 1, message) from error
    return found["case"], as_of


def _read_block(lines: list[str], start: int, block: re.Match[str], path: str) -> Rows:
    body: list[tuple[int, tuple[str | None, ...]]] = []
    for number, line in enumerate(lines[start:], start=start + 1):
        if line.startswith("-- ") and not line.startswith("--  "):
            break
        if line.strip() and not line.startswith("--  "):
            body.append((number, _cells(line)))
    if not body:
        raise CaseError(path, start, "the block has no columns. Put a CSV header below it.")
    columns = tuple(cell or "" for cell in body[0][1])
    for number, cells in body[1:]:
        if len(cells) != len(columns):
            message = f"{len(cells)} values for {len(columns)} columns. Give one for each."
            raise CaseError(path, number, message)
    rows = tuple(cells for _, cells in body[1:])
    return Rows(block["table"], columns, rows, block["where"] or "true")


def _cells(line: str) -> tuple[str | None, ...]:
    cells: list[str | None] = []
    for match in _CELL.finditer(line.strip()):
        if match.start() == match.end() == len(line.strip()) and not line.strip().endswith(","):
            break
        if match["quoted"] is not None:
            cells.append(match["quoted"].replace('""', '"'))
        else:
            cells.append(match["plain"].strip() or None)
    return tuple(cells)
