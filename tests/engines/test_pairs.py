"""SQL pairs that are executed: every engine gives the rows that stand below the query."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlglot

from transforms import DuckDBEngine
from transforms.functions import DIALECTS, FUNCTIONS, engine_calls
from transforms.postgres_engine import PostgresEngine
from transforms.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.engine import Engine

PAIRS = Path(__file__).parent / "pairs"
AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
EXPECT = "-- expect: "
GIVEN = {
    "docs": (
        "cast(t.id as bigint) as id, cast(t.doc as {json}) as doc",
        "id, doc",
        [
            ("1", '{"a": "x", "b": 5, "c": true, "d": null}'),
            ("2", '[{"k": "one"}, {"z": 0}, {"k": "three"}]'),
            ("3", "[]"),
            ("4", None),
        ],
    ),
    "numbers": (
        "cast(t.id as bigint) as id, cast(t.n as bigint) as n",
        "id, n",
        [("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", None)],
    ),
    "words": (
        "cast(t.id as bigint) as id, cast(t.word as {text}) as word",
        "id, word",
        [("1", "a"), ("2", "B"), ("3", "é")],
    ),
}
TYPES = {
    "duckdb": {"json": "json", "text": "varchar"},
    "postgres": {"json": "jsonb", "text": "text"},
    "spark": {"json": "string", "text": "string"},
}


def read_pairs(file: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Title, query and expected rows of each pair."""
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        lines = block.strip().splitlines()
        expected = [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]
        if expected:
            sql = "\n".join(line for line in lines if not line.startswith("--"))
            yield lines[0].removeprefix("-- "), sql, expected


ALL = [pair for file in sorted(PAIRS.glob("*.sql")) for pair in read_pairs(file)]


def written(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case datetime() | date():
            return str(value)
        case float() | Decimal():
            number = float(value)
            return str(int(number)) if number == int(number) else repr(number)
    return str(value)


def give(engine: Engine) -> None:
    """Create the tables that pairs read."""
    engine.prepare({"given"})
    text = {"duckdb": "varchar", "postgres": "text", "spark": "string"}[engine.dialect]
    for name, (columns, names, rows) in GIVEN.items():
        cells = ", ".join(
            "("
            + ", ".join("cast(null as " + text + ")" if c is None else f"'{c}'" for c in row)
            + ")"
            for row in rows
        )
        select = columns.format_map(TYPES[engine.dialect])
        sql = f"select {select} from (values {cells}) as t({names})"
        kind = "table" if engine.dialect != "spark" else "view"
        engine._execute("giving", f"create {kind} given.{name} as {sql}")


@pytest.fixture(scope="module", params=DIALECTS)
def engine(request, tmp_path_factory) -> Iterator[Engine]:
    """Each engine with the given tables."""
    if request.param == "duckdb":
        with duckdb.connect() as connection:
            made: Engine = DuckDBEngine(connection)
            give(made)
            yield made
    elif request.param == "postgres":
        made = PostgresEngine(request.getfixturevalue("postgres_connection"))
        give(made)
        yield made
    else:
        from transforms.spark_engine import SparkEngine

        made = SparkEngine(
            request.getfixturevalue("spark_session"), tmp_path_factory.mktemp("lake")
        )
        give(made)
        yield made


@pytest.mark.parametrize(("title", "sql", "expected"), ALL, ids=[pair[0] for pair in ALL])
def test_engine_gives_the_rows_below_the_query(engine, title, sql, expected):
    query = sqlglot.parse_one(sql, dialect="duckdb")

    rows = engine.rows(render(query, dialect=engine.dialect, as_of=AS_OF))

    assert Counter(" | ".join(map(written, row)) for row in rows) == Counter(expected)


def test_pairs_execute_every_engine_function():
    called = {
        function.name
        for _, sql, _ in ALL
        for _, function in engine_calls(sqlglot.parse_one(sql, dialect="duckdb"))
    }

    assert called == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_function_is_unknown_to_the_parser_and_has_every_form(function):
    call = f"{function.name}({', '.join('a' for _ in function.arguments)})"
    parsed = sqlglot.parse_one(f"select {call} as x", dialect="duckdb")

    assert [found.name for _, found in engine_calls(parsed)] == [function.name]
    assert set(function.forms) == set(DIALECTS)
    for form in function.forms.values():
        assert all(f"{{{argument}}}" in form for argument in function.arguments)


def test_text_order_names_its_collation_in_postgres():
    # the test server knows no other collation, so that the text has to do
    query = sqlglot.parse_one(
        "select min(text_order(word)) as a from given.words", dialect="duckdb"
    )

    assert render(query, dialect="postgres", as_of=AS_OF) == (
        'SELECT MIN((("word") collate "C")) AS "a" FROM "given"."words"'
    )
