"""Names and texts inside SQL statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def quoted(*parts: str) -> str:
    """Return a dotted identifier with every part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def quoted_list(names: Sequence[str]) -> str:
    """Return identifiers, each quoted, separated by commas."""
    return ", ".join(quoted(name) for name in names)


def literal(value: str) -> str:
    """Return a text as a SQL literal, for statements that take no parameters."""
    return "'" + value.replace("'", "''") + "'"
