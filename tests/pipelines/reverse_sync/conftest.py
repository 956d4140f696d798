"""The tests of the reverse sync run on a DuckDB warehouse; those of its SQL on Postgres too."""

from __future__ import annotations

import shutil

import pytest

from pipelines.warehouse import Warehouse


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """A warehouse file without rows, made once: making its tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "cal.duckdb"
    with Warehouse.open(str(path)):
        pass
    return path


@pytest.fixture
def location(tmp_path, empty_file) -> str:
    """What `--warehouse` names: a new file."""
    return str(shutil.copy(empty_file, tmp_path / "cal.duckdb"))


@pytest.fixture(params=["duckdb", "postgres"])
def any_warehouse(request):
    """A new warehouse of each kind."""
    names = {"duckdb": "location", "postgres": "postgres_url"}
    with Warehouse.open(request.getfixturevalue(names[request.param])) as opened:
        yield opened
