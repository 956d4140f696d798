"""One hash for the rows of a table, the same whichever engine holds them.

Rows have no order and may repeat. Values count, not their types' names: numbers by value (a NaN is
one value), instants in UTC and wall-clock times to the microsecond, JSON by content. Column names
count, in their order.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from transforms.engine import Engine

_SIZE: Final = 16
_MODULUS: Final = 1 << (8 * _SIZE)


def hash_rows(
    columns: Sequence[str], rows: Iterable[Sequence[object]], json_columns: Collection[str] = ()
) -> str:
    """Return the hash of rows as 32 hexadecimal digits.

    Args:
        columns: Names of the columns.
        rows: One value per column each, as an engine returns them.
        json_columns: Columns whose texts are JSON documents.
    """
    is_json = [column in json_columns for column in columns]
    total = 0
    for row in rows:
        cells = [_cell(value, j) for value, j in zip(row, is_json, strict=True)]
        digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=_SIZE).digest()
        total += int.from_bytes(digest, "big")
    head = hashlib.blake2b("\x1f".join(columns).encode(), digest_size=_SIZE).digest()
    return f"{(int.from_bytes(head, 'big') + total) % _MODULUS:032x}"


def hash_table(
    engine: Engine, name: str, columns: Sequence[str], json_columns: Collection[str] = ()
) -> str:
    """Return the hash of a table or view of an engine; see `hash_rows`."""
    schema, _, table = name.partition(".")
    query = exp.select(*(exp.column(column, quoted=True) for column in columns)).from_(
        exp.table_(table, db=schema, quoted=True)
    )
    rows = engine.rows(query.sql(dialect=engine.dialect))
    return hash_rows(columns, rows, json_columns)


def _cell(value: object, is_json: bool) -> str:  # noqa: FBT001 - a column's nature
    if is_json:
        return _json_text(json.loads(value) if isinstance(value, str) else value)
    match value:
        case None:
            return "\x00"
        case bool():
            return f"b{int(value)}"
        case int() | float() | Decimal():
            return f"n{_number(value)}"
        case datetime():
            return f"t{_moment(value)}"
        case date():
            return f"d{value.isoformat()}"
    return f"s{value}"


def _number(value: float | Decimal) -> str:
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "nan"
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    return str(int(value)) if value == int(value) else repr(float(value))


def _moment(value: datetime) -> str:
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


# Numbers of JSON go by value too; null as a document is the same as no document.
def _json_text(value: Any) -> str:
    if value is None:
        return "\x00"
    return f"j{json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)}"


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case bool() | None | str():
            return value
    return _number(value)
