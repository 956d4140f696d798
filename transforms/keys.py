"""Keys that a warehouse is told about, for the tools and people that read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Each value of a column is NULL or the key of a row of another table.

    Attributes:
        column: The column.
        table: The other table, `schema.name`.
        key: Its key, one column.
    """

    column: str
    table: str
    key: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a table.

    Attributes:
        primary: Columns that together name a row.
        foreign: Columns that name rows of other tables.
    """

    primary: tuple[str, ...] = ()
    foreign: tuple[ForeignKey, ...] = ()


NO_KEYS = Keys()
