"""What an engine must be able to do for a build; everything dialect-specific stays behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

from transforms.keys import NO_KEYS, Keys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

SHADOW = "__shadow"
STATE_SCHEMA = "transforms"
"""Schema of the engine's own table, `versions`: what each model was last built from."""


class Kind(StrEnum):
    """How a model is kept in the warehouse."""

    TABLE = "table"
    VIEW = "view"
    INCREMENTAL_BY_KEY = "incremental_by_key"
    INCREMENTAL_BY_TIME = "incremental_by_time"

    @property
    def is_incremental(self) -> bool:
        """True where a build may replace some partitions and keep the others."""
        return self in {Kind.INCREMENTAL_BY_KEY, Kind.INCREMENTAL_BY_TIME}

    @property
    def relation(self) -> str:
        """The word that SQL has for it: `table` or `view`."""
        return "view" if self is Kind.VIEW else "table"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A model that passed its checks and is about to become visible.

    Attributes:
        name: `schema.name` that readers use.
        kind: View (defined anew over the visible tables) or one of the others, which are tables.
        sql: Of a view, its query over the visible tables, in the engine's dialect; of others ''.
        description: Comment for the table.
        columns: Column → comment.
        partition: Columns by which rows are replaced in place, from the shadows `touched_of` and
            `rows_of`; empty where the shadow takes the table's place as a whole.
        keys: Keys to declare where the engine has them; checks have proved them.
    """

    name: str
    kind: Kind
    sql: str
    description: str
    columns: Mapping[str, str] = field(default_factory=dict)
    partition: tuple[str, ...] = ()
    keys: Keys = NO_KEYS


def shadow_of(name: str) -> str:
    """Return the name under which `schema.name` is built before anybody can read it."""
    return f"{name}{SHADOW}"


def touched_of(name: str) -> str:
    """Return the shadow that holds the partitions of `schema.name` to be replaced."""
    return shadow_of(f"{name}__touched")


def rows_of(name: str) -> str:
    """Return the shadow that holds the new rows of those partitions."""
    return shadow_of(f"{name}__rows")


def gone_of(name: str) -> str:
    """Return the shadow that holds the visible rows of those partitions."""
    return shadow_of(f"{name}__gone")


def changed_of(name: str) -> str:
    """Return the shadow that holds the rows that came to or went from `schema.name`."""
    return shadow_of(f"{name}__changed")


class Engine(Protocol):
    """A warehouse that can build models; every statement it is given is in its own dialect."""

    @property
    def dialect(self) -> str:
        """Name of the SQL dialect, as sqlglot spells it."""
        ...

    @property
    def replaces_partitions(self) -> bool:
        """False where only whole tables can be replaced; incremental models are then rebuilt."""
        ...

    def catalog(self) -> dict[str, dict[str, str]]:
        """Return every table and view as `schema.name` → its columns in order → their types."""
        ...

    def prepare(self, schemas: Collection[str]) -> None:
        """Create missing schemas and drop shadows that an interrupted build left in them."""
        ...

    def create_shadow(self, name: str, kind: Kind, sql: str) -> None:
        """Build the shadow of `name` from a query."""
        ...

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query; instants and wall-clock times as `datetime`."""
        ...

    def swap(self, replacements: Sequence[Replacement], versions: Mapping[str, str]) -> None:
        """Make every shadow visible under its own name, with comments, all or none.

        Args:
            replacements: What becomes visible, in build order.
            versions: Model → text to remember with it, returned by `versions`.
        """
        ...

    def versions(self) -> dict[str, str]:
        """Return the text that the last swap of each model remembered; {} before the first."""
        ...

    def drop_shadows(self, schemas: Collection[str]) -> None:
        """Drop every shadow in these schemas."""
        ...

    def load_rows(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        """Add rows to an existing table; each text is cast to its column's type."""
        ...

    def fork(self) -> Self:
        """Return the same warehouse for use in another thread; `close_fork` ends it."""
        ...

    def close_fork(self) -> None:
        """Stop what runs in this fork and give its resources back."""
        ...
