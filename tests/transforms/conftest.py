"""Projects and warehouses for the engine's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from transforms import DuckDBEngine, Project

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
ProjectWriter = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def as_of() -> datetime:
    return AS_OF


@pytest.fixture
def write_project(tmp_path: Path) -> ProjectWriter:
    """Writes files below a fresh folder and returns it."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            file = tmp_path / "project" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "project"

    return write


@pytest.fixture
def bakery() -> Path:
    """A small project that has nothing to do with scheduling."""
    return Path(__file__).parent / "bakery"


@pytest.fixture
def bakery_project(bakery: Path) -> Project:
    return Project.load(bakery)


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with four sales, one of them after the builds' moment."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema shop")
        connection.execute(
            "create table shop.sales "
            '(id bigint, bread varchar, sold_at timestamptz, "count" bigint)'
        )
        connection.execute(
            "insert into shop.sales values "
            "(1, 'rye', '2026-02-01 08:00:00+00', 2), (2, 'rye', '2026-02-02 08:00:00+00', 3), "
            "(3, 'wheat', '2026-02-02 09:00:00+00', 1), (4, 'wheat', '2026-03-02 09:00:00+00', 7)"
        )
        yield connection


@pytest.fixture
def shop_engine(shop: duckdb.DuckDBPyConnection) -> DuckDBEngine:
    return DuckDBEngine(shop)
