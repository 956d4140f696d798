"""What an engine must be able to do for a build; everything dialect-specific stays behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

SHADOW = "__shadow"


class Kind(StrEnum):
    """How a model is kept in the warehouse."""

    TABLE = "table"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A model that passed its checks and is about to become visible.

    Attributes:
        name: `schema.name` that readers use.
        kind: Table (its shadow is renamed) or view (defined anew over the visible tables).
        sql: The model's query over the visible tables, in the engine's dialect.
        description: Comment for the table.
        columns: Column → comment.
    """

    name: str
    kind: Kind
    sql: str
    description: str
    columns: Mapping[str, str] = field(default_factory=dict)


def shadow_of(name: str) -> str:
    """Return the name under which `schema.name` is built before anybody can read it."""
    return f"{name}{SHADOW}"


class Engine(Protocol):
    """A warehouse that can build models; every statement it is given is in its own dialect."""

    @property
    def dialect(self) -> str:
        """Name of the SQL dialect, as sqlglot spells it."""
        ...

    def catalog(self) -> dict[str, tuple[str, ...]]:
        """Return every table and view as `schema.name` → its columns in order."""
        ...

    def prepare(self, schemas: Collection[str]) -> None:
        """Create missing schemas and drop shadows that an interrupted build left in them."""
        ...

    def create_shadow(self, name: str, kind: Kind, sql: str) -> None:
        """Build the shadow of `name` from a query."""
        ...

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return all rows of a query."""
        ...

    def swap(self, replacements: Sequence[Replacement]) -> None:
        """Make every shadow visible under its own name, with comments, all or none."""
        ...

    def drop_shadows(self, schemas: Collection[str]) -> None:
        """Drop every shadow in these schemas."""
        ...

    def load_rows(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        """Add rows to an existing table; each text is cast to its column's type."""
        ...
