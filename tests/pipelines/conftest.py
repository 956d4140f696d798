"""The tests of the programs run on every kind of warehouse."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@pytest.fixture(params=["duckdb", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path) -> str:
    """What `--warehouse` names: a new file, or a new database with the tables of a warehouse."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return str(tmp_path / "cal.duckdb")


@pytest.fixture(scope="session", params=["duckdb", "postgres"])
def new_warehouse(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], AbstractContextManager[Warehouse]]:
    """Makes new warehouses, for tests that take many examples."""

    @contextmanager
    def on_postgres() -> Iterator[Warehouse]:
        server = request.getfixturevalue("postgres_server")
        with server.database() as url, Warehouse.open(url) as opened:
            yield opened

    def in_a_file() -> Warehouse:
        return Warehouse.open(str(tmp_path_factory.mktemp("w") / "cal.duckdb"))

    return on_postgres if request.param == "postgres" else in_a_file


@pytest.fixture
def warehouse(location: str) -> Iterator[Warehouse]:
    """A new warehouse without rows."""
    with Warehouse.open(location) as opened:
        yield opened
