"""Names, texts and keys inside SQL statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cal_source.tables import Table


def quoted(*parts: str) -> str:
    """Return a dotted identifier with every part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def quoted_list(names: Sequence[str]) -> str:
    """Return identifiers, each quoted, separated by commas."""
    return ", ".join(quoted(name) for name in names)


def literal(value: str) -> str:
    """Return a text as a SQL literal, for statements that take no parameters."""
    return "'" + value.replace("'", "''") + "'"


def are_same(names: Iterable[str], one: str, other: str) -> str:
    """Return the condition that rows `one` and `other` have the same values in some columns."""
    return " and ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in names)


def is_of(member: Table, row: str, parent: str) -> str:
    """Return the condition that row `row` of a member belongs to the root's row `parent`."""
    key = member.parent_key or {name: name for name in member.key}
    return " and ".join(f"{row}.{quoted(c)} = {parent}.{quoted(p)}" for c, p in key.items())
