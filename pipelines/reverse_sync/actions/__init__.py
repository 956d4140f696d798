"""The 89 writes, declared: how each is read, made safe, seen to be done, and taken back.

To add a write, add its declaration to the module of its entity; the suite then exercises it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import operation
from pipelines.reverse_sync.actions.attributes import ATTRIBUTES
from pipelines.reverse_sync.actions.blind import Blind
from pipelines.reverse_sync.actions.bookings import BOOKINGS
from pipelines.reverse_sync.actions.calendars import CALENDARS
from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion, DeletionOfAll
from pipelines.reverse_sync.actions.event_types import EVENT_TYPES
from pipelines.reverse_sync.actions.model import Action, Asked, asked_by
from pipelines.reverse_sync.actions.people import PEOPLE
from pipelines.reverse_sync.actions.schedules import SCHEDULES
from pipelines.reverse_sync.actions.teams import TEAMS
from pipelines.reverse_sync.actions.webhooks import WEBHOOKS
from pipelines.reverse_sync.live import read_record
from pipelines.reverse_sync.plan import Read
from pipelines.reverse_sync.references import resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.reverse_sync.live import Sender
    from pipelines.reverse_sync.plan import Change, Image, Json

ACTIONS: Final[dict[str, Action]] = {
    action.key: action
    for actions in (
        BOOKINGS,
        EVENT_TYPES,
        SCHEDULES,
        PEOPLE,
        TEAMS,
        WEBHOOKS,
        ATTRIBUTES,
        CALENDARS,
    )
    for action in actions
}

CREATIONS: Final = frozenset(key for key, one in ACTIONS.items() if isinstance(one, Creation))
DELETIONS: Final = frozenset(
    key for key, one in ACTIONS.items() if isinstance(one, Deletion | DeletionOfAll)
)
BLIND: Final = frozenset(key for key, one in ACTIONS.items() if isinstance(one, Blind))


def observe(sender: Sender, change: Change, results: Mapping[str, Mapping[str, Any]]) -> Image:
    """Return a fresh image of a change's target; None where it is not there or nothing shows it.

    Args:
        sender: Sends the reads.
        change: The change.
        results: Kept results by change id, for targets that earlier changes made, and the change's
            own where it is known.

    Raises:
        CalError: The target cannot be read.
        MissingResultError: The target is made by a change that has no result.
    """
    if change.read is None:
        return None
    action, asked = ACTIONS[change.action], asked_by(change)
    read = Read(
        operation=change.read.operation,
        path=resolved(change.read.path, secret=_no_secret, results=results),
        query=resolved(change.read.query, secret=_no_secret, results=results),
        select=resolved(change.read.select, secret=_no_secret, results=results),
    )
    record = read_record(sender, read)
    record = action.seen(sender, asked, record, results.get(change.id, {}))
    return action.image(asked, record)


def result_of(change: Change, data: Json) -> dict[str, Json]:
    """Return what is kept of a write's answer: the declared ids, and nothing else."""
    found = data[0] if isinstance(data, list) and data else data
    if isinstance(found, dict) and isinstance(found.get("user"), dict) and "id" not in found:
        found = found["user"]
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in change.result_fields if name in found}


def result_from_image(change: Change, image: Image) -> dict[str, Json]:
    """Return the result that a read-back shows, for a write whose answer was lost."""
    return ACTIONS[change.action].result_from(image, change.done)


def path_of(change: Change, results: Mapping[str, Mapping[str, Any]]) -> dict[str, Json]:
    """Return the path values of a change's request, results of earlier changes filled in."""
    names = operation(change.action).path_parameters
    target = resolved(change.target, secret=_no_secret, results=results)
    return {name: target[name] for name in names}


def _no_secret(name: str) -> str:
    """Leave it as it is: a target holds no secrets, `change_requests` sees to that."""
    return name


__all__ = [
    "ACTIONS",
    "BLIND",
    "CREATIONS",
    "DELETIONS",
    "Action",
    "Asked",
    "asked_by",
    "observe",
    "path_of",
    "result_from_image",
    "result_of",
]
