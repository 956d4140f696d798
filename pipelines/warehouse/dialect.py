"""The words in which the SQL of DuckDB and of Postgres differs, as far as `pipelines` uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.tables import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's own words; everything else is written once, in what both understand.

    Attributes:
        name: As sqlglot spells it.
        types: SQL type by column type.
        clock: The present instant, also late in a long transaction.
        json_rows: Gives the objects of a JSON list `$rows` as rows of texts; `{columns}` stands for
            a `json_column` of each name.
        json_column: The column `{name}` in `json_rows`.
        views: Gives `name` and `comment` of each view in the schema `$schema`.
        row_hash: A 64-bit number made of the values `{}` of a row; the same only within one
            version of the database.
        has_keys: True where tables get primary keys and indexes. DuckDB checks a key against rows
            that the same transaction has deleted, so that publishing a changed row would fail.
    """

    name: str
    types: Mapping[ColumnType, str]
    clock: str
    json_rows: str
    json_column: str
    views: str
    row_hash: str
    has_keys: bool

    def json(self, expression: str) -> str:
        """Return the expression, a text, as a JSON value."""
        return f"cast({expression} as {self.types[ColumnType.JSON]})"


DUCKDB: Final = Dialect(
    name="duckdb",
    types={
        ColumnType.TEXT: "varchar",
        ColumnType.BIGINT: "bigint",
        ColumnType.DOUBLE: "double",
        ColumnType.BOOLEAN: "boolean",
        ColumnType.TIMESTAMP: "timestamptz",
        ColumnType.DATE: "date",
        ColumnType.JSON: "json",
    },
    clock="now()",
    json_rows="""(select unnest(from_json($rows, '[{{{columns}}}]'), recursive := true))""",
    json_column='"{name}": "varchar"',
    views="select view_name as name, comment from duckdb_views() "
    "where database_name = current_database() and schema_name = $schema",
    row_hash="hash({})",
    has_keys=False,
)

POSTGRES: Final = Dialect(
    name="postgres",
    types={
        ColumnType.TEXT: "text",
        ColumnType.BIGINT: "bigint",
        ColumnType.DOUBLE: "double precision",
        ColumnType.BOOLEAN: "boolean",
        ColumnType.TIMESTAMP: "timestamptz",
        ColumnType.DATE: "date",
        ColumnType.JSON: "jsonb",
    },
    clock="clock_timestamp()",
    json_rows="(select * from jsonb_to_recordset(cast($rows as jsonb)) as objects ({columns}))",
    json_column='"{name}" text',
    views="select c.relname as name, obj_description(c.oid, 'pg_class') as comment from pg_class "
    "as c join pg_namespace as n on c.relnamespace = n.oid where c.relkind = 'v' "
    "and n.nspname = $schema",
    row_hash="hashtextextended(cast(row({}) as text), 0)",
    has_keys=True,
)
