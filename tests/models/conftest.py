"""Warehouses with the raw tables as `cal_source` declares them, empty or filled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from cal_source.tables import META_COLUMNS, TABLES, ColumnType
from pipelines.warehouse import Warehouse
from tests.engines.warehouses import raw_copy
from tests.models.accounts import AS_OF
from transforms import DuckDBEngine, Project, build

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS = Path(__file__).resolve().parents[2] / "dbt_like_sql"
TYPES = {
    ColumnType.TEXT: "varchar",
    ColumnType.BIGINT: "bigint",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamptz",
    ColumnType.DATE: "date",
    ColumnType.JSON: "json",
}


@pytest.fixture(scope="session")
def models() -> Path:
    return MODELS


@pytest.fixture(scope="session")
def project(models: Path) -> Project:
    return Project.load(models)


@pytest.fixture
def warehouse(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every raw table, and every history that models read, empty."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        for table in TABLES.values():
            columns = ", ".join(
                f'"{column.name}" {TYPES[column.type]}'
                for column in (*table.columns, *META_COLUMNS)
            )
            connection.execute(f"create table raw.{table.name} ({columns})")
            if f"raw.{table.name}_history" in project.sources:
                connection.execute(
                    f"create table raw.{table.name}_history "
                    f"({columns}, valid_from timestamptz, valid_to timestamptz)"
                )
        yield connection


@pytest.fixture
def recorded_models(
    project, sync_of, recorded_sandbox, tmp_path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """All models over the recorded world, synced into a warehouse."""
    file = tmp_path / "recorded.duckdb"
    with Warehouse.open(str(file)) as recorded:
        sync_of(recorded, recorded_sandbox)
    with duckdb.connect() as connection:
        raw_copy(file, connection, project.sources)
        assert build(project, DuckDBEngine(connection), as_of=AS_OF).ok
        yield connection
