"""Writes that give an existing object other values (PATCH and the like).

Image: the fields that the body names, as the read shows them, under the body's names. The write is
safe while they are as they were when it was approved, done when they are as asked for, and undone
by the same write with the former values, as far as Cal.com takes them. Fields of a body that no
read shows cannot be verified; the undo says so.

Source: BEHAVIOUR.md 7.3 to 7.6 (row "location, PATCHes"): the content equals the approved base.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.reverse_sync.actions.bodies import acceptable
from pipelines.reverse_sync.actions.model import Action, Asked, Frozen, path_values
from pipelines.reverse_sync.plan import Condition, Image, Json, Rule, Undo, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NOTHING: Final = object()


def whole(_asked: Asked, record: Json) -> Json:
    """Take the whole answer as the record."""
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Action):
    """A write that gives an object other values.

    Attributes:
        shown_as: Body field to the place in the record that shows it, dotted, where another.
        wanted_as: Body field to the function that gives its value as a read shows it.
        given_back_as: Body field to the function that makes a body's value of a shown one.
        always: Fields that the write needs although they do not change.
        secrets: Fields whose values are kept as fingerprints.
        pick: Takes the record out of the answer; None where it is not there.
    """

    shown_as: Mapping[str, str] = field(default_factory=dict)
    wanted_as: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    given_back_as: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    always: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    pick: Callable[[Asked, Json], Json] = whole

    def image(self, asked: Asked, record: Json) -> Image:
        """Return the fields of the body as they are."""
        record = self.pick(asked, record)
        if record is None:
            return None
        image: dict[str, Json] = {}
        for name in dict.fromkeys([*asked.values, *self.always]):
            value = _at(record, self.shown_as.get(name, name))
            if value is not _NOTHING:
                is_secret = name in self.secrets and value is not None
                image[name] = fingerprint(str(value)) if is_secret else value
        return image

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze the former values as condition, the new ones as the sign that it is done."""
        before = image or {}
        after = {
            name: self.wanted_as[name](value) if name in self.wanted_as else value
            for name, value in asked.values.items()
            if name in before
        }
        return Frozen(
            after=after,
            precondition=(
                Condition(rule=Rule.PRESENT),
                *(Condition(field=n, rule=Rule.IS, value=before[n]) for n in after),
            ),
            done=tuple(Condition(field=n, rule=Rule.MATCHES, value=v) for n, v in after.items()),
            undo=self._undo(asked, before),
        )

    def _undo(self, asked: Asked, before: dict[str, Json]) -> Undo:
        losses = list(self.losses)
        unseen = [name for name in asked.values if name not in before]
        if unseen:
            losses.append(f"former {', '.join(unseen)}: no read shows it")
        secret = [name for name in self.secrets if name in asked.values and name in before]
        if secret:
            losses.append(f"former {', '.join(secret)}: secrets are not kept; give it again")
        former = {
            name: self.given_back_as[name](value) if name in self.given_back_as else value
            for name, value in before.items()
            if name not in secret
        }
        body, left_out = acceptable(self.key, former)
        if left_out:
            losses.append(f"former {', '.join(left_out)}: Cal.com does not take back what it was")
        changed = {n for n in asked.values if n in former and asked.values[n] != former[n]}
        if body is None or not changed & body.keys():
            return Undo(losses=tuple(losses) or ("nothing of it can be given back",))
        target = path_values(self.key, asked, asked.target)
        return Undo(action=self.key, target=target, body=body, losses=tuple(losses))


def _at(record: Json, place: str) -> Json:
    """Return what stands at a dotted place; a number is a position in a list."""
    here = record
    for step in place.split("."):
        if isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        elif isinstance(here, dict) and step in here:
            here = here[step]
        else:
            return _NOTHING
    return here
