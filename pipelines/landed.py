"""What stands in the landing: its tables, their columns, and their values as `raw` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from cal_source.tables import META_COLUMNS, ColumnType, Table
from pipelines.sql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipelines.warehouse import Warehouse

    Columns: TypeAlias = Mapping[str, Collection[str]]

LANDING: Final = "landing"
LANDED: Final = "publish_landed"
"""Scratch table: key, page, scope and content hash of the latest reading of every landed record."""


def landed_columns(warehouse: Warehouse) -> Columns:
    """Return the tables of the landing with the names of their columns."""
    found: dict[str, set[str]] = {}
    for row in warehouse.rows(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = $schema and table_catalog = current_database()",
        {"schema": LANDING},
    ):
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    return found


def names_of(table: Table, landed: Columns) -> list[str]:
    """Return the columns of a table of `raw` that its landing has, in order."""
    there = landed[table.name]
    return [c.name for c in (*table.columns, *META_COLUMNS) if c.name in there]


def landed_values(warehouse: Warehouse, table: Table, names: Sequence[str]) -> str:
    """Return columns of the landed rows `s`; JSON lands as text and becomes JSON."""
    json = {c.name for c in (*table.columns, *META_COLUMNS) if c.type is ColumnType.JSON}
    return ", ".join(
        warehouse.dialect.json(f"s.{quoted(n)}") if n in json else f"s.{quoted(n)}" for n in names
    )
