"""What is declared of a write, so that it can be planned, checked, verified and taken back.

An `Action` is data with a few named functions. Its shape (an update, a creation, a deletion, a
step of a booking, or blind) decides how an image is taken of its target and which conditions make
the change safe, done and undone; see the modules of the shapes. The catalogue says the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cal_source.catalogue import Risk, operation
from pipelines.reverse_sync.plan import (
    Change,
    Condition,
    Effects,
    Flag,
    Image,
    Json,
    Read,
    Repeat,
    Touched,
    Undo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cal_source.catalogue import Operation
    from pipelines.reverse_sync.live import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One write as it was asked for, checked: what a change request and a change have in common."""

    id: str
    action: str
    target: dict[str, Json]
    query: dict[str, Json] = field(default_factory=dict)
    body: dict[str, Json] | None = None

    @property
    def values(self) -> dict[str, Json]:
        """Return the body's fields; none where there is no body."""
        return self.body or {}

    def named(self, name: str) -> Json:
        """Return a value of target or query by name, or of the body as `body.NAME`.

        Raises:
            KeyError: There is none.
        """
        if name.startswith("body."):
            return self.values[name.removeprefix("body.")]
        return self.target[name] if name in self.target else self.query[name]


def asked_by(change: Change) -> Asked:
    """Return what a change asks for."""
    return Asked(
        id=change.id,
        action=change.action,
        target=change.target,
        query=change.query,
        body=change.body,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the target of an action is read.

    Attributes:
        operation: The read; its path is filled from the target.
        path: Of the read's parameters, those that the target has under another name.
        select: Field of a record to the name whose value it must have; for reads that give a list.
        query: Gives the read's query; None for none.
        narrowed: Query parameter to the record's field that a later read may be narrowed by.
        listed: A list whose records are alike, for reading many targets at once; empty: none.
        listed_by: As `select`, in that list.
        listed_lacks: Body fields that the list does not show as the single read does.
    """

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    select: Mapping[str, str] = field(default_factory=dict)
    query: Callable[[Asked], dict[str, Json]] | None = None
    narrowed: Mapping[str, str] = field(default_factory=dict)
    listed: str = ""
    listed_by: Mapping[str, str] = field(default_factory=dict)
    listed_lacks: tuple[str, ...] = ()

    def read(self, asked: Asked) -> Read:
        """Return the read of one target."""
        return Read(
            operation=self.operation,
            path=_path(operation(self.operation), self.path, asked),
            query={} if self.query is None else self.query(asked),
            select={name: asked.named(source) for name, source in self.select.items()},
        )

    def list_read(self, asked: Asked) -> Read | None:
        """Return the read of one target out of a list that covers many; None where none does."""
        if not self.listed or any(name in asked.values for name in self.listed_lacks):
            return None
        return Read(
            operation=self.listed,
            path=_path(operation(self.listed), self.path, asked),
            select={name: asked.named(source) for name, source in self.listed_by.items()},
        )

    def narrow(self, read: Read, asked: Asked, record: Json) -> Read:
        """Return a read that asks for less of a list, now that the record is known."""
        if not isinstance(record, dict):
            return read
        query = {
            name: record[source]
            for name, source in self.narrowed.items()
            if record.get(source) and source not in asked.values
        }
        return Read(
            operation=read.operation,
            path=read.path,
            query={**read.query, **query},
            select=read.select,
        )


def _path(row: Operation, renamed: Mapping[str, str], asked: Asked) -> dict[str, Json]:
    return {name: asked.named(renamed.get(name, name)) for name in row.path_parameters}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a plan fixes about a change before anybody approves it; see `plan.Change`."""

    after: Image
    precondition: tuple[Condition, ...]
    done: tuple[Condition, ...]
    undo: Undo


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a change may not be asked for.

    Attributes:
        field: The field at fault; empty where it is the change as a whole.
        rule: What it breaks.
    """

    field: str
    rule: str


def no_effects(_asked: Asked, _record: Json) -> Effects:
    """Nobody is told and nothing moves."""
    return Effects()


def touches_nobody(_asked: Asked, _record: Json, _now: datetime) -> Touched:
    """No booking and no person is concerned."""
    return Touched()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One write of the catalogue, declared.

    Attributes:
        key: Its key in the catalogue.
        look: How its target is read; None where Cal.com shows it nowhere.
        locators: Names that a request must give besides the path's, because the read needs them.
        repeat: What sending it twice does.
        is_cascading: Other objects change or go with its target.
        deletes_account: It deletes somebody's account.
        effects: Gives what people and systems notice.
        touched: Gives whom and what it concerns.
        losses: What its undo does not bring back, whatever the target.
        result_fields: Fields of the answer that are kept; of an answer with a `user`, of that.
        source: Where the facts come from, beyond the catalogue's row.
    """

    key: str
    look: Look | None = None
    locators: tuple[str, ...] = ()
    repeat: Repeat = Repeat.HARMLESS
    is_cascading: bool = False
    deletes_account: bool = False
    effects: Callable[[Asked, Json], Effects] = no_effects
    touched: Callable[[Asked, Json, datetime], Touched] = touches_nobody
    losses: tuple[str, ...] = ()
    result_fields: tuple[str, ...] = ()
    source: str = ""

    @property
    def operation(self) -> Operation:
        """Return the catalogue's row."""
        return operation(self.key)

    def flags(self, _asked: Asked, _record: Json) -> tuple[Flag, ...]:
        """Return why a change needs more than an ordinary approval."""
        row = self.operation
        raised = {
            Flag.IRREVERSIBLE: row.irreversible,
            Flag.CASCADING: self.is_cascading,
            Flag.PAID: row.risk is Risk.COSTS,
            Flag.ACCOUNT: self.deletes_account,
            Flag.SECRET: row.risk is Risk.SECRET,
        }
        return tuple(flag for flag, is_raised in raised.items() if is_raised)

    def prepared(self, asked: Asked) -> Asked:
        """Return the request as it will be sent."""
        return asked

    def seen(
        self, _sender: Sender, _asked: Asked, record: Json, _result: Mapping[str, Json]
    ) -> Json:
        """Return the record with what a second read must add, where one does."""
        return record

    def result_from(self, _image: Image, _done: tuple[Condition, ...]) -> dict[str, Json]:
        """Return the result that an image shows, for when the answer was lost."""
        return {}

    def image(self, asked: Asked, record: Json) -> Image:
        """Return what a change must know of what its read shows; None where nothing is there."""
        raise NotImplementedError

    def faults(self, _asked: Asked, _record: Json) -> list[Fault]:
        """Return why the change may not be asked for, as the target is."""
        return []

    def is_so(self, _asked: Asked, _image: Image) -> bool:
        """Return whether the target is as asked for, where `done` alone cannot tell."""
        return False

    def freeze(self, asked: Asked, image: Image, record: Json) -> Frozen:
        """Return what the plan fixes about the change."""
        raise NotImplementedError


def path_values(action: str, asked: Asked, given: Mapping[str, Any]) -> dict[str, Json]:
    """Return the target of another action: the same path values, with those given in place."""
    names = operation(action).path_parameters
    known = {name: asked.target[name] for name in names if name in asked.target}
    return known | dict(given)
