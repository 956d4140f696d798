"""What a table holds, in one form for every kind of warehouse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cal_source.tables import ColumnType
from pipelines.warehouse.tables import iter_declared

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipelines.warehouse import Warehouse

OF_THE_RUN = ("_run_id", "_loaded_at")
_JSON = {
    (declared.schema, declared.table.name, column.name)
    for declared in iter_declared()
    for column in declared.columns
    if column.type is ColumnType.JSON
}


def contents(
    warehouse: Warehouse, table: str, *, schema: str = "raw", without: Collection[str] = OF_THE_RUN
) -> list[str]:
    """Return the rows of a table as sorted texts, JSON compared as values.

    Args:
        warehouse: The open warehouse.
        table: A table of `raw` or `ops`.
        schema: Its schema.
        without: Columns to leave out.
    """
    rows = warehouse.rows(f'select * from "{schema}"."{table}"')
    return sorted(
        repr([
            (name, _plain(value, is_json=(schema, table, name) in _JSON))
            for name, value in sorted(row.items())
            if name not in without
        ])
        for row in rows
    )


def _plain(value: Any, *, is_json: bool) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if is_json and value is not None:
        return json.dumps(json.loads(value), sort_keys=True)
    return value
