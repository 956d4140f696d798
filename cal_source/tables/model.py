"""How a table of the warehouse is declared: columns, keys, children, and what never lands.

A `Table` is data. `cal_source.records` reads it to turn API records into rows, the dlt source to
hint types and keys, the warehouse to create `raw` tables with comments, the tests to demand a
description for everything. Adding a column is one line here and nothing anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ColumnType(StrEnum):
    """Types a column can have; each destination maps them to its own."""

    TEXT = "text"
    BIGINT = "bigint"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # an instant, UTC, microseconds
    DATE = "date"
    JSON = "json"  # free-form objects and lists, kept as they came


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: Column name in the warehouse, snake_case of Cal.com's own field name.
        paths: Dotted paths in the API record; the first one present gives the value. Further
            paths are aliases: they count as kept only while they carry the same value. A path
            that starts with `$` is given by us, not by Cal.com.
        type: Type of the column.
        description: One line for people, pushed into the warehouse as the column's comment.
        required: A record without a usable value here cannot be loaded; it is quarantined.
        null_words: Strings that Cal.com sends in place of null (`"unknown"`); loaded as NULL.
        hashed: False for values that say nothing about the record's content, such as the place
            in a list that has no stated order.
    """

    name: str
    paths: tuple[str, ...]
    type: ColumnType
    description: str
    required: bool = False
    null_words: tuple[str, ...] = ()
    hashed: bool = True


@dataclass(frozen=True, slots=True)
class Child:
    """A nested list that becomes a table of its own.

    Attributes:
        table: The child table; its key starts with the parent's key columns.
        path: Dotted path of the list in the parent's record.
        explode: Name of the function in `cal_source.records.EXPLODERS` that turns the parent's
            record into child records; None takes the list's elements as they are.
        keeps_source: True where the parent still stores the list itself (in a JSON column), so
            that exploding it does not consume the field.
    """

    table: Table
    path: str
    explode: str | None = None
    keeps_source: bool = False


@dataclass(frozen=True, slots=True, eq=False)  # declared once: itself and no other
class Table:
    """A table of the warehouse and how API records become its rows.

    Attributes:
        name: Table name in every schema that holds it.
        key: Columns that identify a row. Of a child: the parent's key columns, the columns that
            name the element, and `ordinal`.
        columns: Columns in order, without the bookkeeping columns that every table has.
        description: What one row is, for people.
        children: Tables made from nested lists of the same record.
        secrets: Dotted paths that are removed before anything else sees the record.
        parent_key: Of a child: column name to parent column it copies, in order.
        identity: Of a child: the columns that name an element within its parent. Elements that
            are equal in them are told apart by `ordinal` (1, 2, …).
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str
    children: tuple[Child, ...] = ()
    secrets: tuple[str, ...] = ()
    parent_key: dict[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()

    @property
    def is_child(self) -> bool:
        """True for a table made from a nested list of another table's records."""
        return bool(self.parent_key)

    def column(self, name: str) -> Column:
        """Return the column called `name`.

        Raises:
            KeyError: No such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def family(self) -> tuple[Table, ...]:
        """Return this table and all tables made from its records, parents first."""
        return (self, *(grand for child in self.children for grand in child.table.family()))


def snake_case(name: str) -> str:
    """Return Cal.com's camelCase field name as a column name (`timeZone` → `time_zone`)."""
    letters = [("_" + c.lower()) if c.isupper() else c for c in name]
    return "".join(letters).lstrip("_$")


def _column(column_type: ColumnType, path: str, description: str, **options: object) -> Column:
    paths = tuple(path.split("|"))
    name = str(options.pop("name", "")) or "_".join(snake_case(p) for p in paths[0].split("."))
    return Column(name, paths, column_type, description, **options)  # type: ignore[arg-type]


def text(path: str, description: str, **options: object) -> Column:
    """Declare a text column; `path` may list aliases separated by `|`."""
    return _column(ColumnType.TEXT, path, description, **options)


def bigint(path: str, description: str, **options: object) -> Column:
    """Declare a whole-number column."""
    return _column(ColumnType.BIGINT, path, description, **options)


def double(path: str, description: str, **options: object) -> Column:
    """Declare a floating-point column."""
    return _column(ColumnType.DOUBLE, path, description, **options)


def boolean(path: str, description: str, **options: object) -> Column:
    """Declare a true/false column."""
    return _column(ColumnType.BOOLEAN, path, description, **options)


def timestamp(path: str, description: str, **options: object) -> Column:
    """Declare a column of instants (UTC)."""
    return _column(ColumnType.TIMESTAMP, path, description, **options)


def date(path: str, description: str, **options: object) -> Column:
    """Declare a column of calendar dates without a zone."""
    return _column(ColumnType.DATE, path, description, **options)


def json(path: str, description: str, **options: object) -> Column:
    """Declare a column that keeps a free-form object or list as JSON."""
    return _column(ColumnType.JSON, path, description, **options)


ORDINAL = Column(
    "ordinal",
    ("$ordinal",),
    ColumnType.BIGINT,
    "Tells equal elements of one parent apart: 1 for the first, 2 for its repeat.",
    required=True,
)
POSITION = Column(
    "position",
    ("$position",),
    ColumnType.BIGINT,
    "Place in the list as Cal.com sent it, from 0; the order has no stated meaning.",
    hashed=False,
)
META_COLUMNS = (
    Column(
        "_scope",
        (),
        ColumnType.TEXT,
        "The view of Cal.com that brought this row, such as organization:101 or user:1001.",
    ),
    Column("_run_id", (), ColumnType.TEXT, "The run that last wrote this row; see ops.runs."),
    Column("_loaded_at", (), ColumnType.TIMESTAMP, "When Cal.com's answer was read, UTC."),
    Column(
        "_content_hash",
        (),
        ColumnType.TEXT,
        "Digest of everything Cal.com said about this row; two rows with one digest are equal.",
    ),
    Column(
        "_extra",
        (),
        ColumnType.JSON,
        "Fields that this version has no column for, or whose type changed, as they came.",
    ),
)
