"""The inverse of an applied plan: change requests that take back what this program did.

Only changes that it made itself are taken back, in reverse order, and only where the target still
shows them: what somebody changed since is theirs. The requests go through plan and approval like
any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.reverse_sync.actions import observe
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.conditions import failures
from pipelines.reverse_sync.errors import MissingResultError
from pipelines.reverse_sync.journal import Progress, progress
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.references import resolved, with_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pipelines.reverse_sync.executor import Results
    from pipelines.reverse_sync.journal import Entry
    from pipelines.reverse_sync.live import Sender
    from pipelines.reverse_sync.plan import Change, Plan, Undo


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUndone:
    """A change, or a part of one, that an undo does not bring back.

    Attributes:
        change: The change.
        reason: Why, in words.
    """

    change: Change
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What takes a plan back, as far as that goes.

    Attributes:
        requests: Change requests, the last change's first.
        impossible: Changes that cannot or must not be taken back.
        losses: What the requests do not bring back.
    """

    requests: tuple[ChangeRequest, ...]
    impossible: tuple[NotUndone, ...]
    losses: tuple[NotUndone, ...]


def build_undo(
    plan: Plan,
    entries: Iterable[Entry],
    sender: Sender,
    *,
    now: datetime,
    secret: Callable[[str], str],
    requested_by: str,
) -> Undoing:
    """Return what takes back the changes of a plan that were applied; reads Cal.com.

    Args:
        plan: The plan.
        entries: The journal's rows of this plan.
        sender: Sends the reads.
        now: The present instant.
        secret: Gives a secret by name.
        requested_by: Who wants it.

    Raises:
        CalError: Cal.com cannot be read.
    """
    known = progress(entries)
    results: Results = {change_id: one.result for change_id, one in known.items()}
    requests: list[ChangeRequest] = []
    impossible: list[NotUndone] = []
    losses: list[NotUndone] = []
    for change in reversed(plan.changes):
        outcome = known.get(change.id, Progress()).outcome
        if outcome is not Outcome.DONE:
            if outcome is Outcome.UNKNOWN:
                reason = "whether it was done is not known; decide that first"
                impossible.append(NotUndone(change=change, reason=reason))
            continue
        reason = _obstacle(change, sender, results, now=now, secret=secret)
        if reason:
            impossible.append(NotUndone(change=change, reason=reason))
            continue
        requests += _requests_of(plan, change, results, requested_by)
        losses += [NotUndone(change=change, reason=loss) for loss in change.undo.losses]
    return Undoing(requests=tuple(requests), impossible=tuple(impossible), losses=tuple(losses))


def _obstacle(
    change: Change,
    sender: Sender,
    results: Results,
    *,
    now: datetime,
    secret: Callable[[str], str],
) -> str:
    """Return why a change cannot or must not be taken back; nothing where it can."""
    if not change.undo.action:
        return "; ".join(change.undo.losses)
    if not change.done:
        return ""  # it shows nowhere, so nobody can have changed it
    try:
        change = with_results(change, results)
    except MissingResultError as error:
        return str(error)
    image = observe(sender, change, results)
    changed = failures(change.done, image, now=now, secret=secret)
    return f"it was changed since: {'; '.join(changed)}" if changed else ""


def _requests_of(
    plan: Plan, change: Change, results: Results, requested_by: str
) -> Iterator[ChangeRequest]:
    own = results | {"": results.get(change.id, {})}
    for undo in (change.undo, *change.undo.further):
        yield _request(plan, change, undo, own, requested_by)


def _request(
    plan: Plan, change: Change, undo: Undo, results: Results, requested_by: str
) -> ChangeRequest:
    def fill(part: object) -> dict[str, object]:
        return dict(resolved(part, secret=lambda name: f"secret:{name}", results=results))

    return ChangeRequest(
        action=undo.action,
        target=fill(undo.target),
        query=fill(undo.query),
        body=None if undo.body is None else fill(undo.body),
        name=f"undo-{change.id}",
        reason=f"Takes back: {change.reason}" if change.reason else "Takes a change back",
        requested_by=requested_by,
        source=f"plan {digest_of(plan)[:12]}, change {change.id}",
    )
