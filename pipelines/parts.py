"""What a warehouse publishes, cut into parts, and a digest of each part's rows.

Whoever keeps a copy elsewhere (a lake, a warehouse of many accounts) remembers the digests and
copies the parts whose digest is another one now. `_run_id` and `_loaded_at` are left out of the
digest: reading a row again that did not change moves them, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.tables import TABLES
from pipelines.sql_text import is_of, literal, quoted, quoted_list
from pipelines.warehouse.tables import Holds, iter_declared

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pipelines.warehouse import Warehouse
    from pipelines.warehouse.tables import Declared

_NOT_CONTENT: Final = ("_run_id", "_loaded_at")
_MONTH: Final = "cast(cast(date_trunc('month', {}) as date) as varchar)"


@dataclass(frozen=True, slots=True)
class Relation:
    """A table to be copied.

    Attributes:
        schema: Its schema.
        table: Its name.
        columns: Its columns, in order.
        key: What its rows are sorted by within a part; empty where it has no key.
        source: What stands behind `from`; the table is `r` there.
        part: Expression that gives a row's part; empty: it is one part.
        part_name: What the parts are called.
    """

    schema: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    source: str = ""
    part: str = ""
    part_name: str = ""

    @property
    def name(self) -> str:
        """Schema and table."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class Part:
    """What a part holds.

    Attributes:
        rows: How many.
        digest: Differs when any value of them differs.
    """

    rows: int
    digest: str


def raw_relations(warehouse: Warehouse, *, by_month: bool = False) -> list[Relation]:
    """Return the raw tables and their versions, as far as the warehouse has them.

    Args:
        warehouse: The open warehouse.
        by_month: Cut bookings and their nested lists by the month in which the booking starts, and
            instead of the tables of old versions take whole histories, cut into versions that are
            so now and, by the month of their end, those that are no more. The latter never change.
    """
    found = columns_of(warehouse, "raw")
    left_out = Holds.OLD_VERSIONS if by_month else Holds.HISTORY
    relations = []
    for declared in iter_declared():
        columns = found.get(declared.table.name, ())
        if declared.schema == "raw" and columns and declared.holds is not left_out:
            names = tuple(c.name for c in declared.columns if c.name in columns)
            relations.append(_raw_relation(declared, names, by_month=by_month))
    return relations


def relations_of(warehouse: Warehouse, schema: str) -> list[Relation]:
    """Return every table and view of a schema, whole."""
    return [
        Relation(schema, table, columns, source=f"{quoted(schema, table)} as r")
        for table, columns in columns_of(warehouse, schema).items()
    ]


def columns_of(warehouse: Warehouse, schema: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table and view of a schema, by name."""
    found: dict[str, tuple[str, ...]] = {}
    for row in warehouse.rows(
        "select table_name, column_name from information_schema.columns where "
        "table_schema = $schema and table_catalog = current_database() "
        "order by table_name, ordinal_position",
        {"schema": schema},
    ):
        found[row["table_name"]] = (*found.get(row["table_name"], ()), row["column_name"])
    return found


def read_parts(warehouse: Warehouse, relation: Relation) -> dict[str | None, Part]:
    """Return the parts that a table has now, by name; None is a part of its own."""
    content = quoted_list([c for c in relation.columns if c not in _NOT_CONTENT])
    values = ", ".join(f"r.{name}" for name in content.split(", "))
    digest = f"cast(sum({warehouse.dialect.row_hash.format(values)}) as varchar)"
    return {
        row["part"]: Part(row["row_count"], row["digest"])
        for row in warehouse.rows(
            f"select {relation.part or 'null'} as part, count(*) as row_count, {digest} as digest "
            f"from {relation.source} group by 1"
        )
    }


def rows_query(
    relation: Relation,
    parts: Collection[str | None],
    *,
    given: Mapping[str, str] | None = None,
    renamed: Callable[[str], str] = str,
) -> str:
    """Return the query for the rows of some parts.

    Its columns are `given`, the relation's, and `part`, by which the rows are sorted first.

    Args:
        relation: The table.
        parts: The parts.
        given: Texts to put before the columns, by the name of their column.
        renamed: Gives a column's name in the answer.
    """
    part = relation.part or "cast(null as varchar)"
    chosen = [literal(name) for name in parts if name is not None]
    conditions = [f"{part} in ({', '.join(chosen)})"] if chosen else []
    conditions += [f"{part} is null"] if None in parts else []
    listed = [f"{literal(value)} as {quoted(name)}" for name, value in (given or {}).items()]
    listed += [f"r.{quoted(name)} as {quoted(renamed(name))}" for name in relation.columns]
    order = ["part", *(f"r.{quoted(name)}" for name in relation.key)]
    return (
        f"select {', '.join(listed)}, {part} as part from {relation.source} "
        f"where {' or '.join(conditions) or 'false'} order by {', '.join(order)}"
    )


def _raw_relation(declared: Declared, columns: tuple[str, ...], *, by_month: bool) -> Relation:
    table = declared.table
    source, month, name = f"{declared.name} as r", "", ""
    if by_month and (start := _start_of_booking(declared.of)):
        joined, instant = start
        source, month, name = source + joined, _MONTH.format(instant), "start_month"
    key = table.key
    if declared.holds is not Holds.ROWS:
        key = (*key, "valid_from", "_content_hash")
        if by_month:
            ended = f"concat('closed-', {_MONTH.format('r.valid_to')})"
            open_part = f"concat('open-', {month})" if month else "'open'"
            month, name = f"case when r.valid_to is null then {open_part} else {ended} end", "part"
    return Relation(declared.schema, table.name, columns, key, source, month, name)


def _start_of_booking(table: str) -> tuple[str, str] | None:
    """Return the join to a row's booking and the booking's start; None for other tables."""
    bookings = TABLES["bookings"]
    if table == bookings.name:
        return "", "r.start"
    for member in bookings.family():
        if member.name == table:
            return f" left join raw.bookings as b on {is_of(member, 'r', 'b')}", "b.start"
    return None
