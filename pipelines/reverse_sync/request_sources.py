"""Where change requests come from: a table or query of the warehouse, a file, or Python.

Every request carries its place, so that a fault can be told with file and line, or table and key.
"""

from __future__ import annotations

import csv
import json
import re
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from pipelines.reverse_sync.change_requests import ChangeRequest, Rejected, request_of
from pipelines.reverse_sync.errors import RequestSourceError
from pipelines.sql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pipelines.warehouse import Warehouse

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
Row = tuple[str, dict[str, Any]]


def requests_of(rows: Iterable[Row], *, action: str = "") -> list[ChangeRequest]:
    """Return the requests that rows are, unchecked.

    Args:
        rows: Each row with its place.
        action: The action, where the rows name none.
    """
    return [request_of(row, source, action=action) for source, row in rows]


def file_rows(path: Path) -> tuple[list[Row], list[Rejected]]:
    """Return the rows of a file, each with its place, and the lines that are none.

    Args:
        path: CSV, JSONL (one object a line) or Parquet; its ending says which.

    Raises:
        RequestSourceError: The file cannot be read, or is none of these.
    """
    readers: dict[str, Callable[[Path], Iterator[Row | Rejected]]] = {
        ".csv": _csv_rows,
        ".jsonl": _jsonl_rows,
        ".ndjson": _jsonl_rows,
        ".parquet": _parquet_rows,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RequestSourceError(str(path), f"it ends in '{path.suffix}'")
    try:
        found = list(reader(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestSourceError(str(path), str(error)) from error
    rows = [row for row in found if not isinstance(row, Rejected)]
    return rows, [row for row in found if isinstance(row, Rejected)]


def table_rows(warehouse: Warehouse, table: str) -> list[Row]:
    """Return the rows of a table or view, such as `ops.change_requests`, each with its key.

    Raises:
        RequestSourceError: There is no such table.
    """
    schema, dot, name = table.rpartition(".")
    names_fit = _NAME.fullmatch(name) and (not dot or _NAME.fullmatch(schema))
    if not names_fit or not warehouse.column_names(schema or "ops", name):
        raise RequestSourceError(table, "there is no such table or view")
    return query_rows(warehouse, f"select * from {quoted(schema or 'ops', name)}", table)


def query_rows(warehouse: Warehouse, sql: str, source: str) -> list[Row]:
    """Return the rows of a SELECT, each with its key.

    Args:
        warehouse: The open warehouse.
        sql: One SELECT; its columns are those of `ops.change_requests`, or dotted names.
        source: Its name, for telling faults.

    Raises:
        RequestSourceError: The query fails.
    """
    try:
        rows = warehouse.rows(sql)
    except warehouse.driver_error as error:
        raise RequestSourceError(source, str(error).strip().splitlines()[0]) from error
    return [
        (f"{source} {row.get('request_id') or f'row {number}'}", row)
        for number, row in enumerate(rows, 1)
    ]


def _csv_rows(path: Path) -> Iterator[Row | Rejected]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        for row in reader:
            source = f"{path.name}:{reader.line_num}"
            extra = row.pop(None, None)
            if extra or None in row.values():
                yield _unreadable(source, "must have as many cells as the head line")
            else:
                # Of thousands of rows most name the same action and reason: each text is kept once.
                yield source, {name: intern(value) for name, value in row.items()}


def _jsonl_rows(path: Path) -> Iterator[Row | Rejected]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            source = f"{path.name}:{number}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if isinstance(row, dict):
                yield source, row
            else:
                yield _unreadable(source, "must be one JSON object")


def _parquet_rows(path: Path) -> Iterator[Row | Rejected]:
    import pyarrow as pa  # noqa: PLC0415 - takes long to import, and few requests are Parquet
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise RequestSourceError(str(path), str(error)) from error
    for number, row in enumerate(table.to_pylist(), 1):
        yield f"{path.name}:{number}", row


def _unreadable(source: str, rule: str) -> Rejected:
    return Rejected(source=source, action="", field="row", value="", rule=rule)
