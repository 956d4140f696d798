"""Writes that remove an object.

Image: the object as the read shows it, secrets as fingerprints. The write is safe while all of it
is as it was when it was approved, done when it is gone, and undone, where that goes at all, by
making an object like it: with a new id, and without what went with it.

Source: BEHAVIOUR.md 7.6 (row "event type / user delete": the sign is 404).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.reverse_sync.actions.bodies import acceptable
from pipelines.reverse_sync.actions.model import Action, Asked, Frozen, path_values
from pipelines.reverse_sync.actions.updates import whole
from pipelines.reverse_sync.plan import (
    Condition,
    Image,
    Json,
    Rule,
    Undo,
    content_digest,
    fingerprint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion(Action):
    """A write that removes an object.

    Attributes:
        pick: Takes the record out of the answer; None where it is not there.
        volatile: Fields that change by themselves.
        secrets: Fields that are kept as fingerprints.
        undo_action: The creation; empty where nothing brings it back.
        undo_target: Path name of the creation to the record's field.
        undo_fields: Body field of the creation to the place in the image; empty: all of the image.
        undo_defaults: Body fields of the creation that no read shows.
    """

    pick: Callable[[Asked, Json], Json] = whole
    volatile: tuple[str, ...] = ("updatedAt",)
    secrets: tuple[str, ...] = ()
    undo_action: str = ""
    undo_target: Mapping[str, str] = field(default_factory=dict)
    undo_fields: Mapping[str, str] = field(default_factory=dict)
    undo_defaults: Mapping[str, Any] = field(default_factory=dict)

    def image(self, asked: Asked, record: Json) -> Image:
        """Return the object as it is."""
        found = self.pick(asked, record)
        if found is None:
            return None
        return {
            name: fingerprint(str(value)) if name in self.secrets and value else value
            for name, value in found.items()
            if name not in self.volatile
        }

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze that it is unchanged, and that it will be gone."""
        return Frozen(
            after=None,
            precondition=(
                Condition(rule=Rule.PRESENT),
                Condition(rule=Rule.UNCHANGED, value=content_digest(image)),
            ),
            done=(Condition(rule=Rule.ABSENT),),
            undo=self._undo(asked, image or {}),
        )

    def _undo(self, asked: Asked, image: dict[str, Json]) -> Undo:
        if not self.undo_action:
            return Undo(losses=self.losses or ("nothing brings it back",))
        names = self.undo_fields or {name: name for name in image}
        shown = {n: image[place] for n, place in names.items() if image.get(place) is not None}
        for name in self.secrets:
            shown.pop(name, None)
        body, left_out = acceptable(self.undo_action, {**self.undo_defaults, **shown})
        if body is None and self.undo_fields:
            return Undo(losses=(*self.losses, "what is left of it makes no new one"))
        given = {name: image[place] for name, place in self.undo_target.items()}
        losses = [*self.losses]
        if left_out:
            losses.append(f"its {', '.join(left_out)}: Cal.com does not take back what it was")
        return Undo(
            action=self.undo_action,
            target=path_values(self.undo_action, asked, given),
            body=body or None,
            losses=tuple(losses),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionOfAll(Action):
    """A write that empties a list.

    Attributes:
        secrets: Fields of the entries that are kept as fingerprints.
        undo_action: The creation of one entry; empty where nothing brings them back.
    """

    secrets: tuple[str, ...] = ()
    undo_action: str = ""

    def image(self, _asked: Asked, record: Json) -> Image:
        """Return all entries."""
        return {
            "entries": [
                {
                    name: fingerprint(str(value)) if name in self.secrets and value else value
                    for name, value in entry.items()
                }
                for entry in sorted(record or (), key=lambda entry: str(entry["id"]))
            ]
        }

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze the entries, and that there will be none."""
        return Frozen(
            after={"entries": []},
            precondition=(Condition(rule=Rule.UNCHANGED, value=content_digest(image)),),
            done=(Condition(field="entries", rule=Rule.IS, value=[]),),
            undo=self._undo(asked, (image or {"entries": []})["entries"]),
        )

    def _undo(self, asked: Asked, entries: list[dict[str, Json]]) -> Undo:
        undos = []
        for entry in entries if self.undo_action else ():
            kept = {n: v for n, v in entry.items() if n not in self.secrets and v is not None}
            body, _ = acceptable(self.undo_action, kept)
            if body is not None:
                target = path_values(self.undo_action, asked, {})
                undos.append(Undo(action=self.undo_action, target=target, body=body))
        if not undos:
            return Undo(losses=self.losses or ("nothing brings them back",))
        first, *further = undos
        return Undo(
            action=first.action,
            target=first.target,
            body=first.body,
            losses=self.losses,
            further=tuple(further),
        )
