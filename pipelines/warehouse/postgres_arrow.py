"""Rows of a Postgres cursor as Arrow batches, with the types of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_TYPES = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
_NUMERIC_SCALE = 9  # of a numeric column that states none; beyond it rows are refused, not rounded


def read_arrow(cursor: psycopg.ServerCursor[Any], *, rows_per_batch: int) -> pa.RecordBatchReader:
    """Return the rows of an executed server-side cursor; each batch is fetched when it is read.

    Args:
        cursor: With plain tuples as rows, JSON as text.
        rows_per_batch: Most rows of one batch.
    """
    schema = pa.schema([(c.name, _type(cursor, c)) for c in cursor.description or ()])

    def batches() -> Iterator[pa.RecordBatch]:
        while rows := cursor.fetchmany(rows_per_batch):
            yield pa.record_batch(
                [
                    pa.array(values, type=field.type)
                    for values, field in zip(zip(*rows, strict=True), schema, strict=True)
                ],
                schema=schema,
            )

    return pa.RecordBatchReader.from_batches(schema, batches())


def _type(cursor: psycopg.ServerCursor[Any], column: psycopg.Column) -> pa.DataType:
    known = cursor.adapters.types.get(column.type_code)
    name = known.name if known else ""
    if name == "numeric":
        return pa.decimal128(column.precision or 38, column.scale or _NUMERIC_SCALE)
    return _TYPES.get(name, pa.string())
