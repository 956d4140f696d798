"""How a model differs from what was built last: in words only, in promises, or in its result."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from transforms.header import Entry, Header

if TYPE_CHECKING:
    from collections.abc import Collection

    from transforms.model import Model
    from transforms.trace import QueryTrace

_PROMISES = frozenset({"grain"})  # checks and warnings are compared as compiled
_WORDS = frozenset({"description", "sources", "metrics", "times", "decisions", "tags"})
_APART = frozenset({"model", "checks", "warnings"})


class Change(StrEnum):
    """What became of a model since it was built, the gravest thing that is true."""

    UNCHANGED = "unchanged"
    FORMATTED = "formatted"  # layout, comments between lines, names of CTEs and aliases
    DESCRIBED = "described"  # descriptions and metrics: comments in the warehouse
    PROMISED = "promised"  # checks or grain: what is checked
    STORED = "stored"  # view or table, and how it is kept up to date
    EXTENDED = "extended"  # columns added behind the others
    BREAKING = "breaking"  # columns or rows that readers rely on
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ModelChange:
    """The difference between a model and its last build.

    Attributes:
        change: The gravest difference.
        rows: True when other rows may be there: tables, conditions, joins or groups differ.
        added: Columns that are new.
        removed: Columns that are gone.
        changed: Columns that mean something else.
        moved: Columns that stand elsewhere, which matters to readers that go by place.
        reasons: The differences in words.
    """

    change: Change
    rows: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def is_visible(self) -> bool:
        """False where the warehouse is what the file says: nothing, or layout only, differs."""
        return self.change not in {Change.UNCHANGED, Change.FORMATTED}


NEW = ModelChange(Change.NEW, rows=True, reasons=("it was never built here",))


def compare_models(
    old: Model, new: Model, old_trace: QueryTrace, new_trace: QueryTrace
) -> ModelChange:
    """Say how `new` differs from `old`.

    Args:
        old: The model as it was built.
        new: The model as the file has it.
        old_trace: Where the old one's rows and columns come from, by the tables of that time.
        new_trace: The same of the new one, by the tables of today.
    """
    before = {name: trace.digest for name, trace in old_trace.columns.items()}
    after = {name: trace.digest for name, trace in new_trace.columns.items()}
    kept = [name for name in before if name in after]
    added = tuple(name for name in after if name not in before)
    removed = tuple(name for name in before if name not in after)
    changed = tuple(name for name in kept if before[name] != after[name])
    # where each kept column stands: removing one moves nothing among those that stay
    order = [name for name in after if name in before]
    moved = tuple(n for n, other in zip(order, kept, strict=True) if n != other)
    inserted = list(after)[: len(order)] != order
    rows = old_trace.rows.digest != new_trace.rows.digest
    found = [
        (Change.BREAKING, rows, "other rows: its tables, conditions, joins or groups differ"),
        (Change.BREAKING, removed, f"without {_listed(removed)}"),
        (Change.BREAKING, changed, f"another meaning of {_listed(changed)}"),
        (Change.BREAKING, moved, f"another place of {_listed(moved)}"),
        (Change.BREAKING, added and inserted, f"{_listed(added)} in front of older columns"),
        (Change.EXTENDED, added and not inserted, f"{_listed(added)} added at the end"),
        (Change.STORED, _stored(old.header) != _stored(new.header), _storage_reason(old, new)),
        (Change.PROMISED, _promises(old) != _promises(new), "its checks or grain"),
        (Change.DESCRIBED, _words(old) != _words(new), "its descriptions"),
        (Change.FORMATTED, old.text != new.text, "layout and inner names only"),
    ]
    true = [(change, reason) for change, is_so, reason in found if is_so]
    if not true:
        return ModelChange(Change.UNCHANGED)
    reasons = tuple(reason for change, reason in true if change is not Change.FORMATTED)
    return ModelChange(true[0][0], rows, added, removed, changed, moved, reasons or (true[0][1],))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _promises(model: Model) -> object:
    checks = {(check.name, check.blocking) for check in model.checks}
    return checks, _header_values(model.header, _PROMISES)


def _words(model: Model) -> object:
    described = {column.name: column.description for column in model.columns}
    return described, _header_values(model.header, _WORDS)


# Whatever else a header says decides how rows are kept.
def _stored(header: Header) -> dict[str, object]:
    names = {field.name for field in fields(header) if not field.name.endswith("_line")}
    return _header_values(header, names - _PROMISES - _WORDS - _APART)


def _storage_reason(old: Model, new: Model) -> str:
    before, after = old.header.materialized, new.header.materialized
    if before is after:
        return f"how the {after} is kept up to date"
    return f"{before} becomes {after}"


def _header_values(header: Header, names: Collection[str]) -> dict[str, object]:
    return {name: _without_lines(getattr(header, name)) for name in sorted(names)}


def _without_lines(value: object) -> object:
    """A header's value by what it says, not by where it stands."""
    if isinstance(value, Entry):
        return value.value
    if isinstance(value, tuple):
        return tuple(_without_lines(item) for item in value)
    if isinstance(value, dict):
        return {key: _without_lines(item) for key, item in value.items()}
    return value
