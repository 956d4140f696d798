"""Foreign keys of Postgres around a swap: taken off before it, put back after it.

Postgres drops no table that a foreign key points to. The keys are declared `not valid`: checks have
proved the rows before the swap, so Postgres need not read them again; tools see the keys all the
same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms.keys import ForeignKey, Keys
from transforms.relational import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

FOREIGN_KEYS = """
    select
        child_schema.nspname || '.' || child.relname,
        found.conname,
        child_column.attname,
        parent_schema.nspname || '.' || parent.relname,
        parent_column.attname
    from pg_constraint as found
    inner join pg_class as child on found.conrelid = child.oid
    inner join pg_namespace as child_schema on child.relnamespace = child_schema.oid
    inner join pg_class as parent on found.confrelid = parent.oid
    inner join pg_namespace as parent_schema on parent.relnamespace = parent_schema.oid
    inner join pg_attribute as child_column
        on found.conrelid = child_column.attrelid and found.conkey[1] = child_column.attnum
    inner join pg_attribute as parent_column
        on found.confrelid = parent_column.attrelid and found.confkey[1] = parent_column.attnum
    where found.contype = 'f' and cardinality(found.conkey) = 1
"""
"""Child table, constraint, its column, parent table, its column; of keys of one column."""

PRIMARY_KEYS = """
    select parent_schema.nspname || '.' || parent.relname, parent_column.attname
    from pg_constraint as found
    inner join pg_class as parent on found.conrelid = parent.oid
    inner join pg_namespace as parent_schema on parent.relnamespace = parent_schema.oid
    inner join pg_attribute as parent_column
        on found.conrelid = parent_column.attrelid and found.conkey[1] = parent_column.attnum
    where found.contype = 'p' and cardinality(found.conkey) = 1
"""
"""Table and column; of keys of one column."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A foreign key that the database has.

    Attributes:
        child: The table with the column.
        name: The constraint's name.
        key: The column and what it points to.
    """

    child: str
    name: str
    key: ForeignKey

    @property
    def drop(self) -> str:
        """The statement that takes it off."""
        return f"alter table {quoted(self.child)} drop constraint {quoted(self.name)}"


def read_declared(rows: Iterable[Sequence[object]]) -> list[Declared]:
    """Return the rows of `FOREIGN_KEYS`."""
    return [
        Declared(str(child), str(name), ForeignKey(str(column), str(parent), str(key)))
        for child, name, column, parent, key in rows
    ]


def touching(declared: Iterable[Declared], tables: Collection[str]) -> list[Declared]:
    """Return the foreign keys of, and to, some tables."""
    return [key for key in declared if key.child in tables or key.key.table in tables]


def declarations(
    wanted: Mapping[str, Keys], taken_off: Iterable[Declared], primary: Collection[tuple[str, str]]
) -> Iterator[str]:
    """Yield the statements that declare foreign keys after a swap.

    Args:
        wanted: The keys of the tables that were swapped.
        taken_off: Keys that stood in the way of the swap; those of other tables come back.
        primary: Tables and their one-column primary keys as they are now; a foreign key to
            anything else is left out.
    """
    keys = [(table, key) for table, found in wanted.items() for key in found.foreign]
    keys += [(old.child, old.key) for old in taken_off if old.child not in wanted]
    for table, key in dict.fromkeys(keys):
        if (key.table, key.key) in primary:
            yield (
                f"alter table {quoted(table)} add foreign key ({quoted(key.column)}) "
                f"references {quoted(key.table)} ({quoted(key.key)}) not valid"
            )
