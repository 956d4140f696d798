"""Writes whose effect no read shows: calls, tokens, codes, reservations.

There is nothing to compare before, nothing to see after. Sent once; when the outcome is not known,
a person has to find out.

Source: BEHAVIOUR.md 7.6 (row "reassign auto": cannot be told, not retry-safe).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.reverse_sync.actions.creations import OWN_RESULT
from pipelines.reverse_sync.actions.model import Action, Asked, Frozen
from pipelines.reverse_sync.plan import Image, Json, Undo

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind(Action):
    """A write whose effect no read shows.

    Attributes:
        undo_action: What takes it back; empty where nothing does.
        undo_target: Path name of that to the field of this write's result.
    """

    undo_action: str = ""
    undo_target: Mapping[str, str] = field(default_factory=dict)

    def image(self, _asked: Asked, _record: Json) -> Image:
        """Return nothing: there is nothing to see."""
        return None

    def freeze(self, _asked: Asked, _image: Image, _record: Json) -> Frozen:
        """Freeze what can be said without a read."""
        undo = Undo(losses=self.losses or ("nothing takes it back",))
        if self.undo_action:
            target = {name: OWN_RESULT + place for name, place in self.undo_target.items()}
            undo = Undo(action=self.undo_action, target=target, losses=self.losses)
        return Frozen(after=None, precondition=(), done=(), undo=undo)
