"""Builds killed by SIGKILL, in a query and in the swap: old tables stay, the next build works."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import psycopg
import pytest

from transforms import DuckDBEngine, Project, build
from transforms.engine import SHADOW
from transforms.postgres_engine import PostgresEngine

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = "-- model: marts.{}\n-- description: d\n-- grain: x\n-- materialized: table\n"
QUICK = HEADER.format("a") + "\nselect max(n) as x -- number; x\nfrom shop.numbers\n"
LONG = HEADER.format("b") + (
    "\nselect count(*) as x -- number; x\nfrom shop.numbers as one\n"
    "cross join shop.numbers as two\ncross join shop.numbers as three\n"
    "where (one.n * two.n + three.n) % 7 = 1\n"
)
BUILDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
import duckdb, psycopg
from transforms import DuckDBEngine, Project, build
from transforms.postgres_engine import PostgresEngine

place, folder, phase = sys.argv[1:]
is_file = place.endswith(".duckdb")
base = DuckDBEngine if is_file else PostgresEngine

class Watched(base):
    def _comment(self, new):  # inside the transaction, the tables renamed already
        if phase == "swap":
            print("in the swap", flush=True)
            time.sleep(600)
        super()._comment(new)

connection = duckdb.connect(place) if is_file else psycopg.connect(place, autocommit=True)
build(Project.load(Path(folder)), Watched(connection), as_of=datetime(2026, 3, 1, tzinfo=UTC),
      on_model=lambda result: print(result.name, flush=True))
"""
SAID = {"query": "marts.a\n", "swap": "in the swap\n"}


@pytest.fixture(params=["duckdb", "postgres"])
def place(request, tmp_path):
    if request.param == "duckdb":
        yield str(tmp_path / "warehouse.duckdb")
    else:
        server = request.getfixturevalue("postgres_server")
        with server.database(empty=True) as url:
            yield url


@contextmanager
def opened(place):
    if place.endswith(".duckdb"):
        with duckdb.connect(place) as connection:
            yield DuckDBEngine(connection)
    else:
        with psycopg.connect(place, autocommit=True) as connection:
            yield PostgresEngine(connection)


def fill(engine, first: int, last: int) -> None:
    engine._execute("emptying", "delete from shop.numbers")
    engine._execute(
        "filling", f"insert into shop.numbers select * from generate_series({first}, {last})"
    )


@pytest.mark.parametrize("phase", ["query", "swap"])
def test_build_killed_within_leaves_the_old_tables(place, phase, tmp_path):
    folder = tmp_path / "project"
    (folder / "marts").mkdir(parents=True)
    (folder / "marts" / "a.sql").write_text(QUICK, encoding="utf-8")
    (folder / "marts" / "b.sql").write_text(LONG, encoding="utf-8")
    project = Project.load(folder)
    with opened(place) as engine:
        engine.prepare({"shop"})
        engine._execute("opening the shop", "create table shop.numbers (n bigint)")
        fill(engine, 1, 2)
        assert build(project, engine, as_of=AS_OF).ok
        before = engine.rows("select x from marts.b")
        fill(engine, 3, 4 if phase == "swap" else 20_000)

    command = [sys.executable, "-c", BUILDER, place, str(folder), phase]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != SAID[phase]:
            assert process.poll() is None
        time.sleep(0.2)  # well inside the long query
        process.kill()
    assert process.returncode == -signal.SIGKILL

    with opened(place) as engine:
        assert engine.rows("select x from marts.a") == [(2,)]
        assert engine.rows("select x from marts.b") == before
        fill(engine, 5, 6)
        assert build(project, engine, as_of=AS_OF).ok  # nobody else holds what it needs
        assert engine.rows("select x from marts.a") == [(6,)]
        assert not [name for name in engine.catalog() if name.endswith(SHADOW)]
