"""Writes that make a new object.

Image: the ids of the objects that are like the one asked for. Nothing is unique at Cal.com unless
said so, so a creation is looked for before it is sent and after: it is done when the list of its
likes has gained exactly one. Undone by the deletion, where there is one among the actions.

Source: BEHAVIOUR.md 7.1 (no idempotency key), 7.6 (row "create": search before a retry).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.reverse_sync.actions.model import Action, Asked, Fault, Frozen, path_values
from pipelines.reverse_sync.conditions import gained, matches
from pipelines.reverse_sync.plan import (
    REFERENCE_PREFIX,
    RESULT_PREFIX,
    Condition,
    Image,
    Json,
    Rule,
    Undo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MATCHING: Final = "matching"
OWN_RESULT: Final = f"{RESULT_PREFIX}."


def as_listed(_asked: Asked, answer: Json) -> Iterable[Json]:
    """Take the entries of the answer, which is a list."""
    return answer or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation(Action):
    """A write that makes a new object.

    Attributes:
        likes: Body field to the record's field that makes a record the same thing. Empty: every
            field of the body, so that only an equal one counts.
        like: Decides it instead of `likes`, where fields are not compared one to one.
        entries: Takes the records out of the answer.
        shown_otherwise: Body fields that a read shows in other words.
        identity: Field of a record that is its id.
        result_name: Field of the answer that holds that id, where it has another name.
        undo_action: The deletion; empty without one.
        undo_target: Path name of the deletion to the field of this write's result.
        undo_query: Query name of the deletion to the body's field.
        undo_body: Body of the deletion; `result:.FIELD` stands for this write's result.
    """

    likes: Mapping[str, str] = field(default_factory=dict)
    like: Callable[[Asked, Json], bool] | None = None
    entries: Callable[[Asked, Json], Iterable[Json]] = as_listed
    shown_otherwise: tuple[str, ...] = ()
    identity: str = "id"
    result_name: str = ""
    undo_action: str = ""
    undo_target: Mapping[str, str] = field(default_factory=dict)
    undo_path: Mapping[str, Any] = field(default_factory=dict)
    undo_query: tuple[str, ...] = ()
    undo_body: Mapping[str, Any] | None = None
    result_fields: tuple[str, ...] = ("id",)

    def image(self, asked: Asked, record: Json) -> Image:
        """Return the ids of the objects that are like it."""
        found = [entry[self.identity] for entry in self._likes_of(asked, record)]
        return {MATCHING: sorted(found, key=str)}

    def faults(self, asked: Asked, record: Json) -> list[Fault]:
        """Return each field in which the object that is there already is another."""
        if not self.likes:
            return []
        return [
            Fault(name, "is another value on the one that is there already; change that one")
            for entry in self._likes_of(asked, record)
            for name, value in asked.values.items()
            if name in entry
            and name not in self.shown_otherwise
            and not is_reference(value)
            and not matches(value, entry[name])
        ]

    def is_so(self, _asked: Asked, image: Image) -> bool:
        """Return whether there is one already."""
        return bool(image and image[MATCHING])

    def made(self, result: Mapping[str, Json]) -> Json:
        """Return the id of what was made, by the result that is kept; None where none is."""
        return result.get(self.result_name or self.identity)

    def result_from(self, image: Image, done: tuple[Condition, ...]) -> dict[str, Json]:
        """Return the id of the one that the list of its likes has gained."""
        new = [gained(condition, image) for condition in done if condition.rule is Rule.GAINED]
        name = self.result_name or self.identity
        return {name: new[0]} if new and new[0] is not None else {}

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze that there is none, and that there will be one."""
        before = (image or {MATCHING: []})[MATCHING]
        return Frozen(
            after=None,
            precondition=(Condition(field=MATCHING, rule=Rule.IS, value=before),),
            done=(Condition(field=MATCHING, rule=Rule.GAINED, value=before),),
            undo=self._undo(asked),
        )

    def _likes_of(self, asked: Asked, answer: Json) -> list[Json]:
        return [entry for entry in self.entries(asked, answer) if self._is_like(asked, entry)]

    def _is_like(self, asked: Asked, entry: Json) -> bool:
        if self.like is not None:
            return self.like(asked, entry)
        names = self.likes or {name: name for name in asked.values}
        return all(
            matches(asked.values[name], entry.get(shown))
            for name, shown in names.items()
            if name in asked.values and (self.likes or shown in entry)
        )

    def _undo(self, asked: Asked) -> Undo:
        if not self.undo_action:
            return Undo(losses=self.losses or ("no action takes it back",))
        made = {name: OWN_RESULT + place for name, place in self.undo_target.items()}
        return Undo(
            action=self.undo_action,
            target=path_values(self.undo_action, asked, {**self.undo_path, **made}),
            query={name: asked.values[name] for name in self.undo_query if name in asked.values},
            body=None if self.undo_body is None else dict(self.undo_body),
            losses=self.losses,
        )


def is_reference(value: Json) -> bool:
    """Return whether a value is filled in later, so that it cannot be compared."""
    return isinstance(value, str) and value.startswith((REFERENCE_PREFIX, RESULT_PREFIX))
