"""Warehouses with the raw tables as `cal_source` declares them, empty or filled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from cal_source.tables import META_COLUMNS, TABLES, ColumnType
from transforms import Project

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
