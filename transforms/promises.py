"""What a check promises, as data: for keys, documents and exports, which say it in other words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transforms.keys import NO_KEYS, ForeignKey, Keys
from transforms.model import DESCRIBED_LAYERS
from transforms.trace import Origin

if TYPE_CHECKING:
    from transforms.checks import Check
    from transforms.model import Model
    from transforms.project import Project

_WRITTEN = re.compile(r"^(?P<kind>\w+)\s*\((?P<body>.*)\)$", re.DOTALL)
_OF_COLUMNS = frozenset({"not_null", "unique"})


@dataclass(frozen=True, slots=True)
class Promise:
    """A check by its parts.

    Attributes:
        kind: Its first word, such as `not_null`.
        columns: The model's columns that it is about; empty where it says more than names.
        values: Of `accepted_values`, the values.
        target: Of `relationships`, the column that has to hold each value.
        is_blocking: False where a failure only warns.
    """

    kind: str
    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    target: Origin | None = None
    is_blocking: bool = True


def read_promise(check: Check) -> Promise:
    """Return a well-formed check by its parts."""
    match = _WRITTEN.match(check.name)
    kind, body = (match["kind"], match["body"]) if match else (check.name, "")
    promise = Promise(kind, (), is_blocking=check.blocking)
    if kind == "accepted_values":
        column, _, listed = body.partition(":")
        values = tuple(value.strip("'") for value in _names(listed))
        return replace(promise, columns=_names(column), values=values)
    if kind == "relationships":
        column, _, other = body.partition("->")
        table, _, key = other.strip().rpartition(".")
        return replace(promise, columns=_names(column), target=Origin(table, key))
    return replace(promise, columns=_names(body)) if kind in _OF_COLUMNS else promise


def model_keys(model: Model, project: Project) -> Keys:
    """Return the keys of a model.

    Its grain is checked to be unique and never NULL, so it is the primary key. A `relationships`
    check that blocks, to the grain of another model, is a foreign key.
    """
    promises = (read_promise(check) for check in model.checks if check.blocking)
    foreign = (
        ForeignKey(promise.columns[0], promise.target.table, promise.target.column)
        for promise in promises
        if promise.target is not None and _is_grain(promise.target, project)
    )
    return Keys(model.header.grain, tuple(foreign))


def declared_keys(model: Model, project: Project) -> Keys:
    """Return the keys that the warehouse is told: those of the layer that people read.

    Inner layers go without: an index on each of their tables would cost a build more than it tells.
    """
    layer = model.name.partition(".")[0]
    return model_keys(model, project) if layer in DESCRIBED_LAYERS else NO_KEYS


def _is_grain(column: Origin, project: Project) -> bool:
    model = project.models.get(column.table)
    return model is not None and model.header.grain == (column.column,)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
