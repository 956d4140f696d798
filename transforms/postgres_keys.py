"""Foreign keys of Postgres around a swap: taken off before it, put back after it.

Postgres drops no table that a foreign key points to. The keys are declared `not valid`: checks have
proved the rows before the swap, so Postgres need not read them again; tools see the keys all the
same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms.relational import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from transforms.keys import Keys

PrimaryKeys = dict[str, frozenset[str]]

_COLUMNS = """
    (
        select string_agg(a.attname, ',')
        from pg_attribute as a
        where a.attrelid = {table} and a.attnum = any({columns})
    )
"""
FOREIGN_KEYS = f"""
    select
        child_schema.nspname || '.' || child.relname,
        found.conname,
        pg_get_constraintdef(found.oid),
        parent_schema.nspname || '.' || parent.relname,
        {_COLUMNS.format(table="found.confrelid", columns="found.confkey")}
    from pg_constraint as found
    inner join pg_class as child on found.conrelid = child.oid
    inner join pg_namespace as child_schema on child.relnamespace = child_schema.oid
    inner join pg_class as parent on found.confrelid = parent.oid
    inner join pg_namespace as parent_schema on parent.relnamespace = parent_schema.oid
    where found.contype = 'f'
"""
"""Table with the key, constraint, its definition, the table it points to, columns there."""

PRIMARY_KEYS = f"""
    select
        owner_schema.nspname || '.' || owner.relname,
        {_COLUMNS.format(table="found.conrelid", columns="found.conkey")}
    from pg_constraint as found
    inner join pg_class as owner on found.conrelid = owner.oid
    inner join pg_namespace as owner_schema on owner.relnamespace = owner_schema.oid
    where found.contype = 'p'
"""
"""Table and the columns of its primary key."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A foreign key that the database has.

    Attributes:
        child: The table with the key.
        name: The constraint's name.
        definition: What follows its name in SQL.
        parent: The table that it points to.
        columns: The columns there.
    """

    child: str
    name: str
    definition: str
    parent: str
    columns: frozenset[str]

    @property
    def drop(self) -> str:
        """The statement that takes it off."""
        return f"alter table {quoted(self.child)} drop constraint {quoted(self.name)}"

    @property
    def add(self) -> str:
        """The statement that puts it back without reading the rows."""
        definition = f"{self.definition.removesuffix(' NOT VALID')} not valid"
        return f"alter table {quoted(self.child)} add constraint {quoted(self.name)} {definition}"


def read_declared(rows: Iterable[Sequence[object]]) -> list[Declared]:
    """Return the rows of `FOREIGN_KEYS`."""
    texts = ([str(value) for value in row] for row in rows)
    return [
        Declared(child, name, definition, parent, frozenset(columns.split(",")))
        for child, name, definition, parent, columns in texts
    ]


def read_primary(rows: Iterable[Sequence[object]]) -> PrimaryKeys:
    """Return the rows of `PRIMARY_KEYS`."""
    return {str(table): frozenset(str(columns).split(",")) for table, columns in rows}


def touching(declared: Iterable[Declared], tables: Collection[str]) -> list[Declared]:
    """Return the foreign keys of, and to, some tables."""
    return [key for key in declared if key.child in tables or key.parent in tables]


def declarations(
    wanted: Mapping[str, Keys], taken_off: Iterable[Declared], primary: PrimaryKeys
) -> Iterator[str]:
    """Yield the statements that declare foreign keys after a swap.

    Args:
        wanted: The keys of the tables that were swapped.
        taken_off: Keys that stood in the way of the swap; those of other tables come back.
        primary: Primary keys as they are now; a foreign key to anything else is left out.
    """
    for old in taken_off:
        if old.child not in wanted and primary.get(old.parent) == old.columns:
            yield old.add
    for table, keys in wanted.items():
        for key in keys.foreign:
            if primary.get(key.table) == frozenset({key.key}):
                yield (
                    f"alter table {quoted(table)} add foreign key ({quoted(key.column)}) "
                    f"references {quoted(key.table)} ({quoted(key.key)}) not valid"
                )
